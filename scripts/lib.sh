# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# What the set-up scripts share; they source it.  An error is one line that says
# what is wrong and what to do, on standard error, and exit status 1.

CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/iommu-liveupdate}

say() {
	printf '%s\n' "$*" >&2
}

die() {
	say "error: $*"
	exit 1
}

# need_space DIR MIB WHAT: refuse to start what would fill the disk half way
need_space() {
	mkdir -p "$1" || die "cannot create $1: make it writable or set another place"
	free=$(df -Pk "$1" | awk 'NR == 2 { print int($4 / 1024) }')
	[ "$free" -ge "$2" ] ||
		die "$3 needs $2 MiB in $1, $free MiB are free: make room (make clean, ccache -C) and try again"
}

# linux_series TREE: the version without its last number, as SERIES in kernels.mk
linux_series() {
	sed -n 's/^VERSION = //p; s/^PATCHLEVEL = /./p' "$1/Makefile" 2>/dev/null | head -n 2 | tr -d '\n'
}

sha256() {
	sha256sum "$1" | cut -d ' ' -f 1
}

# seed WHAT TREE BUILD: the first build of TREE in BUILD begins with the objects of the tree
# $SEED, which has the same source but for patches.  kbuild compares times: each file that
# is another one there becomes newer than they are, as a new file, for it may be linked
# to a third tree; what is the same gets the time it has there.  Tools remember whole names.
seed() {
	[ -n "${SEED:-}" ] && [ ! -d "$3" ] && [ -f "$SEED/build/.built" ] || return 0
	tree=$2 build=$3
	say "$1: begin with the objects of $SEED"
	from=$(cd "$SEED" && pwd)
	for t in "$SEED" "$tree"; do
		[ ! -d "$t/.git" ] || git -C "$t" ls-files
	done | sort -u | while read -r f; do
		if cmp -s "$SEED/$f" "$tree/$f"; then
			touch -r "$SEED/$f" "$tree/$f"
		elif [ -f "$tree/$f" ]; then
			sed -i -e '' "$tree/$f"
		fi
	done
	rsync -a --exclude=/.built "$SEED/build/" "$build.part/"
	find "$build.part/tools" -name '.*.cmd' \
		-exec sed -i "s|$from/build/|$build/|g; s|$from/|${build%/*}/|g" {} +
	mv "$build.part" "$build"
}

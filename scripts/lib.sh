# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Functions of the set-up scripts, which source this.  An error is one line on standard
# error that names the problem and the remedy, and exit status 1.

CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/iommu-liveupdate}

say() {
	printf '%s\n' "$*" >&2
}

die() {
	say "error: $*"
	exit 1
}

# need_space DIR MIB NAME: refuse to start if the disk would run full
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

# seed NAME TREE BUILD: begin the first build of TREE in BUILD with the objects of the tree
# $SEED, which has the same source except for patches.  kbuild compares times: a file that
# differs is replaced by a new file with the present time (it may be linked to a third
# tree); an equal file gets its time in $SEED.  Tools store absolute paths.
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

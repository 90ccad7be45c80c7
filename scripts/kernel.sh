#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# kernel.sh TREE NAME FRAGMENT...
#
# Builds the bzImage of TREE in TREE/build (or TREE/$BUILD).  The build directory is a child of the
# tree so that the compiler is called with the same relative paths for every tree:
# with a fixed time and builder ccache then gives the objects of one kernel to the
# other.  JOBS compilers run at once.  Without a change it takes a second or two.
# SEED names another tree of the same source whose objects a first build begins with:
# kbuild then compiles what its patches or another option made different.
set -eu
here=$(dirname "$0")
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"

tree=$1 name=$2
shift 2
build=$(cd "$tree" && pwd)/${BUILD:-build}

export CCACHE_DIR="$CACHE/ccache" CCACHE_MAXSIZE=2G CCACHE_NOHASHDIR=1
export KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970'
export KBUILD_BUILD_USER=iommu KBUILD_BUILD_HOST=liveupdate
export PYTHONDONTWRITEBYTECODE=1 LC_ALL=C
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES

if [ ! -f "$build/vmlinux" ]; then
	need_space "$tree" 1500 "the kernel build"
fi

# Two builds in one directory would spoil each other
exec 9>"$tree/.lock"
flock -n 9 || {
	say "another build of $tree is running; waiting for it"
	flock 9
}

# Up to date is: nothing in the tree (a removed file changes its directory), no
# fragment and no script is newer than the start of the last good build.
changed() {
	[ ! -f "$build/arch/x86/boot/bzImage" ] ||
		find "$tree" "$@" "$here" \( -path "$tree/build*" -o -name .git -o -name .lock \) -prune -o \
			-newer "$build/.built" -print -quit 2>/dev/null | grep -q .
}
[ -f "$build/.built" ] && [ "$(cat "$build/.built")" = "$*" ] && ! changed "$@" && exit

# Its files are older than the objects that were built from the other tree's
if [ -n "${SEED:-}" ] && [ ! -d "$build" ] && [ -f "$SEED/build/.built" ]; then
	say "kernel $name: begin with the objects of $SEED"
	git -C "$SEED" diff --name-only refs/base HEAD | (cd "$tree" && xargs -r touch --no-create)
	rsync -a --exclude=/.built "$SEED/build/" "$build.part/"
	from=$(cd "$SEED" && pwd) # tools name their files whole
	find "$build.part/tools" -name '.*.cmd' -exec sed -i "s|$from/|${build%/build}/|g" {} +
	mv "$build.part" "$build"
fi

mkdir -p "$build"
echo "$*" >"$build/.built.part"
"$here/config.sh" "$tree" "$build" "$@"
nice -n 5 "$here/progress.sh" "kernel $name" "$build/build.log" \
	make -C "$tree" O="$build" CC='ccache gcc' LOCALVERSION="-$name" \
	-j"${JOBS:-$(nproc)}" bzImage
mv "$build/.built.part" "$build/.built"

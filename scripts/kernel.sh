#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# kernel.sh TREE NAME FRAGMENT...
#
# Build the bzImage of TREE in TREE/build (or TREE/$BUILD), and the modules if it has any;
# modules.load then lists them in the order in which they can be loaded.  The build directory
# is a child of the tree, so that the compiler gets the same relative paths in every tree; with
# a fixed time and builder ccache then shares objects between kernels.  JOBS compilers run at
# once.  Without a change it takes a second or two.  SEED names another tree of the same
# source, whose objects a first build begins with.
set -eu
here=$(dirname "$0")
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"
# shellcheck source=scripts/kbuild.sh
. "$here/kbuild.sh"

tree=$1 name=$2
shift 2
build=$(cd "$tree" && pwd)/${BUILD:-build}

if [ ! -f "$build/vmlinux" ]; then
	need_space "$tree" 1500 "the kernel build"
fi

# Two builds in one directory would corrupt each other
exec 9>"$tree/.lock"
flock -n 9 || {
	say "another build of $tree is running; waiting for it"
	flock 9
}

# Each module behind those that it needs
load_order() {
	sed 's/\.o$/.ko/' "$build/modules.order" >"$build/modules.all"
	while read -r ko; do
		module=$(basename "$ko" .ko)
		echo "$module $module"
		sed -n 's/^MODULE_INFO(depends, "\(.*\)");/\1/p' "$build/${ko%.ko}.mod.c" |
			tr ',' '\n' | sed "/./!d; s/$/ $module/"
	done <"$build/modules.all" | tsort >"$build/modules.sorted"
	while read -r module; do
		grep "/$module\.ko$" "$build/modules.all"
	done <"$build/modules.sorted" >"$build/modules.load"
}

# Up to date: no file or directory of the tree (a removed file changes its directory), no
# fragment and no script is newer than the start of the last successful build.
changed() {
	[ ! -f "$build/arch/x86/boot/bzImage" ] ||
		find "$tree" "$@" "$here" \( -path "$tree/build*" -o -name .git -o -name .lock \) -prune -o \
			-newer "$build/.built" -print -quit 2>/dev/null | grep -q .
}
[ -f "$build/.built" ] && [ "$(cat "$build/.built")" = "$*" ] && ! changed "$@" && exit

seed "kernel $name" "$tree" "$build"

mkdir -p "$build"
echo "$*" >"$build/.built.part"
"$here/config.sh" "$tree" "$build" "$@"
modules=
! grep -qx CONFIG_MODULES=y "$build/.config" || modules=modules
# shellcheck disable=SC2086
nice -n 5 "$here/progress.sh" "kernel $name" "$build/build.log" \
	make -C "$tree" O="$build" CC="$cc" LOCALVERSION="-$name" \
	-j"${JOBS:-$(nproc)}" bzImage $modules
[ -z "$modules" ] || load_order
mv "$build/.built.part" "$build/.built"

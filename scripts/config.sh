#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# config.sh TREE BUILD FRAGMENT...
#
# Configure the kernel TREE in BUILD with the options of the fragments, everything else
# off unless they select it.  Then compare every line of the fragments, "=n" included, with
# the result: an unknown symbol or a missing dependency stops the build here instead of
# failing a test later.  START names a complete configuration to begin with.
set -eu
here=$(dirname "$0")
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"

tree=$1 build=$2
shift 2

# verify FRAGMENT: name the first symbol that differs from the fragment
verify() {
	while read -r line; do
		case $line in
		'' | '#'*) continue ;;
		*=n) ! grep -q "^${line%=n}=" "$build/.config.new" ||
			die "option ${line%=n} is set but $1 wants it off: something selects it, see $tree" ;;
		*) grep -qxF -- "$line" "$build/.config.new" ||
			die "option missing: $line of $1 is not in the configuration: is it spelt right, and are its dependencies there? ('/' in make -C $tree O=$build menuconfig tells)" ;;
		esac
	done <"$1"
}

mkdir -p "$build"
export KCONFIG_CONFIG=.config.new
cat "$@" >"$build/.config.wanted"
configure=allnoconfig
if [ -n "${START:-}" ]; then
	configure=olddefconfig
	cat "$START" "$build/.config.wanted" >"$build/.config.new"
fi
make -s -C "$tree" O="$build" KCONFIG_ALLCONFIG="$build/.config.wanted" $configure \
	>"$build/config.log" 2>&1 ||
	die "the kernel cannot be configured: see $build/config.log"
for fragment; do
	verify "$fragment"
done
cmp -s "$build/.config.new" "$build/.config" || mv "$build/.config.new" "$build/.config"
rm -f "$build/.config.new" "$build/.config.new.old"

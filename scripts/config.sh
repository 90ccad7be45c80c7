#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# config.sh TREE BUILD FRAGMENT...
#
# Configure the kernel TREE in BUILD with the options of the fragments, everything else
# off unless they select it.  The last line of an option counts.  Then compare each of these
# lines, "=n" included, with the result: an unknown symbol or a missing dependency stops the
# build here instead of failing a test later.  START names a complete configuration to begin
# with.
set -eu
here=$(dirname "$0")
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"

tree=$1 build=$2
shift 2

# wanted FRAGMENT...: the line of each option, a blank, and its fragment
wanted() {
	awk -F= '/^[^#]/ { if (!($1 in line)) order[++n] = $1; line[$1] = $0 " " FILENAME }
		END { for (i = 1; i <= n; i++) print line[order[i]] }' "$@"
}

# Name the first symbol that differs from its fragment
verify() {
	while read -r line from; do
		case $line in
		*=n) ! grep -q "^${line%=n}=" "$build/.config.new" ||
			die "option ${line%=n} is set but $from wants it off: something selects it, see $tree" ;;
		*) grep -qxF -- "$line" "$build/.config.new" ||
			die "option missing: $line of $from is not in the configuration: is it spelt right, and are its dependencies there? ('/' in make -C $tree O=$build menuconfig tells)" ;;
		esac
	done
}

mkdir -p "$build"
export KCONFIG_CONFIG=.config.new
wanted "$@" | sed 's/ [^ ]*$//' >"$build/.config.wanted"
configure=allnoconfig
if [ -n "${START:-}" ]; then
	configure=olddefconfig
	cat "$START" "$build/.config.wanted" >"$build/.config.new"
fi
make -s -C "$tree" O="$build" KCONFIG_ALLCONFIG="$build/.config.wanted" $configure \
	>"$build/config.log" 2>&1 ||
	die "the kernel cannot be configured: see $build/config.log"
wanted "$@" | verify
cmp -s "$build/.config.new" "$build/.config" || mv "$build/.config.new" "$build/.config"
rm -f "$build/.config.new" "$build/.config.new.old"

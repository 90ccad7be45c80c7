#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# one.sh TEST: run one test for prove: a scenario in the test machine, a script in a shell.
# A scenario is named SCENARIO.c, SCENARIO.c@PLATFORM or SCENARIO.c@modules: on the kernel with
# modules.
set -eu

case $1 in
*.c) ;;
*.c@modules) modules=out/build/$SERIES-modules && set -- "${1%@*}" ;;
*.c@*) PLATFORM=${1##*@} && set -- "${1%@*}" ;;
*) exec sh "$1" ;;
esac
case $1 in
*/systemd*)
	if [ ! -f out/vm/systemd.spec ]; then
		printf '%s\n' 'not ok 1 - systemd is unpacked' '# because: make systemd failed; run it to see the error' 1..1
		exit 1
	fi
	;;
esac
if [ "${FLAVOUR:-}" = debug ]; then
	set -- --debug --out "out/debug/$(basename "$1" .c)" "$1"
fi
if [ -n "${modules:-}" ]; then
	set -- --kernel "$modules/arch/x86/boot/bzImage" \
		--out "out/test/$(basename "$1" .c)@modules" "$1"
fi
exec out/vm/lurun ${PLATFORM:+--platform "$PLATFORM"} "$@"

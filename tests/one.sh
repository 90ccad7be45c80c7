#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# one.sh TEST: run one test for prove: a scenario in the test machine, a script in a shell.
# A scenario is named SCENARIO.c or SCENARIO.c@PLATFORM.
set -eu

case $1 in
*.c) ;;
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
exec out/vm/lurun ${PLATFORM:+--platform "$PLATFORM"} "$@"

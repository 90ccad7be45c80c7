#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# one.sh TEST: prove hands each test to this; a scenario goes to the test machine.
set -eu

case $1 in
*.c) ;;
*) exec sh "$1" ;;
esac
if [ "${FLAVOUR:-}" = debug ]; then
	set -- --debug --out "out/debug/$(basename "$1" .c)" "$1"
fi
exec out/vm/lurun "$@"

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# one.sh TEST: prove hands each test to this; a scenario goes to the test machine.
set -eu

case $1 in
*.c) exec out/vm/lurun "$1" ;;
*) exec sh "$1" ;;
esac

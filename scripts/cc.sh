#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# cc.sh ARGUMENT...: the compiler of the kernel builds, gcc behind ccache.
#
# ccache takes dependencies from the compiler and never sees the preprocessed source. It
# does not notice .incbin, and no dependency names the included file: for the same piggy.S it
# would return an object with the kernel of another build. Such sources bypass the cache.
set -eu
for argument; do
	case $argument in
	*.[cS]) ! grep -q '\.incbin' "$argument" || exec gcc "$@" ;;
	esac
done
exec ccache gcc "$@"

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# cc.sh ARGUMENT...: the compiler of the kernel builds, gcc behind ccache.
#
# With dependencies from the compiler ccache never sees the preprocessed source, so it does
# not notice .incbin, and no dependency names what that brings in: for the same piggy.S it
# gives back an object with the kernel of another build. Sources with it go by the cache.
set -eu
for argument; do
	case $argument in
	*.[cS]) ! grep -q '\.incbin' "$argument" || exec gcc "$@" ;;
	esac
done
exec ccache gcc "$@"

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Call the kernel's make; scripts source this after lib.sh.  With a fixed time and builder,
# and the tree one directory above the build, ccache shares objects between kernels.  It
# takes dependencies from the compiler, which avoids preprocessing each new source twice.
# $cc is the compiler's absolute path: the same for all work trees, since kbuild rebuilds an
# object when its command changes.

export CCACHE_DIR="$CACHE/ccache" CCACHE_MAXSIZE=2G CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1
export KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970'
export KBUILD_BUILD_USER=iommu KBUILD_BUILD_HOST=liveupdate
export PYTHONDONTWRITEBYTECODE=1 LC_ALL=C
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES
# shellcheck disable=SC2034
cc=$CACHE/cc.sh
if ! cmp -s "${here:-scripts}/cc.sh" "$cc"; then
	mkdir -p "$CACHE"
	cp "${here:-scripts}/cc.sh" "$cc.$$"
	mv "$cc.$$" "$cc"
fi

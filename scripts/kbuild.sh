# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# How the kernel's own make is called; scripts that do so source it after lib.sh.  With a
# fixed time and builder, and the tree one directory above the build, ccache gives the
# objects of one kernel to another; it takes dependencies from the compiler, for what it has
# not seen would be preprocessed twice.  $cc is the compiler to name, by the name it has from
# everywhere.

export CCACHE_DIR="$CACHE/ccache" CCACHE_MAXSIZE=2G CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1
export KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970'
export KBUILD_BUILD_USER=iommu KBUILD_BUILD_HOST=liveupdate
export PYTHONDONTWRITEBYTECODE=1 LC_ALL=C
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES
# shellcheck disable=SC2034
cc=$(cd "${here:-scripts}" && pwd)/cc.sh

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The set-up refuses unusable input with one line that names the remedy, and never uses
# a half-built product.  Each refusal is provoked.
set -eu
# shellcheck source=tests/tap.sh
. tests/tap.sh

KERNEL_PACKAGE=linux-source-$SERIES KERNEL_SUITE=trixie-backports
KERNEL_VERSION=$SERIES.0-1 KERNEL_SHA256=$(printf '%064d' 0) CACHE=$tmp/cache KDIR=''
export KERNEL_PACKAGE KERNEL_SUITE KERNEL_VERSION KERNEL_SHA256 CACHE KDIR
deb=$CACHE/${KERNEL_PACKAGE}_${KERNEL_VERSION}_all.deb

# a file with another checksum than kernels.mk has
mkdir -p "$CACHE"
echo garbage >"$deb"
refuses "a package with a wrong checksum" "checksum mismatch" scripts/source.sh fetch
refuses "nor is it unpacked" "checksum mismatch" scripts/source.sh unpack "$tmp/linux"

# a package that has the right checksum and cannot be unpacked
KERNEL_SHA256=$(sha256sum "$deb" | cut -d ' ' -f 1)
refuses "a broken package" "unpack" scripts/source.sh unpack "$tmp/linux"
holds "no tree is left of it" test ! -e "$tmp/linux"

# a tree that is not Linux, and one from another source
mkdir -p "$tmp/tree" "$tmp/other"
printf 'VERSION = 6\nPATCHLEVEL = 12\n' >"$tmp/tree/Makefile"
KDIR=$tmp/tree
refuses "a KDIR that is no Linux $SERIES" "no Linux $SERIES" scripts/source.sh unpack "$tmp/linux"
echo "another" >"$tmp/other/.source"
refuses "to mix two sources" "holds another source" scripts/source.sh unpack "$tmp/other"

# a tree afresh: without edits, with its builds
mkdir -p "$tmp/tiny/kernel/liveupdate" "$tmp/linux/build"
printf 'VERSION = %s\nPATCHLEVEL = %s\n' "${SERIES%.*}" "${SERIES#*.}" >"$tmp/tiny/Makefile"
touch "$tmp/tiny/kernel/liveupdate/Kconfig"
touch -d '1 hour ago' "$tmp/tiny/file" "$tmp/tiny/Makefile"
KDIR=$tmp/tiny
holds "a tree is made" scripts/source.sh unpack "$tmp/linux"
holds "a directory that is no tree does not stay" test ! -e "$tmp/linux/build"
mkdir "$tmp/linux/build"
echo edit >>"$tmp/linux/Makefile"
touch "$tmp/linux/more" "$tmp/linux/build/object"
holds "a tree that is there stays" scripts/source.sh unpack "$tmp/linux"
holds "with its edits" grep -q edit "$tmp/linux/Makefile"
holds "it is made afresh" env AFRESH=1 scripts/source.sh unpack "$tmp/linux"
holds "without edits" cmp -s "$tmp/linux/Makefile" "$tmp/tiny/Makefile"
holds "or new files" test ! -e "$tmp/linux/more"
holds "its build directory stays" test -e "$tmp/linux/build/object"
holds "a file that was edited is newer than its object" test "$tmp/linux/Makefile" -nt "$tmp/linux/build/object"
holds "other files are older" test "$tmp/linux/file" -ot "$tmp/linux/build/object"
echo "another" >"$tmp/linux/.source"
holds "it is made of another source" env AFRESH=1 scripts/source.sh unpack "$tmp/linux"
holds "then without its build directory" test ! -e "$tmp/linux/build"
rm -rf "$tmp/linux"
KDIR=''

NEED_MIB=999999999
export NEED_MIB
refuses "a disk that is too small" "make room" scripts/source.sh unpack "$tmp/linux"
unset NEED_MIB

mkdir "$tmp/bin"
cat >"$tmp/bin/qemu-system-x86_64" <<'QEMU'
#!/bin/sh
echo "QEMU emulator version ${VERSION:-7.2.17} (Debian 1:7.2+dfsg-7+deb12u13)"
QEMU
chmod +x "$tmp/bin/qemu-system-x86_64"
own=$tmp/bin/qemu-system-x86_64 link=$tmp/vm/qemu
PATH=$tmp/bin:$PATH QEMU_MINIMUM=11.1
export QEMU_MINIMUM
refuses "an emulator that is named and too old" "7.2.17, 11.1 or newer" env QEMU="$own" scripts/qemu.sh "$link"
refuses "an emulator that is not there" "no emulator" env QEMU="$tmp/none" scripts/qemu.sh "$link"
holds "an emulator that is named and new enough is used" env QEMU="$own" VERSION=11.1.2 scripts/qemu.sh "$link"
holds "without a link" test ! -e "$link"
holds "the machine's emulator is used if it is new enough" env QEMU='' VERSION=11.2 scripts/qemu.sh "$link"
holds "the link leads to it" test "$(readlink "$link")" = "$own"
mkdir -p "$CACHE/qemu"
printf '#!/bin/sh\necho QEMU emulator version 11.1.0\n' >"$CACHE/qemu/qemu-system-x86_64"
chmod +x "$CACHE/qemu/qemu-system-x86_64"
holds "else the one in the cache" env QEMU='' scripts/qemu.sh "$link"
holds "and the link leads there" test "$(readlink "$link")" = "$CACHE/qemu/qemu-system-x86_64"

# the real tree: every option is checked, one that is not wanted as well
tree=out/linux-$SERIES-stock
echo CONFIG_PCI_LIVE_UPDATES=y >"$tmp/missing.config"
refuses "an option that the kernel does not have" "CONFIG_PCI_LIVE_UPDATES=y of $tmp/missing.config" \
	scripts/config.sh "$tree" "$tmp/build" kernel/config/base.config "$tmp/missing.config"
holds "no configuration is left of it" test ! -e "$tmp/build/.config"
echo CONFIG_VFIO=n >"$tmp/off.config"
refuses "an option that is wanted on and off" "CONFIG_VFIO" \
	scripts/config.sh "$tree" "$tmp/build" kernel/config/base.config "$tmp/off.config"
echo CONFIG_IOMMU_API=n >"$tmp/selected.config"
refuses "an option that is wanted off and is selected" "CONFIG_IOMMU_API is set" \
	scripts/config.sh "$tree" "$tmp/build" kernel/config/base.config "$tmp/selected.config"
holds "the configuration as it is meant is accepted" \
	scripts/config.sh "$tree" "$tmp/build" kernel/config/base.config

cat >"$tmp/fails" <<'STEP'
#!/bin/sh
echo "x.c:1: error: what is wrong"
exit 3
STEP
chmod +x "$tmp/fails"
rc=0
scripts/progress.sh "a step" "$tmp/step.log" "$tmp/fails" 2>"$tmp/shown" || rc=$?
holds "a step that fails gives its exit status" test $rc -eq 3
holds "and shows why" grep -q 'what is wrong' "$tmp/shown"
plan

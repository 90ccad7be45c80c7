# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The packages of `make deb`, built with the configuration of the test kernels: dpkg
# installs one in a root of its own, and the test machine boots that kernel.
set -eu
# shellcheck source=tests/tap.sh
. tests/tap.sh
PATH=$PATH:/usr/sbin:/sbin
root=$tmp/root

# Without root, a user namespace
as_root() {
	if [ "$(id -u)" -eq 0 ]; then "$@"; else unshare -r "$@"; fi
}

installed() {
	dpkg-query --admindir="$root/var/lib/dpkg" -W -f '${Status}\n' "$1" |
		grep -qx 'install ok installed'
}

refuses "a configuration that is not there" "CONFIG=$tmp/none" make -s deb CONFIG="$tmp/none"
holds "packages are made" make -s deb CONFIG=out/build/"$SERIES"/.config
package=$(find out/deb -name 'linux-image-*.deb' | grep -v -e -dbg_)
holds "one of them is the image" dpkg-deb -I "$package"

# Maintainer scripts want a shell
mkdir -p "$root/bin" "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates"
: >"$root/var/lib/dpkg/status"
cp "$(command -v busybox)" "$root/bin/sh"
holds "dpkg installs it" as_root dpkg --root="$root" --log="$tmp/dpkg.log" -i "$package"
name=$(dpkg-deb -f "$package" Package)
holds "and has it for installed" installed "$name"
release=${name#linux-image-}
holds "its configuration has the feature" \
	grep -qx CONFIG_VFIO_PCI_LIVEUPDATE=y "$root/boot/config-$release"
holds "the kernel that is installed is replaced under running DMA" \
	out/vm/lurun --kernel "$root/boot/vmlinuz-$release" --out out/test/deb vm/scenarios/run.c
holds "and is called like its package" grep -rqF "Linux version $release" out/test/deb
holds "dpkg takes it away" as_root dpkg --root="$root" --log="$tmp/dpkg.log" -P "$name"
holds "without a rest" test ! -e "$root/boot/vmlinuz-$release"
plan

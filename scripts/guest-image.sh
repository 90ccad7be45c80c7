#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# guest-image.sh DIR KERNEL INIT
#
# Make DIR/guest.img, which the test machine unpacks: Debian's QEMU, the same as the emulator,
# with the libraries and firmware that it needs at their usual paths, and below /guest a Linux
# guest, KERNEL and an initramfs in which INIT is process 1.  The image is a cpio archive padded
# to a power of two, because it is the memory of an emulated device.  DIR has the link of
# qemu.sh and the tool gen_init_cpio.
set -eu
here=$(dirname "$0")
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"

out=${1:?usage: guest-image.sh DIR KERNEL INIT} kernel=$2 init=$3
size=$((128 << 20))
firmware='usr/share/seabios/bios-256k.bin usr/share/qemu/linuxboot_dma.bin
	usr/share/qemu/kvmvapic.bin'
"$here/qemu.sh" "$out/qemu-system-x86_64"
from=$(dirname "$(readlink -f "$out/qemu-system-x86_64")")
from=${from%/usr/bin} root=$out/guest.root
lib=usr/lib/x86_64-linux-gnu

# The libraries that the dynamic linker would load
libraries() {
	"$from/$lib/ld-linux-x86-64.so.2" --library-path "$from/$lib" \
		--list "$from/usr/bin/qemu-system-x86_64" |
		sed -n "s|.*=> $from/\([^ ]*\) .*|\1|p"
}

# copy FILE...: to the root, with their directories; a link becomes the file
copy() {
	for path; do
		mkdir -p "$root/$(dirname "$path")"
		cp -L "$from/$path" "$root/$path"
	done
}

spec() {
	find "$1" -mindepth 1 \( -type d -printf 'dir /%P %#m 0 0\n' \
		-o -type f -printf "file /%P $1/%P %#m 0 0\n" \)
}

rm -rf "$root"
mkdir -p "$root/guest" "$root/lib64"
# shellcheck disable=SC2046,SC2086
copy usr/bin/qemu-system-x86_64 $(libraries) $firmware
cp "$from/$lib/ld-linux-x86-64.so.2" "$root/lib64/"
cp "$kernel" "$root/guest/bzImage"
printf 'dir /dev 0755 0 0\ndir /sys 0755 0 0\nnod /dev/console 0600 0 0 c 5 1\n%s\n' \
	"file /init $init 0755 0 0" >"$root.spec"
"$out/gen_init_cpio" "$root.spec" >"$root/guest/initrd"
spec "$root" >"$root.spec"
"$out/gen_init_cpio" "$root.spec" >"$out/guest.img.part"
[ "$(stat -c %s "$out/guest.img.part")" -le "$size" ] ||
	die "the guest's image has more than $size bytes: raise the size in $0"
truncate -s "$size" "$out/guest.img.part"
mv "$out/guest.img.part" "$out/guest.img"
rm -rf "$root" "$root.spec"

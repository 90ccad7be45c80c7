# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The rules of iolu check about the next kernel's image: real images, with and without the
# feature, and compressed in other ways.
set -eu
# shellcheck source=cli/t/config.sh
. cli/t/config.sh
# shellcheck source=tests/bzimage.sh
. tests/bzimage.sh

patched=out/build/$SERIES/arch/x86/boot/bzImage
stock=out/build/$SERIES-stock/arch/x86/boot/bzImage
good='kho=on liveupdate=on intel_iommu=on,sm_on'

# repack COMMAND...: $tmp/repacked is the patched image, compressed by the command
repack() {
	head -c "$(payload_at "$patched")" "$patched" >"$tmp/repacked"
	unpacked "$patched" | "$@" >"$tmp/payload"
	cat "$tmp/payload" >>"$tmp/repacked"
	size=$(wc -c <"$tmp/payload")
	# shellcheck disable=SC2046
	poke "$tmp/repacked" 588 $(printf '%o %o %o %o' $((size & 255)) $((size >> 8 & 255)) \
		$((size >> 16 & 255)) $((size >> 24)))
}

# two_frames: zstd of standard input in two frames
two_frames() {
	cat >"$tmp/whole"
	head -c 9000000 "$tmp/whole" | zstd -q -3
	tail -c +9000001 "$tmp/whole" | zstd -q -3
}

cat >"$tmp/bzip2.py" <<'PYTHON'
import bz2, sys

sys.stdout.buffer.write(bz2.compress(sys.stdin.buffer.read(), 1))
PYTHON

# The legacy format of lz4, with blocks of literals only, and the size that Linux appends
cat >"$tmp/lz4.py" <<'PYTHON'
import struct, sys

data, out = sys.stdin.buffer.read(), sys.stdout.buffer
out.write(struct.pack("<I", 0x184C2102))
for at in range(0, len(data), 8 << 20):
    part = data[at:at + (8 << 20)]
    length = len(part) - 15
    block = b"\xf0" + b"\xff" * (length // 255) + bytes([length % 255]) + part
    out.write(struct.pack("<I", len(block)) + block)
out.write(struct.pack("<I", len(data) & 0xFFFFFFFF))
PYTHON

# image FACT CODE WORDS FILE: with an initrd without modules
image() {
	answers "$1" "$2" "$3" check --root "$host" --kernel "$4" --cmdline "$good" --initrd "$tmp/initrd"
}

new_host
out/vm/gen_init_cpio /dev/null >"$tmp/initrd"
image "an image with the feature" 0 "takes over IOMMU state (gzip image)" "$patched"
image "an image without it" 1 "does not read: iommu-v1 iommufd-v1 pci-v1 vfio-pci-v1" \
	"$stock"
repack sed s/iommu-amd-v1/iommu-amd-v0/
image "an image without AMD-Vi's part" 1 "does not read records of the running kernel: iommu-amd-v1" \
	"$tmp/repacked"
repack xz -0 --check=crc32
image "one that is compressed with xz" 0 "takes over IOMMU state (xz image)" "$tmp/repacked"
repack zstd -q -3
image "with zstd" 0 "takes over IOMMU state (zstd image)" "$tmp/repacked"
repack xz -0 --format=lzma
image "with lzma" 0 "takes over IOMMU state (lzma image)" "$tmp/repacked"
repack two_frames
image "with zstd in two frames" 0 "takes over IOMMU state (zstd image)" "$tmp/repacked"
repack python3 "$tmp/bzip2.py"
image "with bzip2" 0 "takes over IOMMU state (bzip2 image)" "$tmp/repacked"
repack python3 "$tmp/lz4.py"
image "with lz4" 0 "takes over IOMMU state (lz4 image)" "$tmp/repacked"
repack cat
image "not at all" 0 "takes over IOMMU state (none image)" "$tmp/repacked"
repack sed 's/^/x/'
image "in a way that iolu does not support" 3 "compressed in a way that iolu does not support" \
	"$tmp/repacked"
answers "which can be accepted by itself: 0" 0 "verdict: yes" load "$tmp/repacked" --root "$host" \
	--cmdline "$good" --dry-run --no-initrd --accept feature
answers "while another unknown item is not accepted with it" 3 "verdict: unknown" \
	load "$tmp/repacked" --root "$host" --cmdline "liveupdate=on intel_iommu=on,sm_on" \
	--dry-run --no-initrd --accept feature
answers "and a no never" 1 "verdict: no" load "$tmp/repacked" --root "$host" \
	--cmdline "kho=on intel_iommu=on,sm_on" --dry-run --no-initrd --accept liveupdate=
repack sed 's/iommufd-v1/iommufd-v2/'
image "one with a newer format" 1 "reads another version of: iommufd-v1" "$tmp/repacked"
kinds=$(grep -rhc '^#define [A-Z_]*RECORD_[A-Z]*_VERSION' kernel/new/include/linux/kho/abi |
	awk '{ n += $1 } END { print n }')
holds "the kernel lists the layout of each kind of record" \
	[ "$(layouts | wc -l) $(layouts | grep -c -- '-v[1-9]')" = "$kinds $kinds" ]
image "this kernel reads them all" 0 "reads all $kinds kinds of records" "$patched"
for layout in $(layouts); do
	repack sed "s/$layout/${layout%-v*}-v9/"
	image "one that reads another layout of ${layout%-v*}" 1 \
		"does not read records of the running kernel: $layout" "$tmp/repacked"
done
rm "$host/sys/kernel/liveupdate/record_layouts"
image "this kernel does not list the layouts of its records" 3 \
	"does not list the records that it writes" "$patched"
new_host
put sys/kernel/liveupdate/file_handlers 'memfd-v2 memfd-hugetlb-v2 iommufd-v1 vfio-pci-v1'
repack sed 's/memfd-hugetlb-v2/memfd-hugetlb-v0/'
put sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages 4
put sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages 4
image "one that takes over no huge pages, of which none is used" 0 "verdict: yes" "$tmp/repacked"
put sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages 1
image "the same, with some in use" 1 "does not read: memfd-hugetlb-v2" "$tmp/repacked"
image "and one that does" 0 "verdict: yes" "$patched"
new_host
running=$(cat "$host/proc/sys/kernel/osrelease") next=$(cat "out/build/$SERIES/include/config/kernel.release")
configure "$next" PCI_P2PDMA=n
image "one that cannot map BARs, if the running kernel's configuration is not known" 0 "verdict: yes" "$patched"
configure "$running" PCI_P2PDMA=n
image "if that cannot either" 0 "verdict: yes" "$patched"
configure "$running"
image "if that can" 1 "CONFIG_PCI_P2PDMA is n: lets a VM map BARs" "$patched"
configure "$next"
image "and one that can" 0 "verdict: yes" "$patched"
new_host
head -c 2000000 "$patched" >"$tmp/cut"
image "one that is cut off" 1 "not a bzImage" "$tmp/cut"
cp "$patched" "$tmp/damaged"
head -c 4096 /dev/zero | dd of="$tmp/damaged" bs=4096 seek=200 conv=notrunc status=none
image "one that is damaged" 3 "damaged: the payload cannot be decompressed" "$tmp/damaged"
image "no image" 1 "not a bzImage" "$0"
image "no file" 1 "none: No such file" "$tmp/none"
image "a directory" 1 "Is a directory" /usr
rc=0
# shellcheck disable=SC2002
cat "$patched" | "$iolu" check --root "$host" --kernel /dev/stdin --cmdline "$good" \
	>"$tmp/output" 2>&1 || rc=1
ok $rc "an image from a pipe" "$tmp/output"
plan

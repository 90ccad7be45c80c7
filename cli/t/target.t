# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What iolu check says about the next kernel: real images, with and without the feature, and
# repacked; and command lines, read as the kernel reads them.
set -eu
# shellcheck source=cli/t/host.sh
. cli/t/host.sh
# shellcheck source=tests/bzimage.sh
. tests/bzimage.sh

patched=out/build/$SERIES/arch/x86/boot/bzImage
stock=out/build/$SERIES-stock/arch/x86/boot/bzImage
good='kho=on liveupdate=on intel_iommu=on,sm_on'

# repack COMMAND...: $tmp/repacked is the patched image, compressed otherwise
repack() {
	head -c "$(payload_at "$patched")" "$patched" >"$tmp/repacked"
	unpacked "$patched" | "$@" >"$tmp/payload"
	cat "$tmp/payload" >>"$tmp/repacked"
	size=$(wc -c <"$tmp/payload")
	# shellcheck disable=SC2046
	poke "$tmp/repacked" 588 $(printf '%o %o %o %o' $((size & 255)) $((size >> 8 & 255)) \
		$((size >> 16 & 255)) $((size >> 24)))
}

# image FACT CODE WORDS FILE
image() {
	answers "$1" "$2" "$3" check --root "$host" --kernel "$4" --cmdline "$good"
}

# line FACT CODE WORDS TEXT
line() {
	answers "$1" "$2" "$3" check --root "$host" --kernel "$patched" --cmdline "$4"
}

new_host
image "an image with the feature" 0 "takes IOMMU state over (gzip image)" "$patched"
image "an image without it" 1 "cannot take over: pci-v1 iommu-v1 iommufd-v1 vfio-pci-v1 VT-d" \
	"$stock"
repack xz -0 --check=crc32
image "one that is compressed with xz" 0 "takes IOMMU state over (xz image)" "$tmp/repacked"
repack zstd -q -3
image "with zstd" 0 "takes IOMMU state over (zstd image)" "$tmp/repacked"
repack xz -0 --format=lzma
image "with lzma" 0 "takes IOMMU state over (lzma image)" "$tmp/repacked"
repack cat
image "not at all" 0 "takes IOMMU state over (none image)" "$tmp/repacked"
repack sed 's/^/x/'
image "in a way that nobody knows" 3 "cannot be looked into here" "$tmp/repacked"
repack sed 's/iommufd-v1/iommufd-v2/'
image "one with a newer format" 3 "another version of iommufd" "$tmp/repacked"
kinds=$(grep -rhc '^#define [A-Z_]*RECORD_[A-Z]*_VERSION' kernel/new/include/linux/kho/abi |
	awk '{ n += $1 } END { print n }')
holds "the kernel tells the layout of each kind of record" \
	[ "$(layouts | wc -l) $(layouts | grep -c -- '-v[1-9]')" = "$kinds $kinds" ]
image "this kernel reads them all" 0 "reads all $kinds kinds that this kernel writes" "$patched"
for layout in $(layouts); do
	repack sed "s/$layout/${layout%-v*}-v9/"
	image "one that reads another layout of ${layout%-v*}" 1 \
		"does not read what this kernel writes: $layout" "$tmp/repacked"
done
rm "$host/sys/kernel/liveupdate/record_layouts"
image "this kernel does not tell what it writes" 3 "does not tell which records" "$patched"
new_host
head -c 2000000 "$patched" >"$tmp/cut"
image "one that is cut off" 1 "is no bzImage" "$tmp/cut"
cp "$patched" "$tmp/damaged"
head -c 4096 /dev/zero | dd of="$tmp/damaged" bs=4096 seek=200 conv=notrunc status=none
image "one that is damaged" 3 "it is damaged" "$tmp/damaged"
image "no image" 1 "is no bzImage" "$0"
image "no file" 3 "No such file" "$tmp/none"

line "all that is needed" 0 "verdict: yes" "$good"
answers "this kernel's line" 0 "verdict: yes" \
	check --root "$host" --kernel "$patched" --reuse-cmdline
answers "no line at all" 3 "the next command line was not named" \
	check --root "$host" --kernel "$patched"
answers "no image at all" 3 "the next kernel was not named" \
	check --root "$host" --cmdline "$good"
line "liveupdate= is needed" 1 "add liveupdate=on" "kho=on intel_iommu=on,sm_on"
line "kho= may be on by default" 3 "add kho=on" "liveupdate=on intel_iommu=on,sm_on"
line "the last word wins" 1 "add kho=on" "$good kho=off"
line "either way" 0 "verdict: yes" "kho=0 liveupdate=n $good"
line "and one that is none changes nothing" 0 "verdict: yes" "$good kho=maybe"
line "intel_iommu=off" 1 "add intel_iommu=on" "$good intel_iommu=off"
line "off and on again" 0 "verdict: yes" "intel_iommu=off $good"
line "dashes are underscores" 1 "add intel_iommu=on" "$good intel-iommu=off"
line "iommu=off" 1 "iommu=off switches the IOMMU off" "$good iommu=pt,off iommu=nopt"
line "acpi=off" 1 "acpi=off switches the IOMMU off" "$good acpi=off"
line "iommu=pt does no harm" 0 "verdict: yes" "$good iommu=pt"
line "another mode" 1 "not scalable mode as now" "$good intel_iommu=sm_off"
line "a mode that is not said" 3 "add intel_iommu=sm_on" "kho=on liveupdate=on intel_iommu=on"
line "words in quotes are one" 1 "add liveupdate=on" 'kho=on x="a liveupdate=on" intel_iommu=on,sm_on'
line "behind -- they are not the kernel's" 1 "add liveupdate=on" \
	"kho=on intel_iommu=on,sm_on -- liveupdate=on"
line "a key is not the end of another" 1 "add liveupdate=on" \
	"kho=on noliveupdate=on intel_iommu=on,sm_on"
put sys/class/iommu/dmar0/intel-iommu/ecap f00000
line "hardware with one mode needs no word" 0 "the hardware knows no other" \
	"kho=on liveupdate=on intel_iommu=on"
new_host
put proc/cmdline "$good pci=noats"
line "ATS stays off" 1 "add pci=noats" "$good"
plan

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The rules of iolu check about a kernel with iommufd and vfio-pci as modules: its real modules,
# in initrds of all kinds.
set -eu
# shellcheck source=cli/t/host.sh
. cli/t/host.sh

build=out/build/$SERIES-modules
image=$build/arch/x86/boot/bzImage
release=$(cat "$build/include/config/kernel.release")
good='kho=on liveupdate=on intel_iommu=on,sm_on'

# pack RELEASE [MODULE...]: $tmp/initrd is an archive of all modules but these
pack() {
	for path in usr usr/lib usr/lib/modules "usr/lib/modules/$1" "usr/lib/modules/$1/kernel"; do
		echo "dir /$path 0755 0 0"
	done >"$tmp/spec"
	while read -r ko; do
		name=$(basename "$ko")
		! printf '%s\n' "$@" | grep -qxF "$name" || continue
		suffix=
		if [ -n "${squeeze:-}" ]; then
			suffix=.${squeeze%% *}
			$squeeze -qc "$build/$ko" >"$tmp/$name$suffix"
			echo "file /usr/lib/modules/$1/kernel/$name$suffix $tmp/$name$suffix 0644 0 0"
		else
			echo "file /usr/lib/modules/$1/kernel/$name $build/$ko 0644 0 0"
		fi
	done <"$build/modules.load" >>"$tmp/spec"
	out/vm/gen_init_cpio "$tmp/spec" >"$tmp/initrd"
}

# says FACT CODE WORDS: with this initrd
says() {
	answers "$1" "$2" "$3" check --root "$host" --kernel "$image" --cmdline "$good" \
		--initrd "$tmp/initrd"
}

new_host
answers "without its initrd the answer is unknown" 3 "unless a module in its initrd does" \
	check --root "$host" --kernel "$image" --cmdline "$good"
put sys/kernel/liveupdate/record_layouts iommu-unit-v9
answers "but a part that is no module has no module in an initrd" 1 \
	"does not read records of the running kernel: iommu-unit-v9" \
	check --root "$host" --kernel "$image" --cmdline "$good"
new_host
pack "$release"
says "all modules are in its initrd" 0 "takes over IOMMU state (gzip image)"
says "and they read the records of the running kernel" 0 "kinds of records of the running kernel"
for how in gzip xz zstd bzip2; do
	cp "$tmp/initrd" "$tmp/plain"
	$how -qc "$tmp/plain" >"$tmp/initrd"
	says "the initrd is compressed with $how" 0 "takes over IOMMU state"
	cp "$tmp/plain" "$tmp/initrd"
done
{ out/vm/gen_init_cpio /dev/null; head -c 1000 /dev/zero; gzip -c "$tmp/initrd"; } >"$tmp/two"
mv "$tmp/two" "$tmp/initrd"
says "another archive comes before" 0 "takes over IOMMU state"
for squeeze in gzip xz zstd; do
	pack "$release"
	says "each module is compressed with $squeeze" 0 "takes over IOMMU state"
done
squeeze=
pack "$release" vfio-pci.ko
says "vfio-pci is missing" 1 "does not read: vfio-pci-v1"
says "and with it the layout of its record" 1 "does not read records of the running kernel: vfio-device-v"
pack "$release" iommufd.ko
says "iommufd is missing" 1 "does not read: iommufd-v1"
pack "$release" vfio-pci-core.ko
says "a module that vfio-pci needs is missing" 1 \
	"need modules that its initrd does not have: vfio-pci-core"
pack "$release.other"
says "the modules are those of another kernel" 1 "does not read: iommufd-v1 vfio-pci-v1"
pack "$release"
ko=$build/$(head -n 1 "$build/modules.load")
echo "file /usr/lib/modules/$release/kernel/$(printf '%064d' 0).ko $ko 0644 0 0" >>"$tmp/spec"
out/vm/gen_init_cpio "$tmp/spec" >"$tmp/initrd"
says "a module has a longer name than Linux gives one" 0 "takes over IOMMU state"
{ printf '\177ELF\0alias=liveupdate-x'; head -c 600M /dev/zero; } | zstd -q1 >"$tmp/huge.zst"
for name in a b; do
	echo "file /usr/lib/modules/$release/kernel/$name.ko.zst $tmp/huge.zst 0644 0 0"
done >>"$tmp/spec"
out/vm/gen_init_cpio "$tmp/spec" >"$tmp/initrd"
says "its modules are larger together than a kernel can be" 3 "damaged"
pack "$release"
head -c 100000 "$tmp/initrd" >"$tmp/cut"
mv "$tmp/cut" "$tmp/initrd"
says "the initrd is cut off" 3 "damaged"
plan

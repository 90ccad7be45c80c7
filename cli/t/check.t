# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The rules of iolu check about the running kernel and which devices it looks at, one by one,
# each on a host without another obstacle. The rules about devices are in device.t.
set -eu
# shellcheck source=cli/t/config.sh
. cli/t/config.sh

# says FACT CODE WORDS: about the host as it is
says() {
	answers "$1" "$2" "$3" check --root "$host"
	new_host
}

new_host
says "a host on which all is well" 0 "verdict: yes"
says "a question about this kernel alone" 0 "not checked: the next kernel; name it with --kernel"
rm -r "$host/sys/class/vfio-dev"
says "a host without a device" 0 "no device has a vfio driver"

rm -r "$host/sys/kernel/liveupdate/iommu"
says "a kernel without the feature" 1 "does not preserve IOMMU state"
put sys/kernel/liveupdate/file_handlers 'memfd-v2 iommufd-v1'
says "a kernel without vfio-pci's part" 1 "devices cannot be preserved"
rm "$host/sys/kernel/liveupdate/file_handlers" "$host/sys/kernel/liveupdate/record_layouts"
says "a kernel that lists no formats" 3 "/sys/kernel/liveupdate/file_handlers: No such file"
rm "$host/dev/liveupdate"
put proc/cmdline 'kho=on intel_iommu=on'
says "LUO is off" 1 "the command line has no liveupdate=on"
put sys/kernel/liveupdate/file_handlers 'memfd-v2 vfio-pci-v1'
says "no iommufd" 1 "HWPTs cannot be preserved"
rm -r "$host/sys/class/iommu/dmar0"
says "no IOMMU" 1 "no IOMMU is in use"
rm -r "$host/sys/class/iommu/dmar0"
says "each kind has its remedy" 1 "boot with intel_iommu=on (VT-d) or boot without amd_iommu=off (AMD-Vi)"
amd_host
says "AMD-Vi" 0 "1 AMD-Vi unit, host (v1) page tables"
sed -n 's/^OPTION(\([A-Z0-9_]*\), "\(.*\)", "\(.*\)")$/\1 \2 \3/p' cli/rules/options.def |
	while read -r name values reason; do
		[ "${#values}" -lt 2 ] || values="y, $(echo "${values#y}" | tr k n)"
		grep -qxF "| \`CONFIG_$name\` | $values | $reason |" "${guide:-docs/operator.md}" || echo "$name"
	done >"$tmp/found"
empty "the guide has each of the options that matter" "$tmp/found"
grep -h '^CONFIG' kernel/config/host*.config | sed 's/^CONFIG_//; s/=.*//' | while read -r name; do
	grep -q "^OPTION($name," cli/rules/options.def || echo "$name"
done | grep -vx -e INTEL_IOMMU -e AMD_IOMMU -e DEBUG_INFO_NONE -e MEMORY_HOTPLUG -e MEMORY_HOTREMOVE \
	-e ZONE_DEVICE -e SYNC_FILE >"$tmp/found" || :
empty "make deb sets no others, but dependencies" "$tmp/found"
sed -n 's/^OPTION(\([A-Z0-9_]*\), "y.*/\1/p' cli/rules/options.def | while read -r name; do
	grep -qx "CONFIG_$name=[ym]" kernel/config/host*.config || echo "$name"
done >"$tmp/found"
empty "it sets each that shall be on" "$tmp/found"
running=$(cat "$host/proc/sys/kernel/osrelease")
configure "$running"
says "its options are right" 0 "that matter are right"
configure "$running" VFIO_PCI=m IOMMUFD=m
says "also if some are modules" 0 "that matter are right"
configure "$running" VFIO_DEVICE_CDEV=n
says "an option is missing" 1 "CONFIG_VFIO_DEVICE_CDEV is n: binds devices to iommufd"
configure "$running" PCI_P2PDMA=n
says "an option is off that a host may not need" 0 "that matter are right"
configure "$running" IRQ_REMAP=n DEFERRED_STRUCT_PAGE_INIT=y
says "an option must be off" 1 "CONFIG_DEFERRED_STRUCT_PAGE_INIT is y: KHO excludes it"
configure "$running" INTEL_IOMMU=n
says "the driver of its IOMMU is missing" 1 "CONFIG_INTEL_IOMMU is n: drives the IOMMUs of this host"
configure "$running"
amd_host
configure "$running" INTEL_IOMMU=n
says "which is another one with AMD-Vi" 1 "CONFIG_AMD_IOMMU is n"
rm -r "$host/sys/bus/pci" "$host/sys/class/vfio-dev"
says "a host without sysfs" 3 "the PCI devices of the host are not visible"
answers "no such device" 1 "there is no such PCI device; write an address like" check --root "$host" --device 0000:99:00.0
for bad in eth0 01:00.8 01:20.0 1:00.0 0000:01:00 0000:01:00.0x 00:0000:01:00.0 0001:000:00.0 \
	01:00.00 000:01:00.0; do
	answers "$bad is no address" 2 "--device $bad: not a PCI address" \
		check --root "$host" --device $bad
done
answers "the segment can be left out" 0 "0000:01:00.0" check --root "$host" --device 01:00.0
plan

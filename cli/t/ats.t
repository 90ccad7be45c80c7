# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The rules of iolu check about ATS and PRI on VT-d; cli/t/device.t has the simpler ones. Those of
# the firmware's table need a device whose ATS the kernel leaves off if it uses the table rightly.
set -eu
# shellcheck source=cli/t/host.sh
. cli/t/host.sh

# ats: the NIC has ATS for page-aligned requests, and PRI
ats() {
	poke "$nic/config" 256 17 0 1 41
	poke "$nic/config" 260 40
	poke "$nic/config" 528 23 0 1 0
}

new_host
nic=$host/sys/devices/pci0000:00/0000:00:03.0/0000:01:00.0
put sys/class/iommu/dmar0/intel-iommu/ecap 80000f00004
ats
answers "ATS of device and IOMMU" 0 "verdict: yes" check --root "$host"
new_host
put sys/class/iommu/dmar0/intel-iommu/ecap c0020f00004
ats
answers "PRI of device and IOMMU" 0 "verdict: yes" check --root "$host"
put "${nic#"$host/"}/sriov_numvfs" 1
refuses "PRI of a device with virtual functions" DEVICE_PRI "" check --root "$host"

# odd_host OCTAL...: a NIC whose ATS is not for page-aligned requests, and a table
odd_host() {
	new_host
	put sys/class/iommu/dmar0/intel-iommu/ecap 80000f00004
	extended "$nic/config" 15
	poke "$nic/../config" 25 1
	dmar "$@"
}

odd_host 2 0 20 0 0 0 0 0 1 10 0 0 0 0 3 0
refuses "ATS below a root port that the table lists" DEVICE_ATS_OFF "" check --root "$host"
odd_host 2 0 20 0 0 0 0 0 1 10 0 0 0 0 4 0
answers "ATS below another root port" 0 "verdict: yes" check --root "$host"
odd_host 2 0 10 0 1 0 1 0
answers "ATS in another segment" 0 "verdict: yes" check --root "$host"
odd_host 2 0 10 0 0 0 0 0 5 0 22 0 1 0 0 0 1 12 0 0 0 0 3 0 0 0
refuses "ATS of a device that the table lists" DEVICE_ATS_OFF "" check --root "$host"
put proc/cmdline 'kho=on liveupdate=on intel_iommu=on,sm_off'
refuses "ATS of the hardware, in legacy mode" DEVICE_ATS_REQUIRED "" check --root "$host"
put proc/cmdline 'kho=on liveupdate=on intel_iommu=on'
answers "the same in a mode that is not known" 3 "the firmware's table of its IOMMU" \
	check --root "$host"
odd_host 2 0 20 0 0 0 0 0 1 10
answers "a table that ends too early" 0 "verdict: yes" check --root "$host"
rm "$host/sys/firmware/acpi/tables/DMAR"
answers "no table" 3 "the firmware's table of its IOMMU is not readable" check --root "$host"
plan

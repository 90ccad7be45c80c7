# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The rules of iolu check about ATS and PRI on VT-d; cli/t/device.t has the simpler ones.
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
refuses "PRI of device and IOMMU" DEVICE_PRI "" check --root "$host"
plan

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The rules of iolu check, one by one, each on a host on which all else is well. A rule that is
# not here is in the scenario command_check, on a real kernel.
set -eu
# shellcheck source=cli/t/host.sh
. cli/t/host.sh

# says FACT CODE WORDS: about the host as it is
says() {
	answers "$1" "$2" "$3" check --root "$host"
	new_host
}

new_host
nic=$host/sys/devices/pci0000:00/0000:00:03.0/0000:01:00.0
says "a host on which all is well" 0 "verdict: yes"

rm -r "$host/sys/kernel/liveupdate/iommu"
says "a kernel without the feature" 1 "does not carry IOMMU state"
put proc/kallsyms '0000000000000000 t vfio_pci_liveupdate_preserved'
says "a kernel without vfio-pci's part" 1 "it does not carry devices"
rm "$host/proc/kallsyms"
says "a kernel that shows no symbols" 3 "/proc/kallsyms cannot be read"
rm "$host/dev/liveupdate"
put proc/cmdline 'kho=on intel_iommu=on'
says "LUO is off" 1 "the command line has no liveupdate=on"
rm "$host/dev/iommu"
says "no iommufd" 1 "there is no /dev/iommu"
rm -r "$host/sys/class/iommu/dmar0"
says "no IOMMU" 1 "no IOMMU is in use"
mkdir -p "$host/sys/class/iommu/ivhd0/amd-iommu"
rm -r "$host/sys/class/iommu/dmar0"
ln -sfn "$host/sys/class/iommu/ivhd0" "$nic/iommu"
says "another kind of IOMMU" 1 "its IOMMU ivhd0 is no VT-d"

rm "$nic/iommu"
says "a device without IOMMU" 1 "no IOMMU translates for it"
ln -sfn "$host/sys/bus/pci/drivers/igb" "$nic/driver"
says "another driver" 1 "it is bound to igb"
rm -r "$nic/vfio-dev"
says "no character device" 1 "no character device of its own"
process 42 9 /dev/vfio/7
says "opened through its group" 1 "process 42 (vmm) has it open through its group"
process 42 9 /dev/vfio/devices/vfio0
says "opened as it should be" 0 "process 42 (vmm)"
poke "$nic/config" 14 1
says "a bridge" 1 "it is a bridge"
head -c 4096 /dev/zero | tr '\0' '\377' >"$nic/config"
says "a device that does not answer" 3 "its configuration space cannot be read"
mkdir "$nic/physfn"
says "a virtual function" 1 "it is a virtual function"
echo 2 >"$nic/sriov_numvfs"
says "virtual functions enabled" 1 "it has 2 virtual functions"
device 10000:e1:00.0 pci10000:e0 8086:0a54 010802
rm "$host/sys/bus/pci/drivers/vfio-pci/0000:01:00.0"
says "a device behind a VMD" 1 "it is behind a VMD"
for class in 030000:display 068000:bridge 0c0330:USB; do
	echo "0x${class%:*}" >"$nic/class"
	says "the class ${class#*:}" 1 "${class#*:}"
done
mkdir -p "$host/sys/kernel/iommu_groups/7/devices/0000:01:00.1"
says "a group of two" 1 "IOMMU group of 2 functions"
bridge 0000:00:03.0 pci0000:00 7
says "below a bridge to PCI" 1 "speaks for it (DMA alias)"
bridge 0000:00:03.0 pci0000:00 conventional
says "below a conventional bridge" 1 "speaks for it (DMA alias)"
head -c 64 "$nic/../config" >"$tmp/short"
cp "$tmp/short" "$nic/../config"
says "a bridge that is not shown whole" 3 "what bridge 0000:00:03.0 above it is cannot be seen"
poke "$nic/../config" 4 2
says "a bridge that is no bus master" 1 "bus mastering is off in bridge 0000:00:03.0"
echo D3hot >"$nic/../power_state"
says "a bridge that sleeps" 1 "bridge 0000:00:03.0 above it is in D3hot"
echo D3hot >"$nic/power_state"
says "asleep while nobody uses it" 0 "nobody uses it"
echo D3hot >"$nic/power_state"
process 42 9 /dev/vfio/devices/vfio0
says "asleep in use" 1 "it is in D3hot"
echo D3hot >"$nic/power_state"
process 42 9 'anon_inode:[vfio-device]'
says "asleep, perhaps in use since the last update" 3 "may be one that came"
rm "$nic/power_state"
says "no power state" 3 "its power state is not shown"

put sys/class/iommu/dmar0/intel-iommu/ecap 80000f00004
extended "$nic/config" 15
says "ATS of device and IOMMU" 1 "can do ATS"
extended "$nic/config" 15
says "ATS of the device alone" 0 "verdict: yes"
put sys/class/iommu/dmar0/intel-iommu/ecap 80000f00004
put proc/cmdline 'kho=on liveupdate=on intel_iommu=on,sm_on pci=noats'
extended "$nic/config" 15
says "ATS that is off" 0 "verdict: yes"
put sys/class/iommu/dmar0/intel-iommu/ecap 80000f00004
head -c 64 "$nic/config" >"$tmp/short"
cp "$tmp/short" "$nic/config"
says "ATS that a user cannot see" 3 "whether it can do ATS cannot be seen"
put sys/class/iommu/dmar0/intel-iommu/ecap 90000f00000
extended "$nic/config" 27
says "PASIDs" 3 "whether any is in use is not shown"

poke "$nic/config" 61 1
says "an interrupt pin" 0 "verdict: yes"
poke "$nic/config" 61 1
put sys/module/vfio_pci/parameters/nointxmask Y
says "interrupts that may not be masked" 1 "told not to mask INTx"
poke "$nic/config" 61 1
rm -r "$host/sys/module"
says "vfio-pci that does not show it" 3 "whether vfio-pci masks INTx"
echo 0x10ec >"$nic/vendor"
echo 0x8169 >"$nic/device"
says "a model that cannot mask" 1 "cannot mask their INTx"
echo 0x1b4b >"$nic/vendor"
echo 0x9172 >"$nic/device"
says "a model that may use another's id" 3 "under another function's id"

put sys/kernel/liveupdate/iommu/incoming_devices 1
says "a device waits, nobody can tell which" 3 "perhaps this one"
put sys/kernel/liveupdate/iommu/incoming_devices 1
put sys/kernel/debug/iommu_liveupdate 'preserved: nothing
incoming:
  device 0000:01:00.0: domain 1, unit 2, domain id 3, running'
says "it is this one" 1 "its session is not finished"
answers "no such device" 1 "No such device" check --root "$host" --device 0000:99:00.0
answers "no address at all" 3 "Invalid argument" check --root "$host" --device eth0
answers "the segment can be left out" 0 "0000:01:00.0" check --root "$host" --device 01:00.0
plan

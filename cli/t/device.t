# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The rules of iolu check about devices, one by one, each on a host without another obstacle. A
# refusal is in the words of refusals.def. The scenario command_check has the same rules on a
# real kernel.
set -eu
# shellcheck source=cli/t/host.sh
. cli/t/host.sh

# says FACT CODE WORDS: about the host as it is
says() {
	answers "$1" "$2" "$3" check --root "$host"
	new_host
}

# no FACT ID DETAIL: the rule refuses in the words of refusals.def
no() {
	refuses "$1" "$2" "$3" check --root "$host"
	new_host
}

new_host
nic=$host/sys/devices/pci0000:00/0000:00:03.0/0000:01:00.0
mkdir -p "$host/sys/class/iommu/ivhd0/amd-iommu"
rm -r "$host/sys/class/iommu/dmar0"
ln -sfn "$host/sys/class/iommu/ivhd0" "$nic/iommu"
no "another kind of IOMMU" DEVICE_IOMMU ivhd0

rm "$nic/iommu"
no "a device without IOMMU" DEVICE_IOMMU "no IOMMU"
ln -sfn "$host/sys/bus/pci/drivers/igb" "$nic/driver"
no "another driver" DEVICE_DRIVER igb
rm -r "$nic/vfio-dev"
refuses "no character device" DEVICE_CDEV "" check --root "$host" --device 0000:01:00.0
new_host
process 42 9 /dev/vfio/7
no "opened through its group" DEVICE_OPEN_GROUP "process 42 (vmm)"
process 42 9 /dev/vfio/devices/vfio0
says "opened as it should be" 0 "process 42 (vmm)"
poke "$nic/config" 14 1
no "a bridge" DEVICE_ENDPOINT "a bridge"
head -c 4096 /dev/zero | tr '\0' '\377' >"$nic/config"
says "a device that does not answer" 3 "its configuration space is not readable"
device 10000:e1:00.0 pci10000:e0 8086:0a54 010802 vfio1 8
no "a device behind a VMD" DEVICE_SEGMENT "that of a VMD"
for class in 030000:display 068000:bridge 0c0330:USB; do
	echo "0x${class%:*}" >"$nic/class"
	detail=${class#*:}
	[ "$detail" != USB ] || detail="USB host controller"
	no "the class ${class#*:}" DEVICE_CLASS "a $detail"
done
bridge 0000:00:03.0 pci0000:00 7
no "below a bridge to PCI" DEVICE_ALIAS "that of bridge 0000:00:03.0"
bridge 0000:00:03.0 pci0000:00 conventional
no "below a conventional bridge" DEVICE_ALIAS "that of bridge 0000:00:03.0"
head -c 64 "$nic/../config" >"$tmp/short"
cp "$tmp/short" "$nic/../config"
says "a bridge that is not shown whole" 3 "the type of bridge 0000:00:03.0 above is not readable"
poke "$nic/../config" 4 2
no "a bridge that is no bus master" FREEZE_PATH "0000:00:03.0: bus mastering off"
echo D3hot >"$nic/../power_state"
no "a bridge that sleeps" FREEZE_PATH "0000:00:03.0: D3hot"
echo D3hot >"$nic/power_state"
says "asleep while no process uses it" 0 "not in use"
echo D3hot >"$nic/power_state"
process 42 9 /dev/vfio/devices/vfio0
no "asleep in use" DEVICE_ASLEEP "it is in D3hot"
echo D3hot >"$nic/power_state"
echo 1 >"$nic/enable"
no "asleep and in use since the last update, by a file that does not name it" DEVICE_ASLEEP \
	"it is in D3hot"
echo 1 >"$nic/enable"
says "in use by a process that /proc does not name" 0 "by a process that /proc does not name"
echo D3hot >"$nic/power_state"
rm "$nic/enable" "$host/proc/1/ns/pid"
says "asleep, and all processes are not visible" 3 "its use is not known"
rm "$nic/power_state"
says "no power state" 3 "its power state is not readable"

put sys/class/iommu/dmar0/intel-iommu/ecap 80000f00004
extended "$nic/config" 15
no "ATS of requests that are not page-aligned" DEVICE_ATS_OFF ""
extended "$nic/config" 15
says "ATS of the device alone" 0 "verdict: yes"
put sys/class/iommu/dmar0/intel-iommu/ecap 80000f00004
put proc/cmdline 'kho=on liveupdate=on intel_iommu=on,sm_on pci=noats'
extended "$nic/config" 15
says "ATS that is off" 0 "verdict: yes"
put sys/class/iommu/dmar0/intel-iommu/ecap 80000f00004
head -c 64 "$nic/config" >"$tmp/short"
cp "$tmp/short" "$nic/config"
says "ATS that a user cannot see" 3 "its ATS capability is not readable"
amd_host
put sys/class/iommu/ivhd0/amd-iommu/cap 108c80f
extended "$nic/config" 15
says "ATS that AMD-Vi's driver does not use" 0 "verdict: yes"
amd_host
put sys/class/iommu/ivhd0/amd-iommu/cap 108c80f
put sys/class/iommu/ivhd0/amd-iommu/features 5000000000012:0
extended "$nic/config" 15
no "ATS of device and AMD-Vi" DEVICE_ATS ""
put sys/class/iommu/dmar0/intel-iommu/ecap 90000f00000
extended "$nic/config" 27
says "PASIDs, which VT-d preserves" 0 "verdict: yes"

process 42 9 /dev/vfio/devices/vfio0
printf 'Name:\tvmm\nHugetlbPages:\t 2048 kB\n' >"$host/proc/42/status"
says "a VMM with memory in huge pages" 3 "process 42 (vmm) has memory in huge pages"
put sys/kernel/liveupdate/file_handlers 'memfd-v2 memfd-hugetlb-v2 iommufd-v1 vfio-pci-v1'
says "a VMM with memory in huge pages that the kernel preserves" 0 "verdict: yes"
put sys/kernel/liveupdate/file_handlers 'memfd-v2 iommufd-v1 vfio-pci-v1'
process 42 9 /dev/vfio/devices/vfio0
printf 'Name:\tvmm\nHugetlbPages:\t 0 kB\n' >"$host/proc/42/status"
says "one without" 0 "verdict: yes"

poke "$nic/config" 61 1
says "an interrupt pin" 0 "verdict: yes"
poke "$nic/config" 61 1
put sys/module/vfio_pci/parameters/nointxmask Y
no "interrupts that may not be masked" DEVICE_INTX vfio_pci.nointxmask
poke "$nic/config" 61 1
rm -r "$host/sys/module"
says "vfio-pci that does not show it" 3 "parameter nointxmask is not readable"
echo 0x10ec >"$nic/vendor"
echo 0x8169 >"$nic/device"
no "a model that cannot mask" DEVICE_INTX "every 10ec:8169"
echo 0x1b4b >"$nic/vendor"
echo 0x9172 >"$nic/device"
says "a model that may use another's id" 3 "$(row DEVICE_ALIAS 1) (some devices like 1b4b:9172)"

rm "$nic/liveupdate"
says "a kernel that does not show the state of a device" 3 "its live update state is not shown"
echo incoming >"$nic/liveupdate"
no "an incoming device that is not finished" DEVICE_UNFINISHED incoming
echo isolated >"$nic/liveupdate"
no "an isolated device" DEVICE_UNFINISHED isolated
rm -r "$nic/vfio-dev" "$nic/driver" "$host/sys/class/vfio-dev"
echo incoming >"$nic/liveupdate"
no "an incoming device without a driver is listed, too" DEVICE_UNFINISHED incoming
ln -sfn "$host/sys/bus/pci/drivers/mlx5_vfio_pci" "$nic/driver"
no "a device of a vendor's vfio driver is listed, too" DEVICE_DRIVER mlx5_vfio_pci
mkdir -p "$host/sys/devices/mdev/0001" "$host/sys/class/vfio-dev/vfio5"
ln -s "$host/sys/devices/mdev/0001" "$host/sys/class/vfio-dev/vfio5/device"
no "and a vfio device that is no PCI function" DEVICE_ENDPOINT \
	"a vfio device that is no PCI function"
plan

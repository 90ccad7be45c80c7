# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What iolu kexec refuses, one by one, each on a host without another obstacle. The kexec itself
# is in the scenario command.
set -eu
# shellcheck source=cli/t/host.sh
. cli/t/host.sh

# A host with a loaded image and no device in use
ready() {
	new_host
	put sys/kernel/kexec_loaded 1
	put proc/sys/kernel/random/boot_id 0a0b
	put run/iolu/loaded '0a0b /boot/next'
	process 7 4 /dev/liveupdate
}

# The NIC is preserved
preserved() {
	echo outgoing >"$nic/liveupdate"
	put sys/kernel/liveupdate/iommu/preserved_devices 1
}

says() {
	answers "$1" "$2" "$3" kexec --dry-run --root "$host"
	ready
}

nic=$host/sys/devices/pci0000:00/0000:00:03.0/0000:01:00.0
ready
says "a host that is ready" 0 "/boot/next is loaded"
put sys/kernel/kexec_loaded 0
says "no image" 1 "no kernel is loaded"
rm "$host/run/iolu/loaded"
says "an image that another program has loaded" 3 "is not shown"
put proc/sys/kernel/random/boot_id 0a0c
says "a note of another boot" 3 "is not shown"
put sys/kernel/liveupdate/iommu/incoming_devices 1
says "a device that waits" 1 "1 devices of the last update are not finished"
put sys/kernel/liveupdate/iommu/incoming_isolated 1
says "a device that is isolated" 1 "1 are isolated"
rm -r "$host/sys/kernel/liveupdate/iommu"
says "a kernel without the feature" 1 "does not preserve IOMMU state"
process 42 9 /dev/vfio/devices/vfio0
says "a device in use that is not preserved" 1 "1 in use, 0 preserved"
process 42 9 /dev/vfio/devices/vfio0
process 43 3 /dev/vfio/devices/vfio0
preserved
says "a device of two processes is one" 0 "1 in use, 1 preserved"
process 42 9 'anon_inode:[vfio-device]'
echo 1 >"$nic/enable"
says "one that came with the last update counts, too" 1 \
	"0000:01:00.0 is in use and not preserved: its DMA would end"
preserved
device 0000:02:00.0 pci0000:00/0000:00:03.0 8086:10c9 020000 vfio1 8
echo 1 >"$dir/enable"
says "one preserved and another in use are two" 1 "0000:02:00.0 is in use and not preserved"
preserved
device 0000:02:00.0 pci0000:00/0000:00:03.0 8086:10c9 020000 vfio1 8
says "an idle one is no obstacle" 0 "1 in use, 1 preserved"
preserved
put sys/kernel/liveupdate/iommu/preserved_devices 2
says "a preserved one that is not visible" 3 "has preserved 2 devices, 1 of them are visible"
ln -sfn "$host/sys/bus/pci/drivers/mlx5_vfio_pci" "$nic/driver"
echo 1 >"$nic/enable"
says "one of a vendor's vfio driver counts, too" 1 "0000:01:00.0 is in use and not preserved"
rm "$nic/liveupdate"
echo 1 >"$nic/enable"
says "a kernel that does not show the state of a device" 3 "its live update state is not visible"
rm "$host/proc/1/ns/pid"
says "a process that does not see all others" 3 "not all processes are visible"
ln -sfn 'pid:[4026532001]' "$host/proc/1/ns/pid"
says "nor one in a container" 3 "not all processes are visible"
rm -r "$host/proc/1" "$host/proc/self"
says "nor one whose /proc hides the others" 3 "not all processes are visible"
process 42 9 'anon_inode:[luo_session] vm0'
says "a session that cannot be asked" 3 "not all processes are visible"
says "/dev/liveupdate in use" 0 "process 7 (vmm) has /dev/liveupdate open"
mkdir -p "$host/run/systemd/system"
says "where systemd needs it" 1 "systemd needs the device"
mkdir -p "$host/run/systemd/system"
process 42 9 /dev/vfio/devices/vfio0
rm "$host/dev/liveupdate"
says "systemd would stop a VMM that has not preserved" 1 "1 in use, 0 preserved"
mkdir -p "$host/run/systemd/system"
process 42 9 'anon_inode:[luo_session] vm0'
process 1 9 'anon_inode:[luo_session] vm1'
says "a session that is not in systemd's store" 1 "process 42 (vmm), which systemd ends first"
mkdir -p "$host/run/systemd/system"
rm "$nic/liveupdate" "$nic/../liveupdate"
says "preserved devices that systemd's host does not show" 1 \
	"does not show which devices are preserved"
mkdir -p "$host/run/systemd/system"
preserved
put sys/bus/pci/devices/0000:01:00.0/power_state D3hot
process 42 9 /dev/vfio/devices/vfio0
says "a preserved device that sleeps, while systemd would stop its VMM" 1 "it is in D3hot"
rm "$host/dev/liveupdate"
says "LUO is off" 1 "boot with kho=on liveupdate=on"
answers "as many sessions as expected" 0 "verdict: yes" kexec --dry-run --root "$host" --expect 0
answers "fewer sessions than expected" 1 "0 sessions are outgoing, 2 are expected" \
	kexec --dry-run --root "$host" --expect 2
answers "a session that is missing" 1 "session vm1 is not outgoing" \
	kexec --dry-run --root "$host" --expect vm0,vm1
for verb in kexec 'load image --cmdline x' 'unpreserve vm0' 'discard vm0'; do
	# shellcheck disable=SC2086
	answers "${verb%% *} does nothing to another root" 2 "--root is for reading only" \
		$verb --root "$host"
done
plan

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What iolu kexec refuses, one by one, each on a host on which all else is well. The jump
# itself is in the scenario command.
set -eu
# shellcheck source=cli/t/host.sh
. cli/t/host.sh

# A host with a loaded image, and nothing that could be lost
ready() {
	new_host
	put sys/kernel/kexec_loaded 1
	put proc/sys/kernel/random/boot_id 0a0b
	put run/iolu/loaded '0a0b /boot/next'
	process 7 4 /dev/liveupdate
}

says() {
	answers "$1" "$2" "$3" kexec --dry-run --root "$host"
	ready
}

ready
says "a host that is ready" 0 "/boot/next is loaded"
put sys/kernel/kexec_loaded 0
says "no image" 1 "no kernel is loaded"
rm "$host/run/iolu/loaded"
says "an image that somebody else has loaded" 3 "is not shown"
put proc/sys/kernel/random/boot_id 0a0c
says "a note of another boot" 3 "is not shown"
put sys/kernel/liveupdate/iommu/incoming_devices 1
says "a device that waits" 1 "1 devices of the last update were not taken over"
put sys/kernel/liveupdate/iommu/incoming_isolated 1
says "a device that is cut off" 1 "1 are isolated"
rm -r "$host/sys/kernel/liveupdate/iommu"
says "a kernel without the feature" 1 "does not carry IOMMU state"
process 42 9 /dev/vfio/devices/vfio0
says "a device in use that is not preserved" 1 "1 in use, 0 preserved"
process 42 9 /dev/vfio/devices/vfio0
process 43 3 /dev/vfio/devices/vfio0
put sys/kernel/liveupdate/iommu/preserved_devices 1
says "a device of two processes is one" 0 "1 in use, 1 preserved"
process 42 9 'anon_inode:[vfio-device]'
says "one that came with the last update counts, too" 1 "1 in use, 0 preserved"
process 42 9 'anon_inode:[luo_session] vm0'
says "a session that cannot be asked" 3 "not all processes can be looked at"
says "/dev/liveupdate in use" 0 "held by process 7 (vmm)"
mkdir -p "$host/run/systemd/system"
says "where systemd needs it" 1 "systemd needs the device at the update"
mkdir -p "$host/run/systemd/system"
process 42 9 /dev/vfio/devices/vfio0
rm "$host/dev/liveupdate"
says "systemd would stop a VMM that has not preserved" 1 "1 in use, 0 preserved"
mkdir -p "$host/run/systemd/system"
process 42 9 'anon_inode:[luo_session] vm0'
process 1 9 'anon_inode:[luo_session] vm1'
says "a session that is not in systemd's store" 1 "process 42 (vmm), which systemd ends first"
mkdir -p "$host/run/systemd/system"
rm "$host/dev/liveupdate"
says "preserved devices that systemd's host does not show" 1 "mount debugfs"
mkdir -p "$host/run/systemd/system"
put sys/kernel/debug/iommu_liveupdate 'preserved:
  device 0000:01:00.0: domain 1, unit 2, domain id 3, running'
put sys/bus/pci/devices/0000:01:00.0/power_state D3hot
process 42 9 /dev/vfio/devices/vfio0
says "a preserved device that sleeps, while systemd would stop its VMM" 1 "it is in D3hot"
rm "$host/dev/liveupdate"
says "LUO is off" 1 "boot with kho=on liveupdate=on"
for verb in kexec 'load image --cmdline x' 'discard vm0'; do
	# shellcheck disable=SC2086
	answers "${verb%% *} does nothing to another root" 2 "--root is for looking only" \
		$verb --root "$host"
done
plan

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The rules of iolu check about virtual functions and their physical function, as in device.t.
set -eu
# shellcheck source=cli/t/host.sh
. cli/t/host.sh

new_host
nic=$host/sys/devices/pci0000:00/0000:00:03.0/0000:01:00.0
# The NIC is a virtual function of 0000:01:00.1
physical() {
	device 0000:01:00.1 pci0000:00/0000:00:03.0 1af4:1041 020000 vfio1 8
	ln -s "$dir" "$nic/physfn"
	ln -s "$nic" "$dir/virtfn0"
}
physical
answers "a virtual function" 3 "its physical function 0000:01:00.1 is not preserved yet" check --root "$host" --device 0000:01:00.0
new_host
physical
echo outgoing >"$dir/liveupdate"
answers "a virtual function after its physical function" 0 "verdict: yes" check --root "$host" --device 0000:01:00.0
new_host
physical
ln -sfn "$host/sys/bus/pci/drivers/igb" "$dir/driver"
refuses "a physical function of another driver" DEVICE_VF "0000:01:00.1: igb" \
	check --root "$host" --device 0000:01:00.0
new_host
physical
echo outgoing >"$dir/liveupdate"
echo 1 >"$nic/enable"
refuses "a virtual function in use that is left behind" FREEZE_VFS 0000:01:00.0 \
	check --root "$host"
plan

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The rules of iolu check about virtual functions and their physical function, and about the
# functions of one group, as in device.t.
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
ln -sfn "$host/sys/bus/pci/drivers/pci-pf-stub" "$dir/driver"
answers "a physical function of pci-pf-stub" 0 "verdict: yes" check --root "$host" --device 0000:01:00.0
new_host
physical
echo outgoing >"$dir/liveupdate"
echo 1 >"$nic/enable"
refuses "a virtual function in use that is left behind" FREEZE_VFS 0000:01:00.0 \
	check --root "$host"

# The NIC is in a group with 0000:01:00.1, which is in use
beside() {
	new_host
	device 0000:01:00.1 pci0000:00/0000:00:03.0 8086:10d3 020000 vfio1 7
	echo 1 >"$dir/enable"
}
# one FACT CODE WORDS: about the NIC
one() {
	answers "$1" "$2" "$3" check --root "$host" --device 0000:01:00.0
}
beside
one "another function of the group, before either is preserved" 0 "verdict: yes"
beside
echo outgoing >"$nic/liveupdate"
refuses "another function of the group that is left behind" FREEZE_GROUP 0000:01:00.1 \
	check --root "$host" --device 0000:01:00.0
beside
echo outgoing >"$nic/liveupdate"
echo outgoing >"$dir/liveupdate"
one "another function of the group that goes along" 0 "verdict: yes"
beside
echo outgoing >"$nic/liveupdate"
echo 0 >"$dir/enable"
one "an idle function of the group" 0 "verdict: yes"
beside
echo outgoing >"$nic/liveupdate"
poke "$dir/config" 14 1
one "a bridge of the group" 0 "verdict: yes"
beside
ln -sfn "$host/sys/bus/pci/drivers/igb" "$dir/driver"
refuses "a function of the group with another driver" FREEZE_GROUP 0000:01:00.1 \
	check --root "$host" --device 0000:01:00.0
plan

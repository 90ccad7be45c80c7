# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# A host made of files, for properties that the test machine cannot have: other IOMMUs, odd
# devices, a user who is not root. Tests source this; $host is the root given to iolu. The
# scenarios command and command_check prove that iolu check is right about real devices.
#
# device BDF PARENT VENDOR:DEVICE CLASS makes a device, with PARENT a bridge's path below
# $host/sys/devices. Tests change it by writing its files.

# shellcheck source=cli/t/iolu.sh
. cli/t/iolu.sh
host=$tmp/host

# put FILE TEXT
put() {
	mkdir -p "$(dirname "$host/$1")"
	printf '%s\n' "$2" >"$host/$1"
}

# poke FILE OFFSET OCTAL...: bytes into a configuration space
poke() {
	file=$1 at=$2
	shift 2
	for byte; do
		printf '%b' "\\0$byte" | dd of="$file" bs=1 seek="$at" conv=notrunc status=none
		at=$((at + 1))
	done
}

# express FILE TYPE: an Express capability at 0x40; the type is 0 for an endpoint, 4 a root port
express() {
	poke "$1" 6 20
	poke "$1" 52 100
	poke "$1" 64 20 0 0 "$(printf '%o' $(($2 << 4)))"
	poke "$1" 66 "$(printf '%o' $(($2 << 4 | 2)))"
}

# extended FILE ID: the only extended capability
extended() {
	poke "$1" 256 "$(printf '%o' "$2")" 0 1 0
}

# dmar OCTAL...: the firmware's table of VT-d units, with these bytes behind a header of 48
dmar() {
	put sys/firmware/acpi/tables/DMAR "$(printf '%047d' 0)"
	poke "$host/sys/firmware/acpi/tables/DMAR" 48 "$@"
}

function_at() {
	dir=$host/sys/devices/$2/$1
	mkdir -p "$dir" "$host/sys/bus/pci/devices"
	ln -sfn "../../../devices/$2/$1" "$host/sys/bus/pci/devices/$1"
	echo "0x${3%:*}" >"$dir/vendor"
	echo "0x${3#*:}" >"$dir/device"
	echo "0x$4" >"$dir/class"
	echo D0 >"$dir/power_state"
	echo none >"$dir/liveupdate"
	head -c 4096 /dev/zero >"$dir/config"
	poke "$dir/config" 4 6
}

# bridge BDF PARENT TYPE
bridge() {
	function_at "$1" "$2" 8086:1234 060400
	poke "$dir/config" 14 1
	[ "$3" = conventional ] || express "$dir/config" "$3"
}

# device BDF PARENT VENDOR:DEVICE CLASS [VFIO GROUP]: in use by no process
device() {
	vfio=${5:-vfio0} group=${6:-7}
	function_at "$1" "$2" "$3" "$4"
	express "$dir/config" 0
	echo 0 >"$dir/enable"
	mkdir -p "$dir/vfio-dev/$vfio" "$host/sys/kernel/iommu_groups/$group/devices/$1" \
		"$host/sys/bus/pci/drivers/vfio-pci" "$host/sys/class/vfio-dev"
	ln -sfn "$host/sys/kernel/iommu_groups/$group" "$dir/iommu_group"
	ln -sfn "$host/sys/bus/pci/drivers/vfio-pci" "$dir/driver"
	ln -sfn "$host/sys/class/iommu/dmar0" "$dir/iommu"
	ln -sfn "$dir" "$dir/vfio-dev/$vfio/device"
	ln -sfn "$dir/vfio-dev/$vfio" "$host/sys/class/vfio-dev/$vfio"
}

# process PID FD TARGET: the process has the file open
process() {
	mkdir -p "$host/proc/$1/fd"
	echo vmm >"$host/proc/$1/comm"
	ln -sfn "$3" "$host/proc/$1/fd/$2"
}

# The layouts of records, from the kernel's headers, as the running kernel lists them
layouts() {
	find kernel/new -name '*.c' -exec cat {} + | tr -s ' \t\n' ' ' |
		grep -oE 'KHO_RECORD_LAYOUT\("[a-z-]+", [A-Z_]+' |
		sed 's/.*("\(.*\)", /\1 /' | while read -r type version; do
		grep -rhE "^#define $version\s" kernel/new/include |
			sed "s/.*[[:space:]]/$type-v/"
	done | sort
}

# A host without an obstacle: one VT-d unit, a NIC behind a root port
new_host() {
	rm -rf "$host"
	put proc/cmdline 'kho=on liveupdate=on intel_iommu=on,sm_on'
	mkdir -p "$host/proc/1/fd" "$host/proc/self/ns" "$host/proc/1/ns"
	ln -s 'pid:[4026531836]' "$host/proc/self/ns/pid"
	ln -s 'pid:[4026531836]' "$host/proc/1/ns/pid"
	head -c 4096 /dev/zero >"$tmp/boot_params"
	mkdir -p "$host/sys/kernel/boot_params"
	cp "$tmp/boot_params" "$host/sys/kernel/boot_params/data"
	put proc/sys/kernel/osrelease "$SERIES.4-test"
	put sys/class/iommu/dmar0/intel-iommu/ecap 80000f00000
	dmar 2 0 10 0 1 0 0 0
	put sys/module/vfio_pci/parameters/nointxmask N
	for name in domains devices table_pages mapped_bytes; do
		put "sys/kernel/liveupdate/iommu/preserved_$name" 0
	done
	for name in domains devices isolated; do
		put "sys/kernel/liveupdate/iommu/incoming_$name" 0
	done
	put sys/kernel/liveupdate/records 0
	put sys/kernel/liveupdate/record_bytes 0
	put sys/kernel/liveupdate/record_layouts "$(layouts | paste -sd" ")"
	put sys/kernel/liveupdate/file_handlers "$(printf '%s\n' memfd-v2 iommufd-v1 vfio-pci-v1)"
	put sys/kernel/kexec_loaded 0
	put sys/kernel/kexec_crash_size 0
	put dev/iommu ''
	put dev/liveupdate ''
	bridge 0000:00:03.0 pci0000:00 4
	device 0000:01:00.0 pci0000:00/0000:00:03.0 8086:10c9 020000
}

# The same with an AMD-Vi unit, without device TLBs
amd_host() {
	new_host
	rm -r "$host/sys/class/iommu/dmar0"
	put proc/cmdline 'kho=on liveupdate=on'
	put sys/class/iommu/ivhd0/amd-iommu/cap 8c80f
	put sys/class/iommu/ivhd0/amd-iommu/features 29d7:0
	ln -sfn "$host/sys/class/iommu/ivhd0" "$host/sys/bus/pci/devices/0000:01:00.0/iommu"
}

# The note of the previous kernel's iolu, taken out in this boot
note() {
	put proc/sys/kernel/random/boot_id 0a0b
	put run/iolu/last-update '0a0b {"format":"iolu-note-v1","release":"'"$SERIES"'.4-old",
		"sessions":["vm0","vm1"],"steps":[{"step":"preserve_device",
		"object":"0000:01:00.0","end_us":1.5,"ns":20,"ret":0}]}'
}

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# systemd-root.sh DIR
#
# Build a root file system in DIR/systemd with systemd as process 1 and no other service,
# from binaries of Debian's suite SYSTEMD_SUITE, and in DIR/systemd.spec the lines with which
# gen_init_cpio packs it.  LUOSession= needs systemd SYSTEMD_MINIMUM.  No version is pinned,
# because the suite keeps only its newest.  Packages stay in $CACHE/systemd, verified by apt
# against the suite's signed index, and are used from there without a network.  They are
# unpacked, never installed, and none of their programs runs here.
set -eu
here=$(dirname "$0")
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"

suite=${SYSTEMD_SUITE:-forky} minimum=${SYSTEMD_MINIMUM:-262}
packages='systemd libsystemd-shared libsystemd0 libc6 libmount1 libblkid1 libselinux1 libpcre2-8-0'
debs=$CACHE/systemd
targets='basic final kexec local-fs local-fs-pre paths poweroff reboot shutdown slices sockets
	swap sysinit timers umount'
programs='usr/lib/systemd/systemd usr/lib/systemd/systemd-executor
	usr/lib/systemd/systemd-shutdown usr/bin/systemctl usr/lib64'
# libsystemd-shared opens libmount and its dependencies by name, and cannot start without
libraries='ld-linux-x86-64.so* libc.so* libm.so* libmount.so* libblkid.so* libselinux.so*
	libpcre2-8.so* libsystemd.so* systemd'

# The directory gets its name when all packages are in it.
fetch() {
	[ "$(dpkg --print-architecture)" = amd64 ] || die "systemd is tested on amd64 machines only"
	conf=$("$here/apt.sh" "$suite") || exit 1
	rm -rf "$debs.part"
	mkdir -p "$debs.part"
	# shellcheck disable=SC2086
	(cd "$debs.part" && apt-get -c "$conf" -q download $packages) >"$CACHE/systemd.log" 2>&1 ||
		die "systemd of $suite cannot be had ($(grep -m1 '^E:' "$CACHE/systemd.log")): is there a network?"
	rm -rf "$debs"
	mv "$debs.part" "$debs"
}

version() {
	dpkg-deb -f "$debs"/systemd_*.deb Version
}

# copy FILE...: from the unpacked packages to the root, with their directories
copy() {
	for path; do
		mkdir -p "$root/$(dirname "$path")"
		cp -a "$dir/all/$path" "$root/$path"
	done
}

fill() {
	# shellcheck disable=SC2086
	copy $programs
	for pattern in $libraries; do
		for path in "$dir/all/usr/lib/x86_64-linux-gnu/"$pattern; do
			copy "${path#"$dir/all/"}"
		done
	done
	for target in $targets; do
		copy "usr/lib/systemd/system/$target.target"
	done
	for way in kexec poweroff reboot; do
		copy "usr/lib/systemd/system/systemd-$way.service"
	done
	for link in lib lib64 sbin:bin; do
		ln -s "usr/${link#*:}" "$root/${link%:*}"
	done
	mkdir -p "$root/etc/systemd/system" "$root/usr/lib/systemd/system-shutdown" "$root/var/tmp"
	echo 'ID=test' >"$root/etc/os-release"
	echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
	printf '%s\n' 'root:x:0:0::/:/bin/false' 'vmm:x:100:100::/:/bin/false' \
		'nobody:x:65534:65534::/:/bin/false' >"$root/etc/passwd"
	printf '%s\n' 'root:x:0:' 'vmm:x:100:' 'nogroup:x:65534:' >"$root/etc/group"
}

spec() {
	find "$root" -mindepth 1 \( -type d -printf 'dir /%P %#m 0 0\n' \
		-o -type f -printf "file /%P $root/%P %#m 0 0\n" \
		-o -type l -printf 'slink /%P %l 0777 0 0\n' \)
}

out=${1:?usage: systemd-root.sh DIR}
mkdir -p "$out"
out=$(cd "$out" && pwd)
dir=$out/systemd.part root=$out/systemd.part/root
[ -d "$debs" ] || fetch
dpkg --compare-versions "$(version)" ge "$minimum" ||
	die "$debs has systemd $(version), $minimum or newer is needed: remove it when $suite has that"
rm -rf "$dir" "$out/systemd" "$out/systemd.spec"
mkdir -p "$root" "$dir/all"
for deb in "$debs"/*.deb; do
	dpkg-deb -x "$deb" "$dir/all" || die "$deb is damaged: remove $debs and try again"
done
fill
mv "$root" "$out/systemd"
rm -rf "$dir"
root=$out/systemd
spec >"$out/systemd.spec.part"
mv "$out/systemd.spec.part" "$out/systemd.spec"
say "systemd $(version) of $suite in $out/systemd"

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Packages come from the machine's mirror, for each form of apt sources.  The test has a
# mirror on disk and runs the real apt with a configuration for it.
set -eu
# shellcheck source=tests/tap.sh
. tests/tap.sh

KERNEL_PACKAGE=linux-source-$SERIES KERNEL_SUITE=trixie-backports KDIR=''
export KERNEL_PACKAGE KERNEL_SUITE KDIR
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$tmp/mirror

# publish VERSION: a package with that version in the suite
publish() {
	pool=$mirror/pool index=$mirror/dists/$KERNEL_SUITE/main/binary-$(dpkg --print-architecture)
	rm -rf "$tmp/pkg" "$mirror"
	mkdir -p "$tmp/pkg/DEBIAN" "$tmp/pkg/usr/src" "$pool" "$index"
	printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: x\n' \
		"$KERNEL_PACKAGE" "$1" >"$tmp/pkg/DEBIAN/control"
	echo source >"$tmp/pkg/usr/src/file"
	deb=$pool/${KERNEL_PACKAGE}_$1_all.deb
	dpkg-deb -b "$tmp/pkg" "$deb" >/dev/null
	sum=$(sha256sum "$deb" | cut -d ' ' -f 1)
	{
		cat "$tmp/pkg/DEBIAN/control"
		printf 'Filename: pool/%s\nSize: %s\nSHA256: %s\n' "${deb##*/}" "$(stat -c %s "$deb")" "$sum"
	} >"$index/Packages"
	(cd "$mirror/dists/$KERNEL_SUITE" && {
		printf 'Suite: %s\nCodename: %s\nValid-Until: Thu, 01 Jan 2026 00:00:00 UTC\n' "$KERNEL_SUITE" "$KERNEL_SUITE"
		printf 'Date: Wed, 31 Dec 2025 00:00:00 UTC\nComponents: main\nSHA256:\n'
		p=${index#"$mirror/dists/$KERNEL_SUITE/"}/Packages
		printf ' %s %s %s\n' "$(sha256sum "$p" | cut -d ' ' -f 1)" "$(stat -c %s "$p")" "$p"
	} >Release)
}

# machine FILE: an apt that has the sources in FILE (read from standard input)
machine() {
	rm -rf "${tmp:?}/etc" "${tmp:?}/cache"
	mkdir -p "$tmp/etc/sources.list.d"
	cat >"$tmp/etc/$1"
	printf 'Dir::Etc::sourcelist "%s/etc/sources.list";\nDir::Etc::sourceparts "%s/etc/sources.list.d/";\n' \
		"$tmp" "$tmp" >"$tmp/apt.conf"
	APT_CONFIG=$tmp/apt.conf CACHE=$tmp/cache
	export APT_CONFIG CACHE
	cp -r "$tmp/etc" "$tmp/etc.before"
}

unchanged() {
	diff -r "$tmp/etc.before" "$tmp/etc"
	rc=$?
	rm -rf "$tmp/etc.before"
	return $rc
}

publish "$SERIES".4-1
KERNEL_VERSION=$SERIES.4-1 KERNEL_SHA256=$sum
export KERNEL_VERSION KERNEL_SHA256

machine sources.list <<LIST
# a machine with sources of one line each
deb-src [trusted=yes] file:$tmp/nowhere $codename main
deb [ trusted=yes ] file:$mirror   $codename   contrib main # remark
deb [trusted=yes] file:$tmp/nowhere $codename-updates main
LIST
holds "sources of one line: the package is found, though the suite's date expired" scripts/source.sh fetch
holds "and is the right one" cmp "$deb" "$tmp/cache/${deb##*/}"
holds "the machine's sources are as they were" unchanged

machine sources.list.d/debian.sources <<SOURCES
Types: deb deb-src
URIs: file:$tmp/nowhere
Suites: $codename-updates
Components: main
Trusted: yes

# the one to take
Types: deb
URIs: file:$mirror
Suites: $codename $codename-updates
Components: main non-free-firmware
Trusted: yes

Types: deb
Enabled: no
URIs: file:$tmp/nowhere
Suites: $codename
Components: main
SOURCES
holds "sources in paragraphs: the package is found" scripts/source.sh fetch
holds "the machine's sources are as they were" unchanged

machine sources.list <<LIST
deb [trusted=yes] file:$tmp/nowhere otherdistribution main
LIST
refuses "a machine without a Debian mirror" "add one, or use KDIR=" scripts/source.sh fetch

publish "$SERIES".9-1
newer=$sum
one="deb [trusted=yes] file:$mirror $codename main"
echo "$one" | machine sources.list
refuses "a version that is gone, and what there is instead is named" \
	"$SERIES.4-1 is gone from trixie-backports, which has $SERIES.9-1: try KERNEL_VERSION=newest" scripts/source.sh fetch
refuses "by the names that the older kernel has, for that" \
	"try OLDER_VERSION=newest, or OLDER_KDIR=<a Linux $SERIES tree>" env NAMES=OLDER_ scripts/source.sh fetch
KERNEL_VERSION=newest
holds "the newest is fetched when asked for" scripts/source.sh fetch
holds "and is the one of the mirror" \
	test "$(sha256sum "$CACHE/${KERNEL_PACKAGE}_$SERIES.9-1_all.deb" | cut -d ' ' -f 1)" = "$newer"

echo "$one" | machine sources.list
KERNEL_VERSION=$SERIES.9-1
refuses "a download with another checksum than the pinned one" "checksum mismatch" scripts/source.sh fetch
holds "and does not keep it" test ! -e "$CACHE/${KERNEL_PACKAGE}_$SERIES.9-1_all.deb"

# The emulator of another suite, unpacked and never installed, for a machine that has an older one
KERNEL_PACKAGE=qemu-system-x86 KERNEL_SUITE=forky
publish 1:11.0-1
echo "$one" | machine sources.list
mkdir "$tmp/bin"
printf '#!/bin/sh\necho QEMU emulator version 10.0.2\n' >"$tmp/bin/qemu-system-x86_64"
chmod +x "$tmp/bin/qemu-system-x86_64"
PATH=$tmp/bin:$PATH QEMU='' QEMU_SUITE=forky QEMU_MINIMUM=11.1
export QEMU QEMU_SUITE QEMU_MINIMUM
refuses "an emulator that is older than the wanted one" "QEMU 1:11.0-1, 11.1 or newer is needed" \
	scripts/qemu.sh "$tmp/link"
publish 1:11.1-1
echo "$one" | machine sources.list
refuses "an emulator that does not run" "does not run here" scripts/qemu.sh "$tmp/link"
holds "and does not keep it unpacked" test ! -e "$CACHE/qemu"
holds "nor makes a link to it" test ! -e "$tmp/link"

rm -r "$mirror"
echo "$one" | machine sources.list
refuses "a mirror that does not answer" "is the mirror reachable" scripts/source.sh fetch
plan

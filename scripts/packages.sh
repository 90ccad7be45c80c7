#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# packages.sh [check | deb]
#
# Check that the programs and libraries for a build and a run are installed, with "check"
# those of the lint tests too, with "deb" those of `make deb`.  Root installs missing
# packages with the machine's own apt; other users get one line to paste.  qemu.sh provides
# the emulator.  If nothing is missing, the network is not used.
set -eu
here=$(dirname "$0")
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"

wanted='gcc libc6-dev make bc bison flex libelf-dev perl git rsync xz-utils gzip
	cpio ccache pkg-config libjson-c-dev zlib1g-dev libzstd-dev liblzma-dev liblz4-dev libbz2-dev
	busybox-static diffutils scdoc uuid-dev'
case ${1:-} in
check)
	wanted="$wanted dpkg-dev g++ mandoc shellcheck sparse zstd python3 python3-ply python3-git
		python3-sphinx"
	;;
deb) wanted="$wanted debhelper dpkg-dev kmod libdw-dev libssl-dev python3" ;;
esac

missing() {
	for p in $wanted; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q ' installed$' ||
			printf ' %s' "$p"
	done
}

command -v dpkg-query >/dev/null || die "this set-up needs Debian 12 or 13 (no dpkg here)"
packages=$(missing)
if [ -n "$packages" ]; then
	commands="apt-get -q update && apt-get -q install -y --no-install-recommends$packages"
	[ "$(id -u)" = 0 ] ||
		die "packages are missing; install them, then try again: sudo sh -c '$commands'"
	say "installing:$packages"
	DEBIAN_FRONTEND=noninteractive sh -c "$commands" >&2 ||
		die "apt-get failed: see its messages above, or try by hand: $commands"
	[ -z "$(missing)" ] || die "still not installed:$(missing): install them by hand"
fi
"$here/qemu.sh" out/vm/qemu-system-x86_64

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# packages.sh [check | deb]
#
# Check that the programs and libraries for a build and a run are installed, with "check"
# those of the lint tests too, with "deb" those of `make deb`.  Root installs missing
# packages with the machine's own apt; other users get one line to paste.  The emulator must
# be QEMU_MINIMUM or newer: if the release has an older one it comes from that release's
# backports, through a separate configuration (apt.sh); the machine's apt sources are not
# changed.  If no package is missing, the network is not used.
set -eu
here=$(dirname "$0")
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"

QEMU=${QEMU:-qemu-system-x86_64}
minimum=${QEMU_MINIMUM:-10.0}
wanted='gcc libc6-dev make bc bison flex libelf-dev perl git rsync xz-utils gzip
	cpio ccache pkg-config libjson-c-dev zlib1g-dev libzstd-dev liblzma-dev liblz4-dev libbz2-dev
	busybox-static diffutils scdoc uuid-dev'
case ${1:-} in
check)
	wanted="$wanted g++ mandoc shellcheck sparse zstd python3 python3-ply python3-git
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

qemu_version() {
	"$QEMU" --version 2>/dev/null | sed -n '1s/.*version \([0-9][0-9.]*\).*/\1/p'
}

# new_enough VERSION: of the emulator, compared by Debian's rules
new_enough() {
	[ -n "$1" ] && dpkg --compare-versions "$1" ge "$minimum"
}

candidate() {
	apt-cache policy qemu-system-x86 | sed -n 's/.*Candidate: \(([^)]*)\)\{0,1\}//p' |
		sed 's/^[0-9]*://; /none/d'
}

command -v dpkg-query >/dev/null || die "this set-up needs Debian 12 or 13 (no dpkg here)"
backports=$(. /etc/os-release && echo "${VERSION_CODENAME:-unknown}")-backports

version=$(qemu_version)
if [ "$QEMU" != qemu-system-x86_64 ] && ! new_enough "$version"; then
	die "QEMU=$QEMU is ${version:-no emulator}, $minimum or newer is needed: name another one, or none to have it installed"
fi

# apt was never updated: its lists are empty
if ! new_enough "$version" && [ -z "$(candidate)" ] && [ "$(id -u)" = 0 ]; then
	apt-get -q update >&2 || die "apt-get update failed: is the machine's mirror reachable?"
fi

# One command line: run it as root, else print it to be pasted
get='apt-get -q install -y --no-install-recommends'
packages=$(missing) commands='apt-get -q update'
if ! new_enough "$version"; then
	have=$(candidate)
	if [ -z "$have" ] || dpkg --compare-versions "$have" ge "$minimum"; then
		packages="$packages qemu-system-x86"
	else
		say "QEMU $minimum or newer is needed, here is ${version:-none}: taking it from $backports"
		conf=$("$here/apt.sh" "$backports" release) || exit 1
		from_backports="$get -c $conf -t $backports qemu-system-x86"
	fi
fi
[ -z "$packages" ] || commands="$commands && $get$packages"
commands="$commands${from_backports:+ && $from_backports}"
if [ "$commands" != 'apt-get -q update' ]; then
	[ "$(id -u)" = 0 ] ||
		die "packages are missing; install them, then try again: sudo sh -c '$commands'"
	say "installing:$packages${from_backports:+ qemu-system-x86}"
	DEBIAN_FRONTEND=noninteractive sh -c "$commands" >&2 ||
		die "apt-get failed: see its messages above, or try by hand: $commands"
fi

version=$(qemu_version)
new_enough "$version" ||
	die "the emulator is too old: $QEMU is ${version:-missing}, $minimum or newer is needed: QEMU=<path of a newer one>"
# shellcheck disable=SC2046
[ -z "$(missing)" ] || die "still not installed:$(missing): install them by hand"

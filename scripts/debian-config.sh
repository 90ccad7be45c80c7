#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# debian-config.sh FLAVOUR
#
# Print Debian's own configuration of Linux $SERIES for a flavour of its kernels ("amd64",
# "cloud-amd64"), from the package linux-config-$SERIES of KERNEL_SUITE.  The package stays in
# $CACHE and is unpacked, never installed.
set -eu
here=$(dirname "$0")
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"

flavour=$1 suite=${KERNEL_SUITE:?set by kernels.mk}
package=linux-config-${SERIES:?set by kernels.mk} debs=$CACHE/config-$SERIES

# The directory gets its name when the package is in it.
fetch() {
	conf=$("$here/apt.sh" "$suite") || exit 1
	rm -rf "$debs.part"
	mkdir -p "$debs.part"
	(cd "$debs.part" && apt-get -c "$conf" -q download "$package") >"$CACHE/config.log" 2>&1 ||
		die "$package of $suite cannot be had ($(grep -m1 '^E:' "$CACHE/config.log")): is there a network?"
	rm -rf "$debs"
	mv "$debs.part" "$debs"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -d "$debs" ] || fetch
dpkg-deb -x "$debs/$package"_*.deb "$work" || die "$debs is damaged: remove it and try again"
config=$work/usr/src/$package/config.amd64_none_$flavour.xz
[ -f "$config" ] ||
	die "$package has no flavour $flavour: it has $(find "$work" -name 'config.amd64_none_*' | sed 's/.*none_//; s/\.xz$//' | sort | tr '\n' ' ')"
xz -dc "$config"

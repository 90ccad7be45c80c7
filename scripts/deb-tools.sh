#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# deb-tools.sh OUT
#
# Make Debian packages of the library and the commands in OUT: libiolu0, libiolu-dev, iolu.  What
# `make install-lib install-cli` installs is divided among them; `make lib cli` has built it.
set -eu
here=$(dirname "$0")
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"

out=${1:?usage: deb-tools.sh OUT}
command -v dpkg-shlibdeps >/dev/null || die "dpkg-shlibdeps is missing: install dpkg-dev"
mkdir -p "$out"
out=$(cd "$out" && pwd)
version=$(sed -n 's/^#define IOLU_VERSION[[:blank:]]*"\(.*\)"/\1/p' lib/iolu.h)
architecture=$(dpkg --print-architecture)
libdir=usr/lib/$(dpkg-architecture -q DEB_HOST_MULTIARCH)
all=$out/all

# take PACKAGE PATH...: move files from the installation to the root of the package
take() {
	to=$out/$1
	shift
	for path; do
		mkdir -p "$to/$(dirname "$path")"
		mv "$all/$path" "$to/$path"
	done
}

# depends PACKAGE FILE...: the packages of the libraries that these programs use
depends() (
	cd "$out/$1"
	shift
	mkdir -p debian
	printf 'Source: iommu-liveupdate\n\nPackage: any\nArchitecture: any\n' >debian/control
	dpkg-shlibdeps -O "$@" 2>/dev/null | sed -n 's/^shlibs:Depends=//p'
	rm -r debian
)

# control PACKAGE SECTION DEPENDS DESCRIPTION, with more lines of the description on stdin
control() {
	mkdir -p "$out/$1/DEBIAN"
	{
		printf 'Package: %s\nSource: iommu-liveupdate\nVersion: %s\n' "$1" "$version-1"
		printf 'Architecture: %s\nMaintainer: iommu-liveupdate <root@localhost>\n' "$architecture"
		printf 'Section: %s\nPriority: optional\nDepends: %s\n' "$2" "$3"
		printf 'Installed-Size: %s\n' "$(du -sk --exclude=DEBIAN "$out/$1" | cut -f 1)"
		printf 'Description: %s\n' "$4"
		sed 's/^/ /'
	} >"$out/$1/DEBIAN/control"
}

copyright() {
	mkdir -p "$out/$1/usr/share/doc/$1"
	printf '%s\nLicense: %s\n' \
		'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: the authors of iommu-liveupdate' "$2" >"$out/$1/usr/share/doc/$1/copyright"
}

# The pages of section 1 and 3 of the manual, as Debian has them
compress() {
	find "$1/usr/share/man" -type f -exec gzip -9n {} +
}

rm -rf "$all" "$out"/libiolu0 "$out"/libiolu-dev "$out"/iolu "$out"/*.deb
make -s install-lib install-cli DESTDIR="$all" PREFIX=/usr LIBDIR="/$libdir" >/dev/null
strip --strip-unneeded "$all/$libdir/libiolu.so.0" "$all"/usr/bin/*
strip --strip-debug "$all/$libdir/libiolu.a"

take libiolu0 "$libdir/libiolu.so.0"
copyright libiolu0 'LGPL-2.1-or-later or Expat'
control libiolu0 libs "$(depends libiolu0 "$libdir/libiolu.so.0")" \
	'preserve a VM with PCI devices across a kexec live update' <<'EOF'
A VMM saves the memory, the I/O page tables and the passed-through PCI devices of a VM before the
kexec and restores them in the next kernel, while the devices continue their DMA.
EOF
echo "libiolu 0 libiolu0 (>= $version)" >"$out/libiolu0/DEBIAN/shlibs"
sed '/^#/d' lib/libiolu0.symbols >"$out/libiolu0/DEBIAN/symbols"
echo 'activate-noawait ldconfig' >"$out/libiolu0/DEBIAN/triggers"

take libiolu-dev usr/include "$libdir/libiolu.a" "$libdir/libiolu.so" "$libdir/pkgconfig" \
	usr/share/man/man3 usr/share/doc/libiolu-dev
copyright libiolu-dev 'LGPL-2.1-or-later or Expat'
compress "$out/libiolu-dev"
control libiolu-dev libdevel "libiolu0 (= $version-1), zlib1g-dev" \
	'development files of libiolu' <<'EOF'
Headers, the static library, a page of the manual for each call, the guide for authors of a VMM.
EOF

find "$all" -type d -empty -delete
take iolu usr
copyright iolu GPL-2.0
compress "$out/iolu"
control iolu admin "$(depends iolu usr/bin/iolu usr/bin/iolu-cpr usr/bin/vmm-session)" \
	'check, start and observe live updates that preserve IOMMU state' <<'EOF'
The commands iolu, for the operator of a host, and iolu-cpr, which takes a VM of QEMU through an
update, with units for a host with systemd.
EOF

for package in libiolu0 libiolu-dev iolu; do
	dpkg-deb --root-owner-group --build "$out/$package" "$out" >"$out/log" || die "$(cat "$out/log")"
	rm -r "${out:?}/$package"
done
rm -rf "$all"
ls "$out"/*.deb

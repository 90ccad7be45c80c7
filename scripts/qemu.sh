#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# qemu.sh LINK
#
# Make LINK point to an emulator that is QEMU_MINIMUM or newer: the machine's own if it is
# new enough, else the one in the cache.  With a path in QEMU only that emulator is checked.
# The cache holds the binaries of Debian's suite QEMU_SUITE with all libraries that they need,
# unpacked into $CACHE/qemu, never installed, and started through their own dynamic linker.
# The suite keeps only its newest version, so none is pinned.  apt verifies the packages
# against the suite's signed index.  If the emulator is there the network is not used.
set -eu
here=$(dirname "$0")
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"

link=$1 suite=${QEMU_SUITE:-forky} minimum=${QEMU_MINIMUM:-11.1}
debs=$CACHE/qemu-debs root=$CACHE/qemu
unpacked=$root/qemu-system-x86_64

version() {
	"$1" --version 2>/dev/null | sed -n '1s/.*version \([0-9][0-9.]*\).*/\1/p'
}

# new_enough VERSION: compared by Debian's rules
new_enough() {
	[ -n "$1" ] && dpkg --compare-versions "$1" ge "$minimum"
}

# The packages, for a machine on which none is installed, so that no dependency is left out
download() {
	: >"$CACHE/qemu.status"
	apt-get -c "$1" -s --no-install-recommends -o Dir::State::status="$CACHE/qemu.status" \
		install qemu-system-x86 >"$CACHE/qemu.list" || return 1
	names=$(sed -n 's/^Inst \([^ ]*\) .*/\1/p' "$CACHE/qemu.list")
	# shellcheck disable=SC2086
	apt-get -c "$1" -q download $names
}

# The directory gets its name when all packages are in it.
fetch() {
	[ "$(dpkg --print-architecture)" = amd64 ] || die "the emulator of $suite is for amd64 machines only"
	need_space "$CACHE" 300 "the emulator"
	conf=$("$here/apt.sh" "$suite") || exit 1
	rm -rf "$debs.part"
	mkdir -p "$debs.part"
	say "fetching the emulator of $suite and its libraries (45 MB)"
	(cd "$debs.part" && download "$conf") >"$CACHE/qemu.log" 2>&1 ||
		die "the emulator of $suite cannot be fetched ($(grep -m1 '^E:' "$CACHE/qemu.log")): is there a network?"
	rm -rf "$debs"
	mv "$debs.part" "$debs"
}

# The program has no path of its own for libraries, modules and firmware.
write_program() {
	lib=$root/usr/lib/x86_64-linux-gnu
	cat >"$1/qemu-system-x86_64" <<PROGRAM
#!/bin/sh
QEMU_MODULE_DIR="$lib/qemu" exec "$lib/ld-linux-x86-64.so.2" --library-path "$lib" \\
	"$root/usr/bin/qemu-system-x86_64" -L "$root/usr/share/qemu" \\
	-L "$root/usr/share/seabios" -L "$root/usr/lib/ipxe/qemu" "\$@"
PROGRAM
	chmod +x "$1/qemu-system-x86_64"
}

unpack() {
	rm -rf "$root.part" "$root"
	mkdir -p "$root.part"
	for deb in "$debs"/*.deb; do
		dpkg-deb -x "$deb" "$root.part" || die "$deb is damaged: remove $debs and try again"
	done
	write_program "$root.part"
	mv "$root.part" "$root"
}

fill_cache() {
	[ -d "$debs" ] || fetch
	have=$(dpkg-deb -f "$debs"/qemu-system-x86_*.deb Version)
	dpkg --compare-versions "$have" ge "1:$minimum" ||
		die "$debs has QEMU $have, $minimum or newer is needed: remove it when $suite has that"
	unpack
	if ! "$unpacked" --version >"$CACHE/qemu.log" 2>&1; then
		rm -rf "$root"
		die "the emulator of $suite does not run here: $(tail -n 1 "$CACHE/qemu.log")"
	fi
	rm -rf "$debs"
	say "$("$unpacked" --version | head -n 1)"
}

if [ -n "${QEMU:-}" ]; then
	have=$(version "$QEMU")
	new_enough "$have" ||
		die "QEMU=$QEMU is ${have:-no emulator}, $minimum or newer is needed: name another one, or none to have it fetched"
	exit 0
fi
program=$(command -v qemu-system-x86_64 || :)
if ! new_enough "$(version "$program")"; then
	program=$unpacked
	new_enough "$(version "$program")" || fill_cache
fi
mkdir -p "$(dirname "$link")"
ln -sfn "$program" "$link"

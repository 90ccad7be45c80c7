#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# qemu-root.sh
#
# Provide QEMU_WANTED or newer as $CACHE/qemu/qemu-system-x86_64 on a machine whose release
# has no such emulator: the binaries of Debian's suite QEMU_SUITE with all libraries they
# need, unpacked into $CACHE/qemu, never installed, and started through their own dynamic
# linker.  No version is pinned, because the suite keeps only its newest.  apt verifies the
# packages against the suite's signed index.  With a complete $CACHE/qemu the network is not
# used.  The last line of the output is the path.
set -eu
here=$(dirname "$0")
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"

suite=${QEMU_SUITE:-forky} wanted=${QEMU_WANTED:-11.1}
debs=$CACHE/qemu-debs root=$CACHE/qemu
program=$root/qemu-system-x86_64

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

version() {
	dpkg-deb -f "$debs"/qemu-system-x86_*.deb Version
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

if [ ! -x "$program" ]; then
	[ -d "$debs" ] || fetch
	dpkg --compare-versions "$(version)" ge "1:$wanted" ||
		die "$debs has QEMU $(version), $wanted or newer is needed: remove it when $suite has that"
	unpack
	if ! "$program" --version >"$CACHE/qemu.log" 2>&1; then
		rm -rf "$root"
		die "the emulator of $suite does not run here: $(tail -n 1 "$CACHE/qemu.log")"
	fi
	rm -rf "$debs"
fi
say "$("$program" --version | head -n 1)"
echo "$program"

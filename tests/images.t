# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Each image contains the kernel of its own build.  A cache of objects can break that,
# because it does not see the compressed kernel as a source.
set -eu
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=tests/bzimage.sh
. tests/bzimage.sh

has_its_kernel() {
	boot=out/build/$1/arch/x86/boot
	unpacked "$boot/bzImage" >"$tmp/kernel"
	cmp -n "$(stat -c %s "$boot/compressed/vmlinux.bin")" "$tmp/kernel" \
		"$boot/compressed/vmlinux.bin"
}

for name in "$SERIES" "$SERIES-stock" "$SERIES-other" "$SERIES-debug" "$OLDER_SERIES"; do
	holds "the image of $name has the kernel that was built" has_its_kernel "$name"
done

# brings TEXT: an object with .incbin contains TEXT, though its source did not change
brings() {
	echo "$1" >"$tmp/brought"
	(cd "$tmp" && "$cc" -Wp,-MMD,it.d -c -o it.o it.S) || return 1
	grep -q "$1" "$tmp/it.o"
}

CACHE=$tmp/cache
mkdir "$CACHE"
# shellcheck source=scripts/kbuild.sh
. scripts/kbuild.sh
echo '.incbin "brought"' >"$tmp/it.S"
holds "the compiler brings in what is there" brings this
holds "and what is there the next time, with the same source" brings that
plan

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The packages of library and commands: built from the tarball of `make dist`, without kernel
# source and without Git, and installed by dpkg in a root of their own, where a small VMM is
# compiled against them.
set -eu
# shellcheck source=tests/tap.sh
. tests/tap.sh
PATH=$PATH:/usr/sbin:/sbin
root=$tmp/root
architecture=$(dpkg --print-architecture) lib=usr/lib/$(gcc -print-multiarch)
version=$(sed -n 's/^#define IOLU_VERSION[[:blank:]]*"\(.*\)"/\1/p' lib/iolu.h)

# Without root, a user namespace
as_root() {
	if [ "$(id -u)" -eq 0 ]; then "$@"; else unshare -r "$@"; fi
}

# Prerequisites of the kernel's tree are there
make_here() {
	make -s -o out/headers/.installed -o packages -o out/linux-"$SERIES"/.source \
		-o out/linux-"$SERIES"/.git/applied "$@"
}

holds "a tarball is made" make_here dist
mkdir "$tmp/from"
holds "and unpacked" tar -C "$tmp/from" -xzf "out/dist/iommu-liveupdate-$version.tar.gz"
from=$tmp/from/iommu-liveupdate-$version
holds "packages are made of it, without the environment of this tree" \
	env -i PATH="$PATH" make -s -j2 -C "$from" deb-tools

mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates"
: >"$root/var/lib/dpkg/status"
for name in libiolu0 libiolu-dev iolu; do
	deb=$from/out/deb-tools/${name}_$version-1_$architecture.deb
	holds "dpkg installs $name" as_root dpkg --root="$root" --log="$tmp/dpkg.log" \
		--force-depends -i "$deb"
	holds "and has it for installed" dpkg-query --admindir="$root/var/lib/dpkg" -W "$name"
done
holds "libiolu0 depends on the C library and zlib" \
	sh -c "dpkg-deb -f $from/out/deb-tools/libiolu0_*.deb Depends | grep -q 'libc6.*zlib1g'"
holds "each program has its page of the manual" \
	test -s "$root/usr/share/man/man1/iolu.1.gz" -a -s "$root/usr/share/man/man1/iolu-cpr.1.gz"
for file in share/bash-completion/completions/iolu share/bash-completion/completions/iolu-cpr \
	lib/systemd/system/vmm-session.socket lib/systemd/system/vmm-session@.service \
	share/doc/iolu/examples/vmm@.service share/doc/iolu/examples/qemu@.service bin/vmm-session; do
	[ -s "$root/usr/$file" ] || echo "$file"
done >"$tmp/found"
empty "completion and units are there" "$tmp/found"
sed -n 's/^\t\t\(iolu_[a-z_]*\);/\1/p' lib/iolu.map | sort >"$tmp/calls"
find "$root/usr/share/man/man3" -name 'iolu_*.3.gz' | sed 's|.*/||; s|\.3\.gz$||' | sort >"$tmp/pages"
holds "and each call of the library" diff "$tmp/calls" "$tmp/pages"
holds "iolu runs and says its version" sh -c "$root/usr/bin/iolu --version | grep -qx 'iolu $version'"
holds "iolu-cpr runs" sh -c "$root/usr/bin/iolu-cpr 2>&1 | grep -q '^usage: iolu-cpr'"

# The symbols that programs of this soname can rely on, with the version that brought them
nm -D --defined-only --with-symbol-versions "$root/$lib/libiolu.so.0" |
	awk '{ sub("@@", "@", $3); print $2 == "A" ? $3 "@" $3 : $3 }' | sort >"$tmp/has"
sed -n 's/^ \([^ ]*\) .*/\1/p' lib/libiolu0.symbols | sort >"$tmp/promised"
holds "libiolu0.symbols promises $(wc -l <"$tmp/promised") symbols" test "$(wc -l <"$tmp/promised")" -gt 40
holds "the library has each, with its version, and no other" diff "$tmp/promised" "$tmp/has"

cat >"$tmp/vmm.c" <<'CC'
#include <iolu.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
	struct iolu_vm *vm;
	int rc = iolu_vm_new("vm0", &vm);

	if (!rc)
		rc = iolu_vm_restore(vm);
	printf("%s: %s\n", iolu_version(), rc ? iolu_vm_reason(vm) : "restored");
	iolu_vm_free(vm);
	return strcmp(iolu_version(), IOLU_VERSION);
}
CC
PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_LIBDIR=$root/$lib/pkgconfig
PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
export PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_LIBDIR PKG_CONFIG_ALLOW_SYSTEM_CFLAGS PKG_CONFIG_ALLOW_SYSTEM_LIBS
# shellcheck disable=SC2046
holds "a VMM is compiled against it" \
	gcc -Wall -Wextra -Werror -o "$tmp/vmm" "$tmp/vmm.c" $(pkg-config --cflags --libs libiolu)
holds "and runs with it" env LD_LIBRARY_PATH="$root/$lib" "$tmp/vmm"

for name in iolu libiolu-dev libiolu0; do
	holds "dpkg takes $name away" as_root dpkg --root="$root" --log="$tmp/dpkg.log" \
		--force-depends -P "$name"
done
holds "without a rest" test ! -e "$root/usr/bin/iolu" -a ! -e "$root/$lib/libiolu.so.0"
plan

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# deb.sh TREE COPY OUT [CONFIG]
#
# Build Debian packages of the patched kernel TREE in OUT with the kernel's bindeb-pkg:
# the image with its modules, headers if it can load modules, and linux-libc-dev.  The
# configuration is CONFIG (a file, or Debian's own for a flavour of its kernels, such as
# cloud-amd64), or that of the running kernel, trimmed to the loaded modules;
# kernel/config/host.config and host-modules.config are added.  The build runs in COPY, a second tree, because
# bindeb-pkg writes packages beside the build directory.
set -eu
here=$(dirname "$0")
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"

tree=$1 out=$3 config=${4:-}
case $config in
*amd64) flavour=$config config= ;;
*) flavour= ;;
esac
[ -z "$config" ] || [ -r "$config" ] ||
	die "CONFIG=$config cannot be read: name the configuration of a kernel, or a flavour of Debian's"
"$here/copy.sh" "$tree" "$2"
tree=$(cd "$2" && pwd) build=$tree/build SEED=$1
# shellcheck source=scripts/kbuild.sh
. "$here/kbuild.sh"

# The configuration of the running kernel
running() {
	if [ -r "/boot/config-$(uname -r)" ]; then
		cat "/boot/config-$(uname -r)"
	else
		zcat /proc/config.gz 2>/dev/null ||
			die "this kernel's configuration is not in /boot: name one, make deb CONFIG=<path>"
	fi
}

# trim FILE: drop options that no loaded module needs; new options get their default.  A
# kernel without modules has nothing to trim.
trim() {
	[ -e /proc/modules ] || return 0
	mkdir -p "$build.trim"
	cp "$1" "$build.trim/.config"
	cat /proc/modules >"$build.trim/modules"
	kmake O="$build.trim" olddefconfig
	yes '' | kmake O="$build.trim" LSMOD="$build.trim/modules" localmodconfig
	cp "$build.trim/.config" "$1"
	rm -rf "$build.trim"
}

kmake() {
	make -s -C "$tree" "$@" >"$tree/config.log" 2>&1 ||
		die "the kernel cannot be configured: see $tree/config.log"
}

need_space "$tree" 3000 "a kernel with modules, and its packages,"
seed packages "$tree" "$build"
mkdir -p "$build" "$out"
if [ -n "$flavour" ]; then
	"$here/debian-config.sh" "$flavour" >"$build.base"
elif [ -n "$config" ]; then
	cat "$config" >"$build.base"
else
	running >"$build.base"
	trim "$build.base"
fi
value=m
grep -qx CONFIG_MODULES=y "$build.base" || value=y
sed "s/=m$/=$value/" kernel/config/host-modules.config >"$build.modules"
START=$build.base "$here/config.sh" "$tree" "$build" kernel/config/host.config "$build.modules"
rm -f "$out"/*.deb "$tree"/*.deb
KDEB_PKGVERSION=$(make -s -C "$tree" kernelversion)-1 KDEB_CHANGELOG_DIST=unstable \
DEB_BUILD_OPTIONS=terse nice -n 5 "$here/progress.sh" packages "$out/build.log" \
	make -C "$tree" O="$build" CC="$cc" LOCALVERSION=-liveupdate -j"${JOBS:-$(nproc)}" \
	bindeb-pkg
mv "$tree"/*.deb "$out"
rm -f "$tree"/*.changes "$tree"/*.buildinfo
ls "$out"/*.deb

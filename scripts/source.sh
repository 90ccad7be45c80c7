#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# source.sh fetch       print the path of the verified source package; download it first
#                       if it is missing
# source.sh id          print one line that identifies this source
# source.sh unpack DIR  create a pristine kernel tree in DIR, which appears when complete;
#                       with AFRESH=1 also if it is there; its build directories stay
#
# KERNEL_PACKAGE, KERNEL_VERSION and KERNEL_SHA256 pin the package (kernels.mk); version
# "newest" takes the newest of the mirror, with the checksum of its signed index.  KDIR
# names a kernel tree to copy instead of a package.  NAMES is the prefix of these variables
# in make, if it is not empty (OLDER_).  A file gets its final name only after its checksum
# was verified.
set -eu
here=$(dirname "$0")
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"

package=${KERNEL_PACKAGE:?set by kernels.mk} suite=${KERNEL_SUITE:?}
version=${KERNEL_VERSION:?} wanted=${KERNEL_SHA256:-}
series=${package#linux-source-}
use_newest=${NAMES:-KERNEL_}VERSION=newest use_kdir="${NAMES:-}KDIR=<a Linux $series tree>"

# Versions on the mirror, newest first
offered() {
	apt-cache -c "$1" madison "$package" | awk '{ print $3 }'
}

resolve_newest() {
	known=$CACHE/newest-$series
	if [ ! -s "$known" ]; then
		conf=$("$here/apt.sh" "$suite") || exit 1
		v=$(offered "$conf" | head -n 1)
		[ -n "$v" ] || die "the mirror has no $package in $suite: use $use_kdir"
		s=$(apt-cache -c "$conf" show "$package=$v" | sed -n 's/^SHA256: //p')
		mkdir -p "$CACHE"
		echo "$v $s" >"$known.part" && mv "$known.part" "$known"
		say "newest $package in $suite is $v"
	fi
	read -r version wanted <"$known"
}

download() {
	need_space "$CACHE" 400 "the kernel source package"
	conf=$("$here/apt.sh" "$suite") || exit 1
	if ! offered "$conf" | grep -qxF "$version"; then
		newest=$(offered "$conf" | head -n 1)
		die "$package $version is gone from $suite, which has ${newest:-none}: ${newest:+try $use_newest, }or $use_kdir"
	fi
	part=$CACHE/part.$$
	trap 'rm -rf "$part"' EXIT
	mkdir -p "$part"
	(cd "$part" && PROGRESS_FILE=$part "$progress" "download $package $version" \
		"$CACHE/download.log" apt-get -c "$conf" -q download "$package=$version") || exit 1
	file=$(find "$part" -name '*.deb')
	check "$file" "the mirror"
	mv "$file" "$deb"
}

# check FILE WHERE: delete a file with a wrong checksum
check() {
	sum=$(sha256 "$1")
	[ "$sum" = "$wanted" ] && return
	die "checksum mismatch: $package $version from $2 is $sum, kernels.mk wants $wanted: ${3:-do not use it; try again later, or $use_newest}"
}

fetch() {
	deb=$CACHE/${package}_${version}_all.deb
	[ -f "$deb" ] || download
	check "$deb" "$deb" "delete that file and try again"
}

unpack_package() {
	dpkg-deb --fsys-tarfile "$1" | tar -xO "./usr/src/$package.tar.xz" | tar -xJ -C "$2" --strip-components=1
}

unpack() {
	case $1 in
	/*) to=$1 ;;
	*) to=$PWD/$1 ;;
	esac
	if [ -f "$to/.source" ] && [ -z "${AFRESH:-}" ]; then
		[ "$(cat "$to/.source")" != "$(id)" ] || return 0
		die "$1 holds another source ($(cat "$to/.source")): 'make clean', or 'make tree FORCE=1' for the patched tree alone"
	fi
	need_space "$(dirname "$to")" "${NEED_MIB:-3000}" "a kernel tree and its build"
	rm -rf "$to.part"
	mkdir -p "$to.part"
	if [ -n "${KDIR:-}" ]; then
		[ "$(linux_series "$KDIR")" = "$series" ] || die "KDIR=$KDIR is no Linux $series source tree"
		[ ! -e "$KDIR/.config" ] || die "KDIR=$KDIR was built in: run 'make mrproper' there, or name a clean tree"
		"$progress" "copy $KDIR" "$to.log" rsync -a --exclude=/.git "$KDIR/" "$to.part/"
	else
		fetch
		PROGRESS_FILE=$to.part "$progress" "unpack $version" "$to.log" "$0" extract "$deb" "$to.part"
	fi
	id >"$to.part/.source"
	[ -f "$to.part/kernel/liveupdate/Kconfig" ] || die "$to.part is not a complete kernel tree: delete it and try again"
	put_in_place "$to"
	rm -f "$to.log"
}

# Over a tree of the same source only files that differ are copied, so that an object is older
# than its source if that has changed.
put_in_place() {
	if cmp -s "$1.part/.source" "$1/.source"; then
		rm "$1/.source"
		rsync -rlpc --delete --exclude='/build*' --exclude=/.source "$1.part/" "$1/"
		mv "$1.part/.source" "$1/.source"
		rm -rf "$1.part"
	else
		rm -rf "$1"
		mv "$1.part" "$1"
	fi
}

id() {
	if [ -n "${KDIR:-}" ]; then
		echo "tree $KDIR"
	else
		echo "package $package $version $wanted"
	fi
}

progress=$(cd "$here" && pwd)/progress.sh
case ${1:-} in
extract)
	unpack_package "$2" "$3"
	exit
	;;
esac
[ "$version" != newest ] || [ -n "${KDIR:-}" ] || resolve_newest
case ${1:-} in
fetch)
	fetch
	echo "$deb"
	;;
id) id ;;
unpack) unpack "$2" ;;
*) die "usage: source.sh fetch | id | unpack DIR" ;;
esac

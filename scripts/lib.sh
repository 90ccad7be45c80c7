# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# What the set-up scripts share; they source it.  An error is one line that says
# what is wrong and what to do, on standard error, and exit status 1.

CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/iommu-liveupdate}

say() {
	printf '%s\n' "$*" >&2
}

die() {
	say "error: $*"
	exit 1
}

# need_space DIR MIB WHAT: refuse to start what would fill the disk half way
need_space() {
	mkdir -p "$1" || die "cannot create $1: make it writable or set another place"
	free=$(df -Pk "$1" | awk 'NR == 2 { print int($4 / 1024) }')
	[ "$free" -ge "$2" ] ||
		die "$3 needs $2 MiB in $1, $free MiB are free: make room (make clean, ccache -C) and try again"
}

# linux_series TREE: 7.3, for the sources of any 7.3.x
linux_series() {
	sed -n 's/^VERSION = //p; s/^PATCHLEVEL = /./p' "$1/Makefile" 2>/dev/null | head -n 2 | tr -d '\n'
}

sha256() {
	sha256sum "$1" | cut -d ' ' -f 1
}

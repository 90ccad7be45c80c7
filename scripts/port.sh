#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# port.sh SERIES | TREE
#
# Report conflicts of kernel/hooks and kernel/new with another Linux: hunks that do not
# apply, files that no longer exist, new files that Linux has by now, and hunks that apply
# in another function than before.  SERIES, for example 7.4, is its newest package,
# unpacked in out/; TREE is any source, which is only read.  Interfaces that the new files
# call are left to the compiler.  Exit status 1 if there is a conflict.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"

hooks=${HOOKS:-$here/../kernel/hooks}

# The source of series $1, unpacked once
unpacked() {
	to=out/linux-$1-newest
	[ -f "$to/.source" ] || KDIR='' NAMES='' KERNEL_SHA256='' KERNEL_VERSION=newest \
		KERNEL_PACKAGE=linux-source-$1 "$here/source.sh" unpack "$to" || exit 1
	echo "$to"
}

case ${1:-} in
'') die "which Linux? 'make port KERNEL=7.4', or KDIR=<its source tree>" ;;
[0-9]*.[0-9]*) tree=$(unpacked "$1") ;;
*) tree=$1 ;;
esac
series=$(linux_series "$tree")
[ -n "$series" ] || die "$tree is no Linux source tree"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null LC_ALL=C
mkdir "$work/linux"

in_work() {
	git -C "$work/linux" -c user.name=port -c user.email=port@localhost "$@"
}

# The functions that contain the hunks of a diff, per file; their arguments may differ
places() {
	awk '/^\+\+\+ / { file = substr($2, 3) }
		file ~ /\.[ch]$/ && /^@@ / { sub(/^@@ [^@]* @@ ?/, "")
		sub(/\([^()]*\)?$/, ""); print file ": " $0 }'
}

# Apply one hook to the working copy; print a line for each conflict
apply() {
	in_work apply --reject --whitespace=nowarn "$hooks/$1" >"$work/log" 2>&1 || :
	sed -n 's/^error: patch failed: \(.*\):\([0-9]*\)$/\1: does not apply at line \2/p
		s/^error: \(.*\): No such file or directory$/\1: is not there/p' "$work/log"
	find "$work/linux" -name '*.rej' -delete
	places <"$hooks/$1" >"$work/meant"
	in_work diff --diff-algorithm=myers | places >"$work/found"
	grep -q '^error: ' "$work/log" ||
		diff "$work/meant" "$work/found" | sed -n 's/^> \(.*\)/\1: applies here, is it the place?/p'
	in_work commit -qam "$1" --allow-empty
}

series() {
	awk '{ sub(/[[:space:]]*#.*/, "") } /^[^[:space:]]/ { if (line) print line; line = $0 }
		/^[[:space:]]+[^[:space:]]/ { line = line " " $1 } END { if (line) print line }' "$hooks/series"
}

series | while read -r patch _; do sed -n 's|^--- a/||p' "$hooks/$patch"; done | sort -u >"$work/touched"
while read -r f; do
	[ ! -f "$tree/$f" ] || (cd "$tree" && cp --parents "$f" "$work/linux")
done <"$work/touched"
in_work init -q
echo '*.[ch] diff=cpp' >"$work/linux/.git/info/attributes"
in_work add -f . && in_work commit -q --allow-empty -m "Linux $series"

bad=0 all=0
series >"$work/series"
while read -r patch new; do
	apply "$patch" </dev/null >"$work/wrong"
	for f in $new; do
		[ ! -e "$tree/$f" ] || echo "$f: Linux has a file of this name"
	done >>"$work/wrong"
	all=$((all + 1)) word=ok
	[ ! -s "$work/wrong" ] || { bad=$((bad + 1)) word=mend; }
	printf '%-5s %s\n' $word "$patch"
	sed 's/^/      /' "$work/wrong"
done <"$work/series"
echo "Linux $series: $bad of $all hooks to mend"
[ "$bad" -eq 0 ]

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The kernel part by the kernel's own checkers: checkpatch on every commit of the
# branch, kernel-doc on the new headers, sparse and the additional warnings (W=1) on every
# new C file and every line that we add to those of Linux.  each.t builds with our options off.
set -eu
# shellcheck source=tests/tap.sh
. tests/tap.sh

# shellcheck source=scripts/kbuild.sh
. scripts/kbuild.sh

tree=$PWD/out/linux-$SERIES
build=$tree/build-lint

# The kernel refuses a sparse that lacks options of newer compilers.  Sparse does not know the
# length of a string constant, which MODULE_ALIAS() asserts.
kmake() {
	make -s -C "$tree" O="$build" CC="$cc" LOCALVERSION=-lint -j"$JOBS" \
		CHECK="sparse -D__typeof_unqual__=__typeof__ '-D__builtin_strlen(x)=(sizeof(x)-1)'" "$@"
}

holds "the branch is there" git -C "$tree" rev-parse refs/base refs/kept
for commit in $(git -C "$tree" rev-list --reverse refs/base..HEAD); do
	holds "checkpatch: $(git -C "$tree" show -s --format=%s "$commit")" \
		scripts/checkpatch.sh "$tree" "$commit"
done

git -C "$tree" diff --name-only --diff-filter=A refs/base HEAD >"$tmp/new"
grep '\.h$' "$tmp/new" >"$tmp/headers" || :
grep '^\(drivers\|kernel\|mm\|lib\)/.*\.c$' "$tmp/new" >"$tmp/sources" || :
while read -r h; do
	holds "kernel-doc: $h" "$tree/scripts/kernel-doc" -none -Werror "$tree/$h"
done <"$tmp/headers"

config() {
	scripts/config.sh "$tree" "$build" kernel/config/base.config kernel/config/feature.config
}

# Build all files from nothing: an up-to-date object would hide its remarks.  Files of
# Linux have remarks of their own; only those on our lines count.
git -C "$tree" diff --name-only --diff-filter=M refs/base HEAD | sed -n 's/\.c$/.o/p' |
	while read -r o; do [ ! -f "$tree/build/$o" ] || echo "$o"; done >"$tmp/hooked"
objects=$(sed 's|\.c$|.o|' "$tmp/sources"; cat "$tmp/hooked")
: >"$tmp/all"
if [ -n "$objects" ]; then
	holds "the kernel is configured with our options" config
	holds "and prepared" kmake prepare
	(cd "$build" && echo "$objects" | xargs rm -f)
	rc=0
	# shellcheck disable=SC2086
	kmake -k C=2 W=1 $objects >"$tmp/log" 2>&1 || rc=$?
	ok "$rc" "each file, new or changed, is compiled, with sparse and W=1" "$tmp/log"
	grep -h 'not available or not up to date' "$tmp/log" >"$tmp/refused" || :
	empty "the kernel takes sparse for good enough" "$tmp/refused"
	grep -E ':[0-9]+.*(warning|error):' "$tmp/log" >"$tmp/all" || :
fi
while read -r c; do
	grep -E "(^|/)$c:" "$tmp/all" >"$tmp/remarks" || :
	empty "sparse and W=1: $c" "$tmp/remarks"
done <"$tmp/sources"
if [ -s "$tmp/headers" ]; then
	grep -E "(^|/)($(paste -sd '|' "$tmp/headers")):" "$tmp/all" >"$tmp/remarks" || :
	empty "sparse and W=1: the new headers" "$tmp/remarks"
fi
git -C "$tree" diff -U0 --diff-filter=M refs/base HEAD | awk '
	/^\+\+\+ b/ { file = substr($2, 3) }
	/^@@/ { n = split(substr($3, 2), at, ","); for (i = 0; i < (n > 1 ? at[2] : 1); i++)
		print file ":" at[1] + i ":" }' >"$tmp/lines"
holds "there are lines of ours in files of Linux" test -s "$tmp/lines"
grep -F -f "$tmp/lines" "$tmp/all" >"$tmp/remarks" || :
empty "sparse and W=1: those lines" "$tmp/remarks"
plan

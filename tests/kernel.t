# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The kernel part by the kernel's own checkers: checkpatch on every commit of the
# branch, kernel-doc on the new headers, sparse and the additional warnings (W=1) on
# every new C file, and the build with our options off.
set -eu
# shellcheck source=tests/tap.sh
. tests/tap.sh

tree=$PWD/out/linux-7.3
build=$tree/build-lint
export PYTHONDONTWRITEBYTECODE=1
unset MAKEFLAGS MAKELEVEL MFLAGS

kmake() {
	make -s -C "$tree" O="$build" CC='ccache gcc' LOCALVERSION=-lint -j"$(nproc)" "$@"
}
export CCACHE_DIR="$CACHE/ccache" CCACHE_NOHASHDIR=1 KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970'

holds "the branch is there" git -C "$tree" rev-parse refs/base refs/kept
# Whoever mails the series adds the sign-off, and says who maintains the files. A Kconfig
# that sources Kconfig.liveupdate beside it names itself, as far as checkpatch can see.
for commit in $(git -C "$tree" rev-list --reverse refs/base..HEAD); do
	git -C "$tree" format-patch -q -1 --no-signature -o "$tmp/patches" "$commit" >/dev/null
	patch=$(ls "$tmp/patches"/*)
	holds "checkpatch: $(git -C "$tree" show -s --format=%s "$commit")" env -C "$tmp" \
		"$tree/scripts/checkpatch.pl" --root "$tree" --strict --terse --no-summary \
		--ignore MISSING_SIGN_OFF,FILE_PATH_CHANGES,EMBEDDED_FILENAME "$patch"
	rm "$patch"
done

git -C "$tree" diff --name-only --diff-filter=A refs/base HEAD >"$tmp/new"
grep '\.h$' "$tmp/new" >"$tmp/headers" || :
grep '^\(drivers\|kernel\|mm\|lib\)/.*\.c$' "$tmp/new" >"$tmp/sources" || :
while read -r h; do
	holds "kernel-doc: $h" "$tree/scripts/kernel-doc" -none -Werror "$tree/$h"
done <"$tmp/headers"

config() {
	scripts/config.sh "$tree" "$build" kernel/config/base.config "$@"
}
if [ -s "$tmp/sources" ]; then
	holds "the kernel is configured with our options" config kernel/config/feature.config
	holds "and prepared" kmake prepare
fi
# Headers of Linux have remarks of their own; only those in our files count
while read -r c; do
	rc=0
	kmake C=2 W=1 "${c%.c}.o" >"$tmp/log" 2>&1 || rc=$?
	grep -E "(^|/)($(paste -sd '|' "$tmp/new")):[0-9]+.*(warning|error):" "$tmp/log" >"$tmp/remarks" && rc=1
	[ "$rc" -eq 0 ] || [ -s "$tmp/remarks" ] || cp "$tmp/log" "$tmp/remarks"
	ok $rc "sparse and W=1: $c" "$tmp/remarks"
done <"$tmp/sources"

# Off: what the hooks call must vanish, in the very files that they change
if [ -s "$tmp/sources" ]; then
	holds "the kernel is configured without our options" config
	git -C "$tree" diff --name-only --diff-filter=M refs/base HEAD | sed -n 's/\.c$/.o/p' |
		while read -r o; do [ ! -f "$tree/build/$o" ] || echo "$o"; done >"$tmp/objects"
	# shellcheck disable=SC2046
	holds "every file of Linux that we change builds without a warning then" \
		kmake W=e $(cat "$tmp/objects")
fi
plan

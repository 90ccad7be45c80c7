# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Rules for every file of this repository that no compiler enforces.
set -eu
# shellcheck source=tests/tap.sh
. tests/tap.sh

if git rev-parse -q --verify HEAD >/dev/null 2>&1; then
	git ls-files >"$tmp/files"
else
	find . -path ./out -prune -o -path ./.git -prune -o -type f -print | sed 's|^\./||' >"$tmp/files"
fi
grep -E '\.(sh|t)$|^\.ci/run$' "$tmp/files" >"$tmp/scripts"
grep -E '\.[ch]$' "$tmp/files" >"$tmp/c"
grep -vE '^(COPYING|LICENSES/.*|README\.md|CONTRIBUTING\.md|docs/.*|.*\.patch|\.gitignore|.*\.(svg|png))$' "$tmp/files" >"$tmp/own"

# lines_over LIMIT: the files of standard input that are longer
lines_over() {
	xargs -r wc -l | awk -v limit="$1" '$2 != "total" && $1 > limit'
}

holds "there are scripts and C files to look at" test -s "$tmp/scripts" -a -s "$tmp/c"
# shellcheck disable=SC2046
holds "shellcheck has no remark" shellcheck -x $(cat "$tmp/scripts")
xargs grep -L 'SPDX-License-Identifier: ' <"$tmp/own" >"$tmp/found" || :
empty "every file names its licence" "$tmp/found"
lines_over 150 <"$tmp/scripts" >"$tmp/found"
empty "no script is longer than 150 lines" "$tmp/found"
lines_over 400 <"$tmp/c" >"$tmp/found"
empty "no C file is longer than 400 lines" "$tmp/found"
xargs grep -nE '.[[:blank:]]+$' <"$tmp/own" >"$tmp/found" || :
empty "no line ends in blanks" "$tmp/found"
xargs grep -nwE 'TO''DO|FIX''ME|XX''X' <"$tmp/files" >"$tmp/found" || :
empty "nothing is left to be done" "$tmp/found"
xargs grep -nE '(/ro''ot/|/wo''rk/|/ho''me/)' <"$tmp/files" >"$tmp/found" || :
empty "no path of somebody's machine" "$tmp/found"
grep -hoE '^make [a-z]+' README.md 2>/dev/null | sort -u | while read -r _ target; do
	grep -qE "^([a-z -]+ )?$target( [a-z -]+)?:" Makefile || echo "make $target"
done >"$tmp/found"
empty "README names no target that does not exist" "$tmp/found"
make -s help >"$tmp/help"
for target in run check shell kernel stock vm bench tree save lint stat packages clean distclean; do
	grep -q "\\b$target\\b" "$tmp/help" || echo "$target"
done >"$tmp/found"
empty "help explains every target" "$tmp/found"
# 60 until devices with ATS and virtual functions were preserved, 63 until PASIDs were
holds "hooks add no more than 68 branches to functions of Linux" \
	test "$(scripts/stat.sh branches)" -le 68
plan

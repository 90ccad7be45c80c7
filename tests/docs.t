# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Files, functions and tests that docs/review.md and docs/testing.md name exist, and
# statements of review.md about all of our kernel files are true.
set -eu
# shellcheck source=tests/tap.sh
. tests/tap.sh

# words FILE: the texts between backticks, a line each
words() {
	tr '\n' ' ' <"$1" | awk -F'`' '{ for (i = 2; i <= NF; i += 2) print $i }' | sort -u
}

# in_code WORD...: as a whole word, in files that are built or run
in_code() {
	grep -rqwF -e "$1" kernel vm lib cli cpr examples tests scripts Makefile
}

# is_file NAME: here, or in Linux; a pattern must match a file
is_file() {
	name=$1
	for f in "$name" "docs/$name" "kernel/new/$name" "out/linux-$SERIES-stock/$name"; do
		# shellcheck disable=SC2086
		set -- $f
		if [ -e "$1" ]; then return; fi
	done
	find kernel/new vm cli examples -name "$name" | grep -q .
}

# exists WORD: as the kind of thing that its form suggests
exists() {
	case $1 in
	'make '*) for w in ${1#make }; do
		case $w in
		*=*) in_code "${w%%=*}" ;;
		*) grep -qE "^([a-z -]+ )?$w( [a-z -]+)?:" Makefile ;;
		esac || return 1
	done ;;
	'struct '*) grep -rqE "^$1( {|;)" kernel/new ;;
	'iolu '*)
		# shellcheck disable=SC2086
		set -- $1
		[ -f "cli/verbs/$2.c" ] && { [ -z "${3:-}" ] || in_code "${3#--}"; }
		;;
	out/*' '*) is_file "${1##* }" || [ "${1##*/}" = NAME.c ] ;;
	/*) in_code "${1##*/}" ;;
	out/*) in_code "${1%/NAME}" ;;
	*/*.* | *.[cht] | *.md) is_file "$1" ;;
	*'()') grep -rqE "\\b${1%??}\\(" kernel ;;
	*) [ -f "vm/scenarios/$1.c" ] || is_file "vm/scenarios/$1.c" || in_code "$1" ;;
	esac
}

for doc in docs/review.md docs/testing.md; do
	words "$doc" >"$tmp/words"
	while read -r word; do
		exists "$word" || echo "$word"
	done <"$tmp/words" >"$tmp/found"
	holds "$doc names $(wc -l <"$tmp/words") things" [ "$(wc -l <"$tmp/words")" -gt 50 ]
	empty "and each exists" "$tmp/found"
done

# shellcheck disable=SC2016
sed -n '/^## How to add an IOMMU driver/,/^## /s/^| [0-9]* | `\([^`]*\)`.*/\1/p' CONTRIBUTING.md >"$tmp/edit"
while read -r f; do
	[ -e "$f" ] || echo "$f"
done <"$tmp/edit" >"$tmp/found"
holds "a new IOMMU driver edits $(wc -l <"$tmp/edit") files, 15 at most" \
	[ "$(wc -l <"$tmp/edit")" -gt 5 -a "$(wc -l <"$tmp/edit")" -le 15 ]
empty "each of which exists" "$tmp/found"

scripts/testing-table.sh >"$tmp/generated"
sed -n '/testing-table.sh: begin -->/,/testing-table.sh: end -->/p' docs/testing.md | sed '1d;$d' >"$tmp/part"
holds "docs/testing.md has the tables of the scenarios" diff "$tmp/part" "$tmp/generated"
for f in vm/scenarios/*.c; do
	grep -q '^ \* promise: ' "$f" || echo "$f"
done >"$tmp/found"
empty "each scenario names its promise" "$tmp/found"
LC_ALL=C.UTF-8 grep -nE '^.{121,}' README.md CONTRIBUTING.md docs/*.md | cut -c 1-80 >"$tmp/found" || :
empty "no line of a document is longer than 120 columns" "$tmp/found"

find kernel/new -name '*.[ch]' >"$tmp/files"
holds "there are kernel files" test -s "$tmp/files"
xargs grep -nE '\b(BUG|BUG_ON|VM_BUG_ON|panic|WARN(_ON)?(_ONCE)?)\(' <"$tmp/files" >"$tmp/found" || :
empty "none of them panics or warns" "$tmp/found"
xargs grep -nE '"[^"]*%(p[^e]|p$|ll?x)[^"]*"' <"$tmp/files" | grep -v sscanf >"$tmp/found" || :
empty "nor prints an address" "$tmp/found"
plan

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The table of refusals: each row is whole and is said once, the kernel's log and docs/refusals.md
# have its sentences, the library or the command the rows that the kernel does not log.
set -eu
# shellcheck source=tests/tap.sh
. tests/tap.sh

table=refusals/refusals.def

# rows MACRO: id, errno and sentence of each, between bars
rows() {
	for macro in REFUSAL REFUSAL_SILENT; do
		echo "#define $macro(id, error, sentence, remedy)" \
			"$([ "$macro" != "$1" ] || echo '|id|error|sentence|remedy|')"
	done >"$tmp/rows.c"
	echo "#include \"$PWD/$table\"" >>"$tmp/rows.c"
	gcc -E -P "$tmp/rows.c" |
		sed -n 's/^ *|\([A-Z0-9_]*\)|-*\([A-Z0-9]*\)|"\(.*\)"|"\(.*\)"|.*/\1|\2|\3|\4/p'
}

# The kernel's files, a line each, with neighbouring parts of a string joined
one_line() {
	find kernel/new -name '*.[ch]' ! -path '*/tools/*' | while read -r file; do
		tr -s '\n\t ' '   ' <"$file" | sed 's/" "//g'
		echo
	done
}

rows REFUSAL >"$tmp/logged"
rows REFUSAL_SILENT >"$tmp/silent"
cat "$tmp/logged" "$tmp/silent" >"$tmp/rows"
n=$(grep -cE '^REFUSAL(_SILENT)?\(' "$table")
holds "the table has $n rows, each whole" test "$n" -gt 40 -a "$n" -eq "$(wc -l <"$tmp/rows")"
cut -d'|' -f1 "$tmp/rows" | sort | uniq -d >"$tmp/found"
empty "no id is there twice" "$tmp/found"
cut -d'|' -f3 "$tmp/rows" | sort | uniq -d >"$tmp/found"
empty "no sentence either: one cause is one row" "$tmp/found"
awk -F'|' '$3 ~ /[.%]$|%[a-z]/ || $4 !~ /^[A-Z].*\.$/ || $4 ~ /[.!?] [A-Z]/' "$tmp/rows" >"$tmp/found"
empty "a sentence fits behind a colon, a remedy is one sentence" "$tmp/found"
cut -d'|' -f2 "$tmp/rows" | sort -u | while read -r error; do
	printf '#include <errno.h>\n#ifndef %s\n#error\n#endif\n' "$error" | gcc -fsyntax-only -xc - \
		2>/dev/null || echo "$error"
done >"$tmp/found"
empty "each errno is one" "$tmp/found"

one_line >"$tmp/kernel"
while IFS='|' read -r id _ sentence _; do
	grep -qF -e "\"$sentence\"" -e ": $sentence\\n\"" "$tmp/kernel" || echo "$id: $sentence"
done <"$tmp/logged" >"$tmp/found"
empty "the kernel says each row that it logs" "$tmp/found"
# Pairs of an errno and a sentence that stand side by side
grep -oE -e '-E[A-Z0-9]+, "[^"]*"' "$tmp/kernel" | sed 's/^-\(.*\), "\(.*\)"$/|\1|\2|/' >"$tmp/pairs"
while IFS='|' read -r id error sentence _; do
	grep -F -e "|$sentence|" "$tmp/pairs" | grep -vF -e "|$error|" | sed "s/^/$id: /" || :
done <"$tmp/logged" >"$tmp/found"
empty "the kernel gives each sentence with the errno of its row" "$tmp/found"
cut -d'|' -f3 "$tmp/logged" >"$tmp/sentences"
{
	grep -oE '_refuse[a-z_]*\([^;{]*"[^"%]*"\)' "$tmp/kernel" | sed 's/.*"\(.*\)")$/\1/'
	grep -oE '"[^"]*not (preserved|frozen|retrieved|adopted): [a-zA-Z][^"%]*"' "$tmp/kernel" |
		sed 's/.*: //; s/\\n"$//'
} | grep -v '^$' >"$tmp/said"
holds "its code has $(wc -l <"$tmp/said") refusals" test "$(wc -l <"$tmp/said")" -gt 20
grep -vxFf "$tmp/sentences" "$tmp/said" >"$tmp/found" || :
empty "and none that the table does not have" "$tmp/found"

scripts/refusals.sh >"$tmp/page"
holds "docs/refusals.md is what make refusals prints" diff docs/refusals.md "$tmp/page"
while IFS='|' read -r id error sentence remedy; do
	grep -qF -e "- \`$error\` **$sentence**" "$tmp/page" && grep -qxF -e "  $remedy" "$tmp/page" ||
		echo "$id"
done <"$tmp/rows" >"$tmp/found"
empty "and lists each row" "$tmp/found"
cut -d'|' -f1 "$tmp/silent" | while read -r id; do
	grep -rqwE "(REFUSED_)?$id" lib/*.c cli || echo "$id"
done >"$tmp/found"
empty "the library or the command uses each row that the kernel does not log" "$tmp/found"
plan

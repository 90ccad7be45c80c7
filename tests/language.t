# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Plain words: texts name their subject (CONTRIBUTING.md).  Counts words that stand for
# an unnamed subject or belong to no glossary, and "what" per 1,000 words.
set -eu
# shellcheck source=tests/tap.sh
. tests/tap.sh

# comments FILE...: of C, words only
comments() {
	awk '
	FNR == 1 { inside = 0 }
	{
		line = $0
		out = ""
		while (line != "") {
			if (inside) {
				at = index(line, "*/")
				out = out " " (at ? substr(line, 1, at - 1) : line)
				line = at ? substr(line, at + 2) : ""
				inside = !at
			} else {
				at = index(line, "/*")
				slash = index(line, "//")
				if (slash && (!at || slash < at)) {
					out = out " " substr(line, slash + 2)
					line = ""
				} else {
					line = at ? substr(line, at + 2) : ""
					inside = at > 0
				}
			}
		}
		print out
	}' "$@"
}

# rate FACT LIMIT FILE: "what" and "whatever" in it, per 1,000 words
rate() {
	words=$(grep -oE "[A-Za-z']+" "$3" | wc -l)
	whats=$(grep -oiwE 'what(ever)?' "$3" | wc -l)
	holds "$1: $whats \"what\" in $words words" test $((whats * 1000)) -le $((words * $2))
}

find README.md CONTRIBUTING.md docs -name '*.md' >"$tmp/docs"
find kernel/new -name '*.[ch]' >"$tmp/c"
find kernel/new -name '*.rst' -o -path '*/ABI/*' -type f >"$tmp/rst"
holds "there are texts to look at" test -s "$tmp/docs" -a -s "$tmp/c"

dialect='\b(whoever|nobody|somebody|given up|goes on|told|met)\b'
grep -rniE "$dialect" kernel/new lib cli README.md docs >"$tmp/found" || :
rc=0
[ "$(wc -l <"$tmp/found")" -le 30 ] || rc=1
cut -d: -f1 "$tmp/found" | sort | uniq -c | sort -rn >"$tmp/worst"
ok $rc "at most 30 lines have a word without a subject ($(wc -l <"$tmp/found"))" "$tmp/worst"

xargs cat <"$tmp/docs" >"$tmp/text"
rate "documents" 2 "$tmp/text"
# shellcheck disable=SC2046
{ comments $(cat "$tmp/c"); xargs -r sed '/^What:/d' <"$tmp/rst"; } >"$tmp/text"
rate "comments of kernel/new" 2 "$tmp/text"
cat "$tmp/docs" "$tmp/c" "$tmp/rst" | while read -r f; do
	n=$(case $f in *.[ch]) comments "$f" ;; *) sed '/^What:/d' "$f" ;; esac | grep -oiwE 'what(ever)?' | wc -l)
	[ "$n" -lt 3 ] || echo "# $n $f"
done | sort -k2 -rn | head -n 20
plan

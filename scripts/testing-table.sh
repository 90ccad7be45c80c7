#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# testing-table.sh [write]
#
# Print the generated part of docs/testing.md, or replace it there: which scenario
# proves which promise, and how each rule was seen red.  Both come from the comment at
# the head of each scenario:
#
#	promise: 1, 6                   numbers of docs/design.md section 1, or topics (below)
#	red when: RULE: EFFECT          the rule that a special kernel lacks, the failure
#
# A value may continue on the next lines, indented by at least two blanks after the star;
# RULE ends at the first colon that a blank follows.
set -eu
cd "$(dirname "$0")/.."

doc=docs/testing.md
begin='<!-- scripts/testing-table.sh: begin -->'
end='<!-- scripts/testing-table.sh: end -->'

# fields: SCENARIO TAB KEY TAB VALUE, a line each
fields() {
	awk '
	function flush() {
		if (key) print name "\t" key "\t" value
		key = ""
	}
	FNR == 1 { name = FILENAME; gsub(/.*\/|\.c$/, "", name); head = 1 }
	!head { next }
	{
		line = $0
		last = sub(/[ \t]*\*\/.*/, "", line)
		if (line ~ /^ \* (promise|red when): /) {
			flush()
			key = line
			sub(/^ \* /, "", key)
			value = key
			sub(/:.*/, "", key)
			sub(/^[a-z ]*: */, "", value)
		} else if (key && line ~ /^ \*   *[^ ]/) {
			sub(/^ \* +/, "", line)
			value = value " " line
		} else {
			flush()
		}
		if (last) { flush(); head = 0 }
	}' vm/scenarios/*.c
}

# promises: NUMBER TAB TITLE, from the design
promises() {
	sed -n 's/^\([0-9]*\)\. \*\*\([^*]*\)\.\*\*.*/\1\t\2/p' docs/design.md | head -n 10
}

# topics: WORD TAB TITLE, of what is no promise by itself
topics() {
	printf '%s\t%s\n' \
		waiting 'a device that waits for its VMM' \
		ordinary 'after adoption' \
		interface 'interfaces of userspace' \
		library 'libiolu' \
		command 'iolu' \
		systemd 'under systemd' \
		vm 'a real VM' \
		mismatch 'kernels that do not fit' \
		kernel "the kernel's own tests" \
		control 'controls: they pass when frames are lost'
}

# wrap: no line over 120 columns; what continues an item is indented like its text
wrap() {
	awk '{
		indent = /^- / ? "  " : ""
		n = split($0, word, " ")
		line = word[1]
		for (i = 2; i <= n; i++)
			if (length(line " " word[i]) > 118) {
				print line
				line = indent word[i]
			} else {
				line = line " " word[i]
			}
		print line
	}'
}

generate() {
	all=$(mktemp)
	fields >"$all"
	printf '\n## The promises and their scenarios\n\n'
	{ promises; topics; } | awk -F'\t' '
	FNR == NR {
		if ($2 == "promise") {
			n = split($3, which, /, */)
			for (i = 1; i <= n; i++)
				of[which[i]] = of[which[i]] (of[which[i]] ? ", " : "") "`" $1 "`"
		}
		next
	}
	{
		sub(/^[0-9]/, "Promise &", $1)
		key = $1
		sub(/^Promise /, "", key)
		print "- **" ($1 ~ /^Promise/ ? $1 ", " : "") $2 "**: " (of[key] ? of[key] : "no scenario")
	}' "$all" - | wrap
	printf '\n## Seen red\n\n'
	printf '%s\n\n' 'In each line: the rule that was taken out of a kernel built for the purpose, and the failure.'
	awk -F'\t' '$2 == "red when" {
		colon = index($3, ": ")
		print "- `" $1 "`: " substr($3, 1, colon) " *" substr($3, colon + 2) "*"
	}' "$all" | wrap
	rm -f "$all"
	echo
}

case ${1:-} in
write)
	generate >"$doc.part"
	awk -v begin="$begin" -v end="$end" -v part="$doc.part" '
	$0 == end { skip = 0 }
	!skip { print }
	$0 == begin { skip = 1; while ((getline line < part) > 0) print line }' "$doc" >"$doc.new"
	mv "$doc.new" "$doc"
	rm -f "$doc.part"
	;;
*) generate ;;
esac

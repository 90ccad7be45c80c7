#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# stat.sh           lines of the new kernel files; per file of Linux the lines that the hooks
#                   add and remove and the branches that they add to functions of Linux
# stat.sh branches  only the number of these branches
#
# A branch is a word or an operator that makes the flow depend on a condition: if, while,
# for, switch, case, ?, && and ||. Functions that a hook adds whole do not count, nor do
# comments, Kconfig files, Makefiles and the uAPI.
set -eu
cd "$(dirname "$0")/.."

hooks() {
	find kernel/hooks -name '*.patch' ! -name '*test-only*' -exec cat {} + | awk '
	function branches(text,    n) {
		gsub(/"([^"\\]|\\.)*"/, "", text)
		gsub(/\/\*.*\*\//, "", text)
		if (text ~ /^[ \t]*(\*|\/\*|#)/)
			return 0
		gsub(/(^|[^A-Za-z0-9_])(if|while|for|switch|case)($|[^A-Za-z0-9_])/, " \001 ", text)
		gsub(/&&|\|\||\?/, "\001", text)
		return gsub(/\001/, "", text)
	}
	function count(sign, text,    n) {
		if (file !~ /\.[ch]$/ || file ~ /\/uapi\//)
			return
		n = sign * branches(text)
		br[file] += n; all += n
	}
	/^--- a\// { file = substr($2, 3); own = 0; next }
	/^\+\+\+ / || /^---/ || /^-- / { next }
	/^From [0-9a-f]* Mon Sep/ { file = ""; next }
	/^@@/ { own = 0 }
	file && /^-/ { del[file]++; minus++; count(-1, substr($0, 2)) }
	file && /^ ./ { own = 0 }
	file && /^\+/ {
		add[file]++; plus++
		text = substr($0, 2)
		# A function that begins in an added line is not of Linux, until it ends
		if (text ~ /^[a-z].*\(/ && text !~ /;$/) own = 1
		if (!own)
			count(1, text)
		if (text == "}") own = 0
	}
	END {
		if (only == "branches") { print all + 0; exit }
		for (f in add) seen[f]; for (f in del) seen[f]
		for (f in seen) printf "%5d %5d %5d  %s\n", add[f], del[f], br[f], f | "sort -k4"
		close("sort -k4")
		printf "%5d %5d %5d  total\n", plus, minus, all
	}' only="${1:-}"
}

[ "${1:-}" != branches ] || {
	hooks branches
	exit
}
echo "new files:"
find kernel/new -type f | sort | xargs -r wc -l | sed 's|kernel/new/||'
echo "hooks (lines added, lines removed, branches added to functions of Linux):"
hooks

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# stat.sh: lines of the new kernel files, and what the hooks add to and take from
# each file of Linux.
set -eu
cd "$(dirname "$0")/.."

echo "new files:"
find kernel/new -type f | sort | xargs -r wc -l | sed 's|kernel/new/||'
echo "hooks (added, removed):"
cat kernel/hooks/*.patch /dev/null 2>/dev/null | awk '
	/^--- a\// { file = substr($2, 3); next }
	/^\+\+\+ / || /^---/ || /^-- / { next }
	/^From [0-9a-f]* Mon Sep/ { file = ""; next }
	file && /^\+/ { add[file]++; plus++ }
	file && /^-/ { del[file]++; minus++ }
	END {
		for (f in add) seen[f]; for (f in del) seen[f]
		for (f in seen) printf "%5d %5d  %s\n", add[f], del[f], f | "sort -k3"
		close("sort -k3")
		printf "%5d %5d  total\n", plus, minus
	}'

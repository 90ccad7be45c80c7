#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Print docs/refusals.md, made from refusals/refusals.def: a chapter for each comment that
# heads rows of the table.
set -eu

cat <<'MD'
# Refusals

Every reason for which a live update refuses an object, with the errno and the remedy. `make refusals` makes this page
from `refusals/refusals.def`. The kernel logs each refusal once, rate-limited:

    <device or object>: not preserved: <reason>

or `not frozen`, `not retrieved`, `not adopted`, `not attached`. A reason that is *not logged* has no line: Linux
returns the errno without a message, or libiolu or `iolu` finds the cause.
MD
awk '
function text(line) {
	sub(/^[^"]*"/, "", line)
	sub(/"[,)]*$/, "", line)
	return line
}
/^\/\* .* \*\/$/ && !/SPDX/ {
	sub(/^\/\* /, "")
	sub(/ \*\/$/, "")
	printf "\n## %s%s\n\n", toupper(substr($0, 1, 1)), substr($0, 2)
}
/^REFUSAL(_SILENT)?\(/ {
	silent = /^REFUSAL_SILENT/ ? " (not logged)" : ""
	split($0, field, /[(,] */)
	getline sentence
	getline remedy
	printf "- `%s` **%s**%s:\n  %s\n", field[3], text(sentence), silent, text(remedy)
}' "${1:-refusals/refusals.def}"

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Facts about what iolu prints. Tests source this through cli/t/host.sh.

# shellcheck source=tests/tap.sh
. tests/tap.sh
iolu=out/cli/iolu

# answers FACT CODE WORDS ARGUMENT...: iolu ends with that code and prints the words
answers() {
	fact=$1 code=$2 words=$3
	shift 3
	rc=0
	"$iolu" "$@" >"$tmp/output" 2>&1 || rc=$?
	if [ $rc -eq "$code" ] && grep -qF -- "$words" "$tmp/output"; then rc=0; else rc=1; fi
	ok $rc "$fact" "$tmp/output"
}

# row ID FIELD: a field of a row of the table of refusals: 1 the sentence, 2 the remedy
row() {
	awk -v id="$1" -v field="$2" '$0 ~ "^REFUSAL(_SILENT)?\\(" id "," { at = NR }
		at && NR == at + field { gsub(/^\t"|"[,)]$/, ""); print }' refusals/refusals.def
}

# refuses FACT ID DETAIL ARGUMENT...: iolu says no in the words of the table, with the detail
refuses() {
	fact=$1 id=$2 detail=$3
	shift 3
	rc=0
	"$iolu" "$@" >"$tmp/output" 2>&1 || rc=$?
	if [ $rc -eq 1 ] && grep -qF -- "  $(row "$id" 1)${detail:+ ($detail)}" "$tmp/output" &&
		grep -qF -- "-> $(row "$id" 2)" "$tmp/output"; then rc=0; else rc=1; fi
	ok $rc "$fact" "$tmp/output"
}

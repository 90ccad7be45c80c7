# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# TAP for tests in shell, which source this.  Facts are sentences.  The plan comes last, so
# that a test which ends early has no plan and fails.

count=0
failed=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# The Linux versions of this tree: the series and the older one
SERIES=$(sed -n 's/^SERIES *:= *//p' kernels.mk)
OLDER_SERIES=$(sed -n 's/^OLDER_SERIES *:= *//p' kernels.mk)
export SERIES OLDER_SERIES

# ok RC FACT [FILE]: FILE is shown when the fact does not hold
ok() {
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
		return
	fi
	failed=$((failed + 1))
	echo "not ok $count - $2"
	[ -z "${3:-}" ] || head -n 20 "$3" | sed 's/^/# /'
}

# holds FACT COMMAND...: the command succeeds
holds() {
	fact=$1
	shift
	rc=0
	"$@" >"$tmp/output" 2>&1 || rc=$?
	ok $rc "$fact" "$tmp/output"
}

# refuses FACT WORDS COMMAND...: the command fails with one error line that contains WORDS
refuses() {
	fact=$1 words=$2
	shift 2
	rc=0
	"$@" >"$tmp/output" 2>&1 && rc=1
	[ "$(grep -c '^error: ' "$tmp/output")" -eq 1 ] || rc=1
	grep '^error: ' "$tmp/output" | grep -qF -- "$words" || rc=1
	ok $rc "$fact" "$tmp/output"
}

# empty FACT FILE: FILE, a list of faults, is empty
empty() {
	rc=0
	[ ! -s "$2" ] || rc=1
	ok $rc "$1" "$2"
}

plan() {
	echo "1..$count"
	[ "$failed" -eq 0 ]
}

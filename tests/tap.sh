# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# TAP for tests in shell, which source this: facts are sentences, the plan comes
# last, and a test that ends early has no plan and so fails.

count=0
failed=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# The Linux versions that this tree is for: the series and the one before it
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

# refuses FACT WORDS COMMAND...: it fails with one line of error that has the words
refuses() {
	fact=$1 words=$2
	shift 2
	rc=0
	"$@" >"$tmp/output" 2>&1 && rc=1
	[ "$(grep -c '^error: ' "$tmp/output")" -eq 1 ] || rc=1
	grep '^error: ' "$tmp/output" | grep -qF -- "$words" || rc=1
	ok $rc "$fact" "$tmp/output"
}

# empty FACT FILE: nothing was found
empty() {
	rc=0
	[ ! -s "$2" ] || rc=1
	ok $rc "$1" "$2"
}

plan() {
	echo "1..$count"
	[ "$failed" -eq 0 ]
}

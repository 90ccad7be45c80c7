# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# iolu-cpr without QEMU: its arguments, and its parser of QEMU's CPR state, under
# AddressSanitizer and UBSan. The update itself is vm/scenarios/qemu_lives_on.c.
set -eu
# shellcheck source=tests/tap.sh
. tests/tap.sh

cpr=out/cli/iolu-cpr
seed=${SEED:-$(date +%s)}

says() {
	fact=$1 code=$2 words=$3
	shift 3
	rc=0
	env "$@" >"$tmp/output" 2>&1 || rc=$?
	[ $rc -eq "$code" ] && grep -qF -- "$words" "$tmp/output" && rc=0 || rc=1
	ok $rc "$fact" "$tmp/output"
}

says "without arguments it says what there is" 2 "usage: iolu-cpr save NAME" $cpr
says "without QEMU's command line too" 2 "usage: iolu-cpr save NAME" $cpr save vm0 /nowhere
says "save is refused outside of QEMU" 1 "is not set: save is run by QEMU" $cpr save vm0 /nowhere true
printf 'QCPR\0\0\0\2\0' >"$tmp/state"
says "a state of another version is refused, and QEMU continues" 0 "its magic number or version" \
	QEMU_CPR_EXEC_STATE=9 sh -c "exec $cpr save vm0 /nowhere echo 9<$tmp/state"
says "with the state that it left" 0 "-incoming file:/nowhere" \
	QEMU_CPR_EXEC_STATE=9 sh -c "exec $cpr save vm0 /nowhere echo 9<$tmp/state"
says "restore without a session starts QEMU as it is" 0 "a VM" $cpr restore vm0 echo a VM

holds "the parser's test is built" gcc -O1 -g -std=gnu11 -Wall -Wextra -Werror -Icpr -Ilib \
	-fsanitize=address,undefined -fno-sanitize-recover=all -o "$tmp/state_test" \
	cpr/t/state.c cpr/state.c
echo "# seed $seed"
holds "the parser's test holds" "$tmp/state_test" "$seed" 200000
sed 's/^/# /' "$tmp/output"
plan

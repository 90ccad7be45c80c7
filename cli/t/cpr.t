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
says "and when it is asked" 0 "usage: iolu-cpr save NAME" $cpr --help
completes() {
	bash -c '. cpr/iolu-cpr.bash; COMP_WORDS=(iolu-cpr "$1"); COMP_CWORD=1
		_iolu_cpr; echo "${COMPREPLY[*]}"' - "$1" | grep -qx "$2"
}
holds "bash completes its verbs" completes re restore
says "without QEMU's command line too" 2 "usage: iolu-cpr save NAME" $cpr save vm0 /nowhere
says "save is refused outside of QEMU" 1 "is not set: save is run by QEMU" $cpr save vm0 /nowhere true
printf 'QCPR\0\0\0\2\0' >"$tmp/state"
says "a state of another version is refused, and QEMU continues" 0 "the CPR state is not as QEMU 11.1 writes it: its magic number or version" \
	QEMU_CPR_EXEC_STATE=9 sh -c "exec $cpr save vm0 /nowhere echo 9<$tmp/state"
says "with the state that it left" 0 "-incoming file:/nowhere" \
	QEMU_CPR_EXEC_STATE=9 sh -c "exec $cpr save vm0 /nowhere echo 9<$tmp/state"
says "with a monitor for the process beside it" 0 "monitor-qmp,id=iolu-cpr" \
	QEMU_CPR_EXEC_STATE=9 sh -c "exec $cpr save vm0 /nowhere echo 9<$tmp/state"
says "restore without a session and without QEMU says so" 1 \
	'there is no VM "vm0" to restore, and no command of QEMU' $cpr restore vm0
says "a program that does not exist is found before anything is restored" 1 \
	'there is no program "/nowhere": nothing was restored' $cpr restore vm0 /nowhere
says "so is one that is in no directory of PATH" 1 'there is no program "no-qemu"' \
	$cpr restore vm0 no-qemu
says "restore without a session starts QEMU as it is" 0 "a VM" $cpr restore vm0 echo a VM

# refuses FACT WORDS NAME FILE: a state with a descriptor of that NAME, which is FILE
refuses() {
	{
		printf 'QCPR\0\0\0\1\1\0\0\0'
		# shellcheck disable=SC2059
		printf "\\$(printf %03o $((${#3} + 1)))"
		printf '%s\0\0\0\0\0\0\0\0\10\0' "$3"
	} >"$tmp/other"
	says "$1" 0 "$2" QEMU_CPR_EXEC_STATE=9 \
		sh -c "exec $cpr save vm0 /nowhere echo 8<$4 9<$tmp/other"
}
printf 'QCPR\0\0\0\1\0\5\25CprState/vfio devices\0\0\0\1\0' >"$tmp/none"
says "a VM without a device is refused if a restore could not be repeated" 0 \
	"the VM has no device, and a restore that fails would lose its memory" \
	QEMU_CPR_EXEC_STATE=9 sh -c "exec $cpr save vm0 $tmp/none echo 9<$tmp/none"
refuses "a descriptor of another kind is refused" \
	"QEMU's descriptor \"tap0\" is neither memory, eventfd, iommufd nor vfio device" tap0 /dev/null
refuses "so is VFIO's older container" \
	"QEMU's descriptor \"vfio_container_for_group\" is not of iommufd" vfio_container_for_group /dev/null
# A file is an iommufd by its name
mkdir "$tmp/iommu"
refuses "so is an iommufd without a device" \
	"QEMU has an iommufd, but no device: leave out -object iommufd" iommufd0 "$tmp/iommu"

# soon COMMAND...: it succeeds at last
soon() {
	for _ in $(seq 100); do
		if "$@"; then return; fi
		sleep 0.2
	done
	return 1
}

# waits WORDS: some time soon the log has them
waits() {
	soon grep -q "$1" "$tmp/log"
}

# waits_for_signals PID: a child of it has the mask that is set before, so no signal ends it
waits_for_signals() {
	read -r children <"/proc/$1/task/$1/children" || :
	for child in $children; do
		mask=0x0$(sed -n 's/^SigBlk:[[:space:]]*//p' "/proc/$child/status")
		if [ $((mask & 0x800)) -ne 0 ]; then return; fi
	done
	return 1
}

# A save that waits, for the writer of its stream, while another child of QEMU ends
mkfifo "$tmp/stream"
(
	sleep 0.2 &
	QEMU_CPR_EXEC_STATE=9 exec $cpr save vm0 "$tmp/stream" echo 9<"$tmp/none"
) >"$tmp/log" 2>&1 &
pid=$!
sleep 1
soon waits_for_signals $pid || :
kill -USR2 $pid
holds "a save is called off, though another child has ended" waits 'called off'
: >"$tmp/stream"
holds "and QEMU continues" wait $pid

# Without QEMU's program the VM is in this process only, which waits for it
QEMU_CPR_EXEC_STATE=9 $cpr save vm0 /nowhere "$tmp/qemu" 9<"$tmp/state" >"$tmp/log" 2>&1 &
pid=$!
holds "QEMU that cannot be executed costs no VM" waits 'the VM is kept: SIGUSR2 tries again'
printf '#!/bin/sh\necho QEMU runs\n' >"$tmp/qemu"
chmod +x "$tmp/qemu"
kill -USR2 $pid
holds "a signal executes it again" wait $pid
holds "and it runs" waits 'QEMU runs'
holds "and ends too early" waits 'QEMU has ended before it had loaded the VM'

holds "the parser's test is built" gcc -O1 -g -std=gnu11 -Wall -Wextra -Werror -Icpr -Ilib \
	-fsanitize=address,undefined -fno-sanitize-recover=all -o "$tmp/state_test" \
	cpr/t/state.c cpr/state.c cpr/stream.c cpr/table.c cpr/words.c
echo "# seed $seed"
holds "the parser's test holds" "$tmp/state_test" "$seed" 200000
sed 's/^/# /' "$tmp/output"
plan

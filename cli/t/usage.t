# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# How iolu is called, and what its exit codes are.
set -eu
# shellcheck source=cli/t/host.sh
. cli/t/host.sh

answers "without a verb it says what there is" 2 "usage: iolu VERB"
answers "so it does when asked" 0 "usage: iolu VERB" --help
answers "an unknown verb is wrong usage" 2 "usage: iolu VERB" frobnicate
for verb in check status load kexec discard report metrics; do
	answers "$verb explains itself" 0 "usage: iolu $verb" $verb --help
	answers "$verb has its exit codes in its help" 0 "exit codes: 0" $verb --help
	answers "$verb takes no unknown option" 2 "try: iolu $verb --help" $verb --frobnicate
	rc=0
	grep -q "^## *$verb\|^\*$verb\*" cli/iolu.1.scd || rc=1
	ok $rc "$verb is in the man page"
done
holds "the man page is sound" mandoc -Tlint -W error out/cli/iolu.1
for name in check status load kexec discard report metrics; do
	PATH=$PWD/out/cli:$PATH bash -c '. cli/iolu.bash; COMP_WORDS=(iolu "$1"); COMP_CWORD=1
		_iolu; echo "${COMPREPLY[*]}"' - "$(echo $name | cut -c 1-3)" >"$tmp/output"
	rc=0
	grep -qx $name "$tmp/output" || rc=1
	ok $rc "bash completes $name" "$tmp/output"
done
answers "status takes no operand" 2 "too many operands" status now
answers "discard needs a session" 2 "an operand is missing" discard
answers "load needs an image" 2 "an operand is missing" load
answers "load needs a command line" 2 "--cmdline TEXT or --reuse-cmdline" load image
answers "an option's argument is needed" 2 "try: iolu check" check --kernel

new_host
answers "a kernel without the feature: status says 1" 1 "carries iommu state  false" \
	status --root "$tmp"
answers "and so do metrics" 1 "iolu_handover_enabled 0" metrics --root "$tmp"
answers "with it, but without debugfs: 3" 3 "devices: not known" status --root "$host"
put sys/kernel/debug/iommu_liveupdate 'preserved: nothing
incoming: nothing'
answers "with both: 0" 0 "devices: none" status --root "$host"
answers "metrics are numbers" 0 "iolu_preserved_devices 0" metrics --root "$host"
answers "report without a trace cannot tell" 3 "trace buffer" report --root "$host"
mkdir -p "$host/sys/kernel/tracing"
echo '# tracer: nop' >"$host/sys/kernel/tracing/trace"
answers "report of an empty trace says what to do" 1 "trace_event=iommu_liveupdate" \
	report --root "$host"
echo ' init-1 [000] ..... 2.930366: iommu_liveupdate_adopt: domain=1 tables=17 mapped_bytes=23068672 ret=0 ns=18363300' \
	>>"$host/sys/kernel/tracing/trace"
answers "report of a step has its time" 0 "18363.3" report --root "$host" --svg "$tmp/report.svg"
holds "and draws it" grep -q '<rect .*fill="#2a6fb0"' "$tmp/report.svg"
answers "a picture that cannot be written: 3" 3 "No such file" \
	report --root "$host" --svg "$tmp/none/report.svg"
note
answers "a note of the old kernel names its sessions" 0 "vm1   false" status --root "$host"
answers "and itself" 0 "old kernel: $SERIES.4-old" report --root "$host"
answers "what was noted without a clock is not put beside this one's" 0 \
	"clocks cannot be compared" report --root "$host"
process 42 9 'anon_inode:[luo_session] vm1'
answers "a session that is open again is told from one that is not" 3 "vm1   true" \
	status --root "$host"
put proc/sys/kernel/random/boot_id 0a0c
answers "a note of another update is not believed" 3 "came in: not known" status --root "$host"
put run/iolu/last-update '0a0c {"format":"iolu-note-v2","sessions":["vm0"]}'
answers "nor one that is written otherwise" 3 "came in: not known" status --root "$host"
put run/iolu/last-update '0a0c {"format":"iolu-note-v1","sessions":7,"steps":{}}'
answers "one with nonsense names nothing" 3 "came in: none" status --root "$host"
plan

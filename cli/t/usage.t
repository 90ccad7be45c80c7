# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The arguments and exit codes of iolu, and how it prints.
set -eu
# shellcheck source=cli/t/host.sh
. cli/t/host.sh

answers "without a verb it says what there is" 2 "usage: iolu VERB"
answers "so it does when asked" 0 "usage: iolu VERB" --help
answers "an unknown verb is wrong usage" 2 "usage: iolu VERB" frobnicate
answers "and named" 2 "unknown verb 'frobnicate'" frobnicate
answers "it has a version" 0 "iolu 0." --version
answers "help of a verb" 0 "usage: iolu check" help check
answers "messages about options name the verb" 2 "iolu check: unrecognized option" check --nope
for verb in check status load kexec unpreserve discard report metrics; do
	answers "$verb explains itself" 0 "usage: iolu $verb" $verb --help
	answers "$verb has its exit codes in its help" 0 "exit codes: 0" $verb --help
	answers "$verb takes no unknown option" 2 "try: iolu $verb --help" $verb --frobnicate
	rc=0
	grep -q "^## *$verb\|^\*$verb\*" cli/iolu.1.scd || rc=1
	ok $rc "$verb is in the man page"
done
holds "the man page is sound" mandoc -Tlint -W error out/cli/iolu.1
for name in check status load kexec unpreserve discard report metrics; do
	PATH=$PWD/out/cli:$PATH bash -c '. cli/iolu.bash; COMP_WORDS=(iolu "$1"); COMP_CWORD=1
		_iolu; echo "${COMPREPLY[*]}"' - "$(echo $name | cut -c 1-3)" >"$tmp/output"
	rc=0
	grep -qx $name "$tmp/output" || rc=1
	ok $rc "bash completes $name" "$tmp/output"
done
answers "another root must exist" 2 "no such directory" status --root "$tmp/nowhere"
answers "status takes no operand" 2 "too many operands" status now
answers "discard needs a session" 2 "an operand is missing" discard
answers "unpreserve needs a session" 2 "an operand is missing" unpreserve
answers "load needs an image" 2 "an operand is missing" load
answers "load needs a command line" 2 "--cmdline TEXT or --reuse-cmdline" load image
answers "an option's argument is needed" 2 "try: iolu check" check --kernel

new_host
answers "a kernel without the feature: status says 1" 1 "preserves iommu state  false" \
	status --root "$tmp"
answers "and so do metrics" 1 "iolu_handover_enabled 0" metrics --root "$tmp"
answers "with it: 0" 0 "devices: none" status --root "$host"
rm "$host/proc/1/ns/pid"
answers "to a user who does not see all processes status says 3" 3 "sessions: not known" \
	status --root "$host"
answers "and not that there is no token" 3 "tokens: not known" status --root "$host"
rc=0
"$iolu" metrics --root "$host" >"$tmp/output" || rc=$?
{ [ $rc -eq 3 ] && ! grep -q 'iolu_sessions\|iolu_tokens' "$tmp/output"; } && rc=0 || rc=1
ok $rc "metrics has no zero for what is not visible" "$tmp/output"
new_host
rm "$host"/sys/devices/pci0000:00/0000:00:03.0/liveupdate \
	"$host"/sys/devices/pci0000:00/0000:00:03.0/0000:01:00.0/liveupdate
answers "a kernel that does not show the states of devices: 3" 3 "devices: not known" \
	status --root "$host"
new_host
echo outgoing >"$host/sys/devices/pci0000:00/0000:00:03.0/0000:01:00.0/liveupdate"
answers "the state of a device" 0 "0000:01:00.0  outgoing" status --root "$host"
new_host
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
answers "a note of the previous kernel names its sessions" 0 "vm1   false" status --root "$host"
answers "and itself" 0 "previous kernel: $SERIES.4-old" report --root "$host"
answers "a note without a clock is not compared with this clock" 0 \
	"of both kernels cannot be compared" report --root "$host"
process 42 9 'anon_inode:[luo_session] vm1'
answers "a session that is open again differs from one that is not" 3 "vm1   true" \
	status --root "$host"
put proc/sys/kernel/random/boot_id 0a0c
answers "a note of another update is not believed" 3 "previous sessions: not known" status --root "$host"
put run/iolu/last-update '0a0c {"format":"iolu-note-v2","sessions":["vm0"]}'
answers "nor one that is written otherwise" 3 "previous sessions: not known" status --root "$host"
put run/iolu/last-update '0a0c {"format":"iolu-note-v1","sessions":7,"steps":{}}'
answers "one with nonsense names nothing" 3 "previous sessions: none" status --root "$host"
put run/iolu/last-update '0a0c {"format":"iolu-note-v1","sessions":[null]}'
answers "nor does one with a session without a name" 3 "previous sessions: none" status --root "$host"
put run/iolu/last-update '0a0c {"format":null}'
answers "one of no format is not believed" 3 "previous sessions: not known" status --root "$host"

for call in "status --json" metrics --help "help check" "check" "check --help"; do
	rc=0
	# shellcheck disable=SC2086
	"$iolu" $call >/dev/full 2>"$tmp/output" || rc=$?
	{ [ $rc -eq 3 ] && grep -q "cannot write the output: No space" "$tmp/output"; } && rc=0 || rc=1
	ok $rc "iolu $call: a full disk is an error" "$tmp/output"
done
rc=0
(trap '' PIPE && sleep 1 && "$iolu" --help 2>"$tmp/output" || echo $? >"$tmp/code") | true
[ "$(cat "$tmp/code")" = 3 ] && grep -q "Broken pipe" "$tmp/output" || rc=1
ok $rc "so is a pipe without a reader" "$tmp/output"

process 42 9 "$(printf 'anon_inode:[luo_session] a\033[31mb\377\342\200\256c')"
"$iolu" status --root "$host" >"$tmp/printed" || :
holds "no control character of a name reaches a terminal" \
	grep -qF 'a\x1b[31mb\xff\xe2\x80\xaec' "$tmp/printed"
"$iolu" status --root "$host" --json >"$tmp/printed" || :
holds "and JSON stays valid UTF-8" python3 -c 'import json, sys
name = json.loads(open(sys.argv[1], "rb").read().decode())["sessions"][0]["name"]
sys.exit(name != "a\033[31mb\\xff\u202ec")' "$tmp/printed"
"$iolu" discard "$(printf 'x\033y')" --root "$host" >"$tmp/printed" 2>&1 || :
holds "nor one of an argument" sh -c "! grep -q \"\$(printf '\033')\" \"$tmp/printed\""
plan

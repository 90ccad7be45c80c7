# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The output with --json: valid, with the keys and types of cli/t/schema, which users rely on. A
# new key needs a line there; a key that is removed breaks programs. The output of discard is
# checked in the scenario command, since it does nothing to another root.
set -eu
# shellcheck source=cli/t/host.sh
. cli/t/host.sh

cat >"$tmp/keys.py" <<'PYTHON'
import json, sys

def keys(path, value, seen):
    if isinstance(value, dict):
        for key, member in value.items():
            keys(f"{path}.{key}" if path else key, member, seen)
    elif isinstance(value, list):
        seen.add(f"{path} list")
        for member in value:
            keys(path + "[]", member, seen)
    else:
        seen.add(f"{path} {'null' if value is None else type(value).__name__}")

seen = set()
keys("", json.load(sys.stdin), seen)
print("\n".join(sorted(seen)))
PYTHON

# schema NAME ARGUMENT...: what is printed has the keys of that schema
schema() {
	name=$1
	shift
	"$iolu" "$@" --json --root "$host" >"$tmp/json" 2>/dev/null || :
	rc=0
	python3 "$tmp/keys.py" <"$tmp/json" >"$tmp/keys" 2>&1 || rc=1
	grep -v '^#' "cli/t/schema/$name" | diff - "$tmp/keys" >"$tmp/output" || rc=1
	ok $rc "$1 --json has the keys of schema/$name" "$tmp/output"
}

# same FACT CODE ARGUMENT...: the exit code with --json is that without
same() {
	fact=$1 code=$2
	shift 2
	rc=0
	"$iolu" "$@" --json --root "$host" >"$tmp/output" 2>&1 || rc=$?
	ok "$((rc != code))" "$fact" "$tmp/output"
}

new_host
schema check check
rm "$host/dev/liveupdate"
schema check-no check
same "a no is 1 in JSON, too" 1 check
new_host
same "a yes is 0" 0 check
head -c 4096 /dev/zero >"$host/sys/kernel/boot_params/data"
schema load load out/build/"$SERIES"/arch/x86/boot/bzImage --reuse-cmdline --dry-run
schema kexec kexec --dry-run
schema status-user status
schema metrics metrics
rm "$host/proc/1/ns/pid"
schema status-hidden status
schema metrics-hidden metrics
new_host
process 42 9 'anon_inode:[luo_session] vm0'
echo incoming >"$host/sys/devices/pci0000:00/0000:00:03.0/0000:01:00.0/liveupdate"
schema status status
schema error report
mkdir -p "$host/sys/kernel/tracing"
echo ' init-1 [000] ..... 2.930366: iommu_liveupdate_adopt: domain=1 ret=0 ns=18363300' \
	>"$host/sys/kernel/tracing/trace"
schema report report
note
schema report-note report
schema status-note status
plan

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# docs/operator.md and the manual page agree with iolu: each command is run, on the host made of
# files and with --dry-run where it would change something; the output in the guide has the parts
# that are printed; each message in it, in docs/qemu.md and in docs/vmm-author.md is in the source, and
# a test expects it. The figures in it are from the scenarios command and command_check.
set -eu
# shellcheck source=cli/t/host.sh
. cli/t/host.sh

guide=docs/operator.md

# An image and a RAM disk have other names here
fitted() {
	sed "s|/boot/vmlinuz-next|out/build/$SERIES/arch/x86/boot/bzImage|; s|/boot/initrd-next|$0|
		s|update.svg|$tmp/update.svg|; s|^kexec\$|kexec --dry-run|
		s|^load .*|& --dry-run|; s|^kexec --expect|kexec --dry-run --expect|; s,^\(discard\|unpreserve\).*,& --root none,"
}

# run COMMAND: its words behind "iolu", on the host; $rc is its exit code
run() {
	rc=0
	# shellcheck disable=SC2046
	"$iolu" $(echo "$1" | fitted) --root "$host" >"$tmp/output" 2>&1 || rc=$?
}

# shown COMMAND: its output in the guide
shown() {
	awk -v command="# iolu $1" '/^```/ { on = 0 } on; $0 == command { on = 1 }' $guide
}

# Names of items, headings and heads of tables; not those of single devices
parts() {
	sed -nE 's/^  (yes|no|unknown) +([a-z_=-]+).*/\2/p; s/^([a-z][a-z ]*)(:.*)?$/\1/p
		s/^  ((phase|token|bdf|name)  .*)/\1/p' | tr -s ' ' | sed 's/ $//' | grep -v '^none$'
}

# same COMMAND: the guide shows all parts of the output, in order
same() {
	run "$1"
	parts <"$tmp/output" >"$tmp/printed"
	shown "$1" | parts | diff - "$tmp/printed" >"$tmp/difference" && rc=0 || rc=1
	[ -s "$tmp/printed" ] || rc=1
	ok $rc "the guide shows what iolu $1 prints" "$tmp/difference"
}

new_host
mkdir -p "$host/sys/kernel/tracing"
echo ' init-1 [000] ..... 2.930366: iommu_liveupdate_adopt: domain=1 ret=0 ns=18363300' \
	>"$host/sys/kernel/tracing/trace"
{
	sed -n 's/^# iolu //p' $guide
	sed -n 's/^iolu \([a-z]\)/\1/p' cli/iolu.1.scd
} | sort -u >"$tmp/commands"
holds "the guide and the man page have commands" [ "$(wc -l <"$tmp/commands")" -gt 6 ]
while read -r command; do
	run "$command"
	case $command in
	discard* | unpreserve*)
		grep -q -- "--root is for reading only" "$tmp/output" && rc=0 || rc=1
		;;
	*)
		if [ $rc -eq 2 ]; then rc=1; else rc=0; fi
		;;
	esac
	ok $rc "iolu takes: $command" "$tmp/output"
done <"$tmp/commands"

same "check --kernel /boot/vmlinuz-next --reuse-cmdline"
same "kexec --dry-run"
process 42 9 'anon_inode:[luo_session] vm0'
echo outgoing >"$host/sys/bus/pci/devices/0000:01:00.0/liveupdate"
run status
parts <"$tmp/output" | grep -v '^token ' >"$tmp/printed"
shown status | sed '/^\.\.\.$/,$d' | parts | grep -v '^token ' | diff - "$tmp/printed" \
	>"$tmp/difference" && rc=0 || rc=1
ok $rc "the guide shows what iolu status prints" "$tmp/difference"
note
same "report --svg update.svg"

# Messages of a guide that are not in the source, or that no test expects
cat >"$tmp/messages.py" <<'PYTHON'
import glob, re, sys

def without_comments(text):
    return re.sub(r"/\*.*?\*/|^#(?!define).*?$", "", text, flags=re.S | re.M)

def words(*patterns):
    files = [f for p in patterns for f in glob.glob(p, recursive=True)]
    texts = [without_comments(open(f).read()) for f in files]
    return re.sub(r'"\s*\\?\n\s*"', "", "".join(texts)).replace('\\"', '"')

source = words("cli/**/*.c", "cpr/*.c", "kernel/new/**/*.c", "kernel/hooks/*.patch", "lib/*.c",
               "refusals/refusals.def").replace('DEVICE "', "/dev/liveupdate")
tests = words("cli/t/*.t", "vm/scenarios/*.c", "vm/testos/**/*.c")
guide = open(sys.argv[1]).read()
rows = re.findall(r"^- (?:check|kexec|discard|log): (.*?)\\$", guide, re.M)
table = re.split("^## (?:The messages|Errors)", guide, flags=re.M)[1:]
rows += re.findall(r"^\| (`[^|]*`) \|", "".join(table), re.M)
foreign = re.findall(r"`([^`]+)`, of QMP's", "".join(rows))
print(len(rows), file=sys.stderr)
for message in re.findall(r"`([^`]+)`", "\n".join(rows)):
    for part in filter(None, (p.strip(' :"') for p in message.split("..."))):
        for piece in re.split(r'(?:^|[^ ]*)", |: | (?=\(?(?:at )?IOVA 0x)', part):
            piece = piece.rstrip(".)")
            forms = [piece, re.sub(r"\([^)]*\)?$", "(%s", piece), re.sub(r"\S+$", "%s", piece),
                     re.sub("0x[0-9a-f]+", "0x%llx", re.sub('"[^"]*', '"%s', piece, count=1))]
            if message not in foreign and not any(form in source for form in forms):
                print("not in the source:", piece)
        if re.sub(r"\([^)]*\)$", "(", part) not in tests:
            print("not in a test:", message)
PYTHON
for guide in docs/operator.md:8 docs/qemu.md:4 docs/vmm-author.md:7; do
	most=${guide#*:} guide=${guide%:*}
	python3 "$tmp/messages.py" "$guide" >"$tmp/found" 2>"$tmp/rows"
	holds "$guide explains messages" [ "$(cat "$tmp/rows")" -gt "$most" ]
	empty "each is in the source, and a test has seen it" "$tmp/found"
done
plan

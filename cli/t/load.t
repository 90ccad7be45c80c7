# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The rules of iolu load and iolu check about the initrd, the memory of the next kernel, and the
# settings that forbid to load a kernel.
set -eu
# shellcheck source=cli/t/host.sh
. cli/t/host.sh

patched=out/build/$SERIES/arch/x86/boot/bzImage
good='kho=on liveupdate=on intel_iommu=on,sm_on'

# load FACT CODE WORDS OPTION...: about the host as it is
load() {
	fact=$1 code=$2 words=$3
	shift 3
	answers "$fact" "$code" "$words" load "$patched" --root "$host" --dry-run --cmdline "$good" "$@"
}

# booted_with BYTES_OCTAL: of an initrd, in the boot parameters
booted_with() {
	poke "$host/sys/kernel/boot_params/data" 540 "$1"
}

new_host
out/vm/gen_init_cpio /dev/null >"$tmp/initrd"
: >"$tmp/empty"
load "a host whose kernel has no initrd needs none" 0 "verdict: yes"
booted_with 7
load "one whose kernel has one needs one" 1 "none is named, and the running kernel was booted with one"
load "unless that is meant" 0 "verdict: yes" --no-initrd
load "or an initrd is named" 0 "$tmp/initrd" --initrd "$tmp/initrd"
load "which must exist" 1 "$tmp/none: No such file" --initrd "$tmp/none"
load "and be a file" 1 "/etc: Is a directory" --initrd /etc
load "and not be empty" 1 "$tmp/empty: empty" --initrd "$tmp/empty"
rm "$host/sys/kernel/boot_params/data"
load "whether the kernel has one is not readable" 3 "name it with --initrd"
answers "check looks at an initrd that is named" 1 "none: No such file" check --root "$host" \
	--kernel "$patched" --cmdline "$good" --initrd "$tmp/none"
answers "and asks for none" 0 "verdict: yes" check --root "$host" --kernel "$patched" --cmdline "$good"
load "two command lines" 2 "exclude each other" --reuse-cmdline
load "an initrd and none" 2 "exclude each other" --initrd "$tmp/initrd" --no-initrd

new_host
put proc/cmdline "$good kho_scratch=16M,128M,128M"
load "areas that are large enough" 0 "verdict: yes"
truncate -s 200M "$tmp/large"
load "an initrd that is larger than all of them" 1 "200 MiB do not fit into the largest scratch area" \
	--initrd "$tmp/large"
load "a crash kernel that is larger" 1 "192 MiB do not fit" --cmdline "$good crashkernel=192M"
load "in a list of ranges, too" 1 "192 MiB do not fit" --cmdline "$good crashkernel=1G-4G:64M,4G-:192M"
load "one that fits" 0 "verdict: yes" --cmdline "$good crashkernel=64M"
load "memory for huge pages that is larger" 1 "hugetlb_cma=  1024 MiB do not fit" \
	--cmdline "$good hugetlb_cma=0:1G,1:64M"
put sys/kernel/debug/kho/out/scratch_len "$(printf '%s\n' 0x1000000 0x10000000 0x4000000)"
load "the kernel shows areas that are larger" 0 "verdict: yes" --initrd "$tmp/large"
put proc/cmdline "$good"
load "memory is compared with the derived areas that debugfs shows" 1 \
	"257 MiB do not fit into the largest scratch area of the running kernel, 256 MiB" \
	--cmdline "$good crashkernel=257M"
rm "$host/sys/kernel/debug/kho/out/scratch_len"
load "or they are not known" 0 "verdict: yes" --initrd "$tmp/large"
poke "$host/sys/kernel/boot_params/data" 608 0 0 0 4
load "but they are derived from what this kernel needed" 3 \
	"200 MiB may not fit into a scratch area of the running kernel, of which none is known to be larger than 64 MiB" \
	--initrd "$tmp/large"
put proc/cmdline "$good crashkernel=192M kho_scratch=100%"
put sys/kernel/kexec_crash_size 201326592
load "and are smaller if the command line says so" 3 "may not fit" --initrd "$tmp/large" \
	--cmdline "$good crashkernel=100M"
put proc/cmdline "$good crashkernel=192M kho_scratch=200%"
load "and larger if it had a crash kernel" 0 "verdict: yes" --initrd "$tmp/large" \
	--cmdline "$good crashkernel=192M"
put sys/kernel/kexec_crash_size 0
put proc/cmdline "$good crashkernel=192M"
load "a crash kernel that has lost its memory" 3 "found no memory for its crash kernel" \
	--cmdline "$good crashkernel=192M"
put sys/kernel/kexec_crash_size 201326592
load "one that has it" 0 "verdict: yes" --cmdline "$good crashkernel=192M"

new_host
put proc/sys/kernel/kexec_load_disabled 1
load "loading is disabled" 1 "kernel.kexec_load_disabled is 1"
new_host
put proc/sys/kernel/kexec_load_limit_reboot 0
load "the limit of loads is used up" 1 "kernel.kexec_load_limit_reboot is 0"
put proc/sys/kernel/kexec_load_limit_reboot -1
load "there is no limit" 0 "verdict: yes"
put sys/kernel/security/lockdown 'none [integrity] confidentiality'
load "the kernel is locked down" 3 "loads signed images only"
put sys/kernel/security/lockdown '[none] integrity confidentiality'
load "it is not" 0 "verdict: yes"
plan

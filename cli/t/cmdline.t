# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The rules of iolu check about the next command line, read as the kernel reads it, and compared
# with that of the running kernel both ways.
set -eu
# shellcheck source=cli/t/host.sh
. cli/t/host.sh

patched=out/build/$SERIES/arch/x86/boot/bzImage
good='kho=on liveupdate=on intel_iommu=on,sm_on'

# line FACT CODE WORDS TEXT
line() {
	answers "$1" "$2" "$3" check --root "$host" --kernel "$patched" --cmdline "$4"
}

new_host
line "all that is needed" 0 "verdict: yes" "$good"
answers "this kernel's line" 0 "verdict: yes" \
	check --root "$host" --kernel "$patched" --reuse-cmdline
answers "no line at all" 3 "the next command line is not named" \
	check --root "$host" --kernel "$patched"
answers "no image at all" 3 "the next kernel is not named" \
	check --root "$host" --cmdline "$good"
line "liveupdate= is needed" 1 "add liveupdate=on" "kho=on intel_iommu=on,sm_on"
line "kho= may be on by default" 3 "absent; the kernel's configuration decides" \
	"liveupdate=on intel_iommu=on,sm_on"
line "the last word wins" 1 "add kho=on" "$good kho=off"
line "either way" 0 "verdict: yes" "kho=0 liveupdate=n $good"
line "and one that is none changes nothing" 0 "verdict: yes" "$good kho=maybe"
line "intel_iommu=off" 1 "add intel_iommu=on" "$good intel_iommu=off"
line "off and on again" 0 "verdict: yes" "intel_iommu=off $good"
line "dashes are underscores" 1 "add intel_iommu=on" "$good intel-iommu=off"
line "iommu=off" 1 "iommu=off turns the IOMMU off" "$good iommu=pt,off iommu=nopt"
line "acpi=off" 1 "acpi=off turns the IOMMU off" "$good acpi=off"
line "iommu=pt does no harm" 0 "verdict: yes" "$good iommu=pt"
line "another mode" 1 "the running kernel uses scalable mode" "$good intel_iommu=sm_off"
line "a mode that is not named" 3 "add intel_iommu=sm_on" "kho=on liveupdate=on intel_iommu=on"
line "words in quotes are one" 1 "add liveupdate=on" 'kho=on x="a liveupdate=on" intel_iommu=on,sm_on'
line "behind -- they are not the kernel's" 1 "add liveupdate=on" \
	"kho=on intel_iommu=on,sm_on -- liveupdate=on"
line "a key is not the end of another" 1 "add liveupdate=on" \
	"kho=on noliveupdate=on intel_iommu=on,sm_on"
put sys/class/iommu/dmar0/intel-iommu/ecap f00000
line "hardware with one mode needs no word" 0 "the hardware has no other" \
	"kho=on liveupdate=on intel_iommu=on"
new_host
put proc/cmdline "$good pci=noats"
line "ATS stays off" 1 "pci=noats is only in the running kernel's command line" "$good"
new_host

# next WORD CODE: only the next command line has the word
next() {
	line "$1 in the next command line only: $2" "$2" \
		"$1 is only in the next command line and changes" "$good $1"
}

# now WORD CODE: only the running kernel's command line has it
now() {
	put proc/cmdline "$good $1"
	line "$1 in this command line only: $2" "$2" \
		"$1 is only in the running kernel's command line and changes" "$good"
	line "$1 in both" 0 "verdict: yes" "$good $1"
	new_host
}

for word in pci=conf1 pci=nommconf pci=nomsi pci=noari pci=nodomains pci=pcie_scan_all \
	pci=assign-busses pci=realloc=on pci=hpbussize=0x33 pci=pcie_bus_perf pci=nocrs \
	pci=resource_alignment=20@0000:01:00.0 pci=disable_acs_redir=0000:00:03.0 \
	pci=config_acs=1@0000:00:03.0 pcie_acs_override=downstream intremap=off nointremap nolapic \
	mem=4G "memmap=1G\$5G" intel_iommu=sp_off; do
	next "$word" 1
	now "$word" 1
done
for word in nox2apic noapic intremap=no_x2apic_optout acpi=rsdt noefi numa=off pcie_ports=native \
	pcie_aspm=off module_blacklist=vfio_pci pci=something-new kernelcore=1G movablecore=1G movable_node; do
	next "$word" 3
	now "$word" 3
done
for word in root=/dev/sda1 crashkernel=64M; do
	put sys/kernel/kexec_crash_size 67108864
	line "$word is new" 0 "verdict: yes" "$good $word"
	put proc/cmdline "$good $word"
	line "$word is forgotten" 3 "$word is only in the running kernel's command line" "$good"
	line "$word has another value" 0 "verdict: yes" "$good ${word}0"
	new_host
done
put proc/cmdline "$good hugepagesz=2M hugepages=512 hugepagesz=1G hugepages=8"
line "pages of one size are forgotten" 3 "hugepagesz=1G is only in the running kernel's command line and changes the pool" \
	"$good hugepagesz=2M hugepages=512"
line "the number is forgotten" 3 "hugepages=512 is only in the running kernel" "$good hugepagesz=2M,1G"
line "other numbers of the same sizes" 0 "verdict: yes" \
	"$good hugepagesz=2M hugepages=500 hugepagesz=1G hugepages=12 hugepagesz=16M"
put proc/cmdline "$good default_hugepagesz=1G hugepages=8"
line "another default size" 3 "default_hugepagesz=2M is only in" "$good default_hugepagesz=2M hugepages=8"
new_host
for word in acpi=noirq pci=noacpi; do
	line "$word is never right" 1 "$word turns interrupt routing off" "$good $word"
done
line "nor is a vfio-pci that may not mask INTx" 1 "vfio_pci.nointxmask=1 forbids vfio-pci" \
	"$good vfio-pci.nointxmask=1"
line "words that change no such thing" 0 "verdict: yes" "$good iommu.strict=1 pci=noaer,bfsort \
	intel_iommu=igfx_off x2apic_phys vfio_pci.ids=8086:10c9 vfio_pci.nointxmask=0 maxcpus=1 quiet"
line "one word of several" 1 "pci=nomsi is only in" "$good pci=noaer,nomsi"

# AMD-Vi
amd='kho=on liveupdate=on'
amd_host
line "AMD-Vi is on without a word" 0 "not off, so AMD-Vi is on" "$amd"
line "and has one mode without a word" 0 "host (v1) page tables in both kernels" "$amd amd_iommu=pgtbl_v1"
line "amd_iommu=off" 1 "remove amd_iommu=off" "$amd amd_iommu=off"
line "VT-d's words are for another host" 0 "verdict: yes" "$amd intel_iommu=off"
line "guest page tables" 1 "the next kernel uses guest (v2) page tables" "$amd amd_iommu=pgtbl_v2"
line "the last format wins" 0 "verdict: yes" "$amd amd_iommu=pgtbl_v2,pgtbl_v1"
line "iommu=pt does no harm there" 0 "verdict: yes" "$amd iommu=pt"
line "interrupt remapping has to stay on" 1 "intremap=off" "$amd intremap=off"
line "memory encryption" 1 "mem_encrypt=on encrypts the host's memory" "$amd mem_encrypt=on"
line "other page sizes" 1 "amd_iommu=nohugepages is only in the next" "$amd amd_iommu=nohugepages"
line "another IOAPIC's requester" 3 "ivrs_ioapic=4@00:14.0 is only in the next" "$amd ivrs_ioapic=4@00:14.0"
line "words that change no such thing" 0 "verdict: yes" \
	"$amd amd_iommu=fullflush,force_isolation amd_iommu_intr=vapic amd_iommu_dump"
put proc/cmdline "$amd amd_iommu=pgtbl_v2"
line "guest page tables now" 1 "the running kernel uses guest (v2) page tables" "$amd"
put proc/cmdline "$amd amd_iommu=force_enable"
line "an AMD-Vi that was forced" 1 "amd_iommu=force_enable is only in the running" "$amd"
new_host
long=$(printf '%2100s' '' | tr ' ' x)
line "a line that is too long" 1 "the next kernel takes 2046" "$good $long"
rm "$host/proc/cmdline"
line "a running kernel that does not show its line" 3 "command line cannot be read" "$good"
plan

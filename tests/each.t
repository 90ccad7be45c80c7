# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The series can be bisected: the last patch of part reclaim and the last of all pass by
# themselves (scripts/each.sh has the checks; `make each` runs them for all), and in the end
# every global function and every export is used.
set -eu
# shellcheck source=tests/tap.sh
. tests/tap.sh

tree=out/linux-$SERIES
each() { # the kernels are there
	make -s -o kernel -o stock -o vm each EACH="$1"
}

holds "two patches build, with their options and without, boot, and preserve a device" each "reclaim last"
sed -n 's/^ok /# /p' "$tmp/output" | tee "$tmp/done"
holds "each of them did" [ "$(wc -l <"$tmp/done")" -eq 2 ]
refuses "a patch that is not there is named" "there is no patch 99" each 99

# Objects of our own files, and undefined symbols of all objects
git -C "$tree" diff --name-only --diff-filter=A refs/base HEAD | sed -n 's/\.c$/.o/p' |
	while read -r o; do [ ! -f "$tree/build/$o" ] || echo "$tree/build/$o"; done >"$tmp/objects"
(cd "$tree"/build && nm -u vmlinux.a 2>"$tmp/errors") | awk '{ print $2 }' | sort -u >"$tmp/used"
holds "there are objects to look at" test -s "$tmp/objects" -a -s "$tmp/used"
# Trace events bring their own
xargs nm -g --defined-only <"$tmp/objects" |
	awk 'NF == 3 && $3 !~ /^__(traceiter|probestub)_/ { print $3 }' | sort >"$tmp/global"
comm -23 "$tmp/global" "$tmp/used" >"$tmp/found"
empty "each global function of our files is called from another file" "$tmp/found"
xargs nm <"$tmp/objects" | sed -n 's/.* __export_symbol_//p' | grep -v '^__traceiter_' |
	sort >"$tmp/exported"
find "$tree"/build/drivers/vfio "$tree"/build/drivers/iommu/iommufd \
	"$tree"/build/drivers/iommu/generic_pt "$tree"/build/virt \
	"$tree"/build/drivers/pci/pci-pf-stub.o -name '*.o' \
	-exec nm -u {} + 2>"$tmp/errors" | awk '{ print $2 }' | sort -u >"$tmp/modular"
comm -23 "$tmp/exported" "$tmp/modular" >"$tmp/found"
empty "each exported one is called from what can be a module" "$tmp/found"
plan

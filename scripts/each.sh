#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# each.sh TREE STOCK COPY BASE EXTRA FEATURE all | first | PART | last | NUMBER ...
#
# Check each commit of the branch of TREE by itself: checkpatch has no remark; it builds
# with those options of FEATURE that it has, and with none of them; with iommufd and vfio as
# modules if it changes vfio, or is the last; and with live update off it boots, makes a kexec, and
# ends DMA there as stock Linux does.  From the end of part reclaim on it also preserves a
# device over a kexec.  A PART means its last patch (kernel/hooks/series).  Print one line
# for each.  COPY, a second tree, moves from commit to commit, so that a build compiles only
# the files that a commit changes; the first builds begin with the objects of STOCK.  BASE
# and KVM are fragments.
set -eu
here=$(dirname "$0")
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"
# shellcheck source=scripts/kbuild.sh
. "$here/kbuild.sh"

# Not exported: the kernel's make would read it from the environment
tree=$1 stock=$2 copy=$(realpath -m "$3") base=$4 extra=$5 feature=$6 out=out/each
shift 6
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null

in_copy() {
	git -C "$copy" "$@"
}

# options COMMIT FRAGMENT: the lines of FRAGMENT whose options the commit has
options() {
	while IFS='=' read -r option value; do
		case $option in CONFIG_*) ;; *) continue ;; esac
		! in_copy grep -qE "^(menu)?config ${option#CONFIG_}$" "$1" -- '*Kconfig*' ||
			echo "$option=$value"
	done <"$2"
}

# build DIRECTORY SEED FRAGMENT...
build() {
	BUILD=$1 SEED=$2 && shift 2
	BUILD=$BUILD SEED=$SEED "$here/kernel.sh" "$copy" liveupdate "$base" "$extra" "$@" ||
		return 1
	! grep -A 5 'warning:' "$copy/$BUILD/build.log"
}

# Modules may use symbols that Linux or other modules export
modules() {
	"$here/config.sh" "$copy" "$copy/build-m" "$base" "$extra" "$out/options" \
		kernel/config/modules.config || return 1
	make -s -C "$copy" O="$copy/build-m" CC="$cc" -j"$JOBS" modules_prepare \
		drivers/vfio/ drivers/iommu/iommufd/ virt/lib/ || return 1
	(cd "$copy" && exports)
}

exports() {
	find build-m/drivers/vfio build-m/drivers/iommu/iommufd build-m/virt/lib -name '*.mod' |
		sed 's/mod$/o/' >build-m/ours
	xargs nm -u <build-m/ours | awk '$1 == "U" && $2 != "__this_module" { print $2 }' |
		sort -u >build-m/used
	{ cat build-m/ours; echo build/vmlinux.o; } | xargs nm |
		sed -n 's/.* __export_symbol_//p' | sort -u >build-m/exported
	comm -23 build-m/used build-m/exported | sed 's/^/no module can use /' >build-m/missing
	cat build-m/missing
	[ ! -s build-m/missing ]
}

# end_of PART: the number of its last patch
end_of() {
	awk -v part="$1" '/^#part / { name = $2 } /^[0-9]/ { n++; if (name == part) end = n }
		END { print end + 0 }' kernel/hooks/series
}

# step NAME COMMAND...: show the output of the command if it fails
step() {
	what=$1 && shift
	"$@" >"$out/log" 2>&1 && return
	printf '%s: %s\n' "$name" "$what" >&2
	tail -n 20 "$out/log" >&2
	die "patch $n does not: its commit is $commit, checked out in $copy"
}

# The commit number $n of the branch
patch() {
	started=$(date +%s) does='checkpatch, =y, =n'
	name="$n $(in_copy show -s --format=%s "$commit")"
	in_copy update-index -q --refresh || :
	in_copy checkout -q --force --detach "$commit"
	step "checkpatch is content" "$here/checkpatch.sh" "$tree" "$commit"
	options "$commit" "$feature" >"$out/options"
	has=$(wc -l <"$out/options")
	step "it builds with its options, without a warning" build build "$stock" "$out/options"
	step "it builds without them, without a warning" build build-off "$stock"
	if [ "$n" -eq "$all" ] ||
		in_copy diff --name-only "$commit^" "$commit" | grep -q '^drivers/vfio/.*[ch]$'; then
		does="$does, =m"
		step "its modules can be loaded" modules
	fi
	step "it is as stock Linux while live update is off" out/vm/lurun --out "$out/$n" \
		--kernel "$copy/build/arch/x86/boot/bzImage" vm/scenarios/switched_off_is_stock.c
	if [ "$n" -ge "$(end_of reclaim)" ]; then
		does="$does, run"
		step "it preserves a device" out/vm/lurun --out "$out/$n-run" \
			--kernel "$copy/build/arch/x86/boot/bzImage" vm/scenarios/run.c
	fi
	printf 'ok %s: %s, off (%d options, %d s)\n' "$name" "$does" "$has" $(($(date +%s) - started))
}

"$here/copy.sh" "$tree" "$copy"
mkdir -p "$out"
in_copy rev-list --reverse refs/base..refs/tree >"$out/commits"
all=$(wc -l <"$out/commits")
for word; do
	case $word in
	all) seq "$all" ;;
	first) echo 1 ;;
	last) echo "$all" ;;
	*[!0-9]*)
		[ "$(end_of "$word")" -gt 0 ] ||
			die "$word is no patch: EACH=all, first, last, the name of a part, or a number"
		end_of "$word"
		;;
	*) echo "$word" ;;
	esac
done >"$out/which"
while read -r n; do
	commit=$(sed -n "${n}p" "$out/commits")
	[ -n "$commit" ] || die "there is no patch $n, the branch has $all"
	patch </dev/null
done <"$out/which"

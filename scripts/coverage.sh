#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# coverage.sh SCENARIO   run it on the kernel that counts; counters to out/coverage/NAME.tar, or
#                        NAME-PLATFORM.tar
# coverage.sh report     lines of our kernel files that those runs reached, a table; the lines
#                        that none reached, to out/coverage/not-reached
# coverage.sh write      the table, into docs/testing.md
#
# Lines of Linux count as ours if a hook added them. Test-only code does not count.
set -eu
here=$(dirname "$0")
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"

tree=out/linux-${SERIES:?}-coverage build=$tree/build page=docs/testing.md
out=out/coverage

run() {
	name=$(basename "$1" .c)${PLATFORM:+-$PLATFORM}
	mkdir -p "$out/$name"
	exec out/vm/lurun ${PLATFORM:+--platform "$PLATFORM"} --out "$out/$name" --timeout 600 --kernel "$build/arch/x86/boot/bzImage" \
		--qemu-extra "-chardev file,id=coverage,path=$PWD/$out/$name.tar -device isa-debugcon,iobase=0xe8,chardev=coverage" "$1"
}

# Kernel lines that gcov knows: FILE LINE COUNT
lines_of_one_kernel() {
	(cd "$build" && find . -name '*.gcda' -exec gcov -t {} + 2>/dev/null) | awk -F: '
		$2 + 0 == 0 && $3 == "Source" { f = $4; sub(/^(\.\.\/)+/, "", f); next }
		$1 ~ /^ *[0-9]+\*?$/ { print f, $2 + 0, 1 }
		$1 ~ /^ *(#####|=====)$/ { print f, $2 + 0, 0 }'
}

# A run's counters were reduced before if they have not changed; another kernel's mean nothing
lines_of_one_run() {
	if [ -z "$(find "$1.tar" -newer "$build/arch/x86/boot/bzImage")" ]; then
		say "$1: a run of another kernel does not count"
		rm -f "$1.lines"
		return
	fi
	[ -z "$(find "$1.tar" -newer "$1.lines" 2>/dev/null || echo new)" ] && return
	for kernel in $(tar -tf "$1.tar" | cut -d/ -f1 | sort -u); do
		find "$build" -name '*.gcda' -delete
		tar -xf "$1.tar" --strip-components=1 -C "$build" "$kernel"
		lines_of_one_kernel
	done | sort | awk '{ k = $1 " " $2 } k != last { if (last) print last, n; n = 0; last = k }
		$3 > n { n = $3 } END { if (last) print last, n }' >"$1.lines.new"
	mv "$1.lines.new" "$1.lines"
}

# Our lines: FILE FIRST LAST
ours() {
	git -C "$tree" diff -U0 refs/base HEAD -- '*.c' '*.h' ':!tools' ':!*kunit*' ':!*/kho_damage.c' | awk '
		/^\+\+\+ / { f = substr($2, 3) }
		/^@@/ { split(substr($3, 2), at, ","); n = at[2] == "" ? 1 : at[2]; if (n) print f, at[1], at[1] + n - 1 }'
}

# FILE LINE COUNT of ours, in all runs
merge() {
	for tar in "$out"/*.tar; do
		lines_of_one_run "${tar%.tar}"
	done
	set -- "$out"/*.lines
	[ -f "$1" ] || die "no run of this kernel: make coverage"
	ours | awk 'NR == FNR { for (i = $2; i <= $3; i++) ours[$1, i] = 1; next }
		($1, $2) in ours && !(($1, $2) in n && n[$1, $2]) { n[$1, $2] = $3 }
		END { for (k in n) { split(k, at, SUBSEP); print at[1], at[2], n[k] } }' - "$@" |
		sort -k1,1 -k2,2n
}

table() {
	merge >"$out/all"
	awk '!$3 { print $1 ":" $2 }' "$out/all" >"$out/not-reached"
	echo "Reached in $(set -- "$out"/*.lines && echo $#) runs:"
	echo
	echo '| file | lines | reached |'
	echo '|---|---|---|'
	awk 'function row(f, l, r) { printf "| %s | %d | %.1f %% |\n", f, l, r * 100 / l }
		{ l[$1]++; r[$1] += $3; L++; R += $3; if (!($1 in seen)) { seen[$1]; files[++n] = $1 } }
		END { if (!L) exit 1; for (i = 1; i <= n; i++) row("`" files[i] "`", l[files[i]], r[files[i]])
			row("**all**", L, R) }' "$out/all"
}

case ${1:-} in
report) table ;;
write)
	table >"$out/table"
	awk -v with="$out/table" '/^<!-- scripts\/coverage.sh: end/ { skip = 0 } !skip
		/^<!-- scripts\/coverage.sh: begin/ { print ""; while ((getline line <with) > 0) print line; print ""; skip = 1 }' \
		"$page" >"$page.new"
	mv "$page.new" "$page"
	;;
*.c) run "$1" ;;
*) die "coverage.sh: a scenario, report or write" ;;
esac

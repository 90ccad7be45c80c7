#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# series.sh TREE DIR
#
# Writes the branch in TREE as mails into DIR, a directory per part of the series. A part
# is a run of patches that a maintainer can take by itself, on top of the parts before:
# a line `#part NAME` in kernel/hooks/series begins one, and `#part none` begins patches
# that no part has, such as test-only code. Each part gets a cover letter from
# kernel/hooks/cover-NAME (the first line is the subject; lines with # are left out), a
# mail per commit, and in `recipients` the addresses that the kernel's get_maintainer.pl
# names. No mail is signed off: the sender does that.
set -eu
here=$(dirname "$0")
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"

tree=$1 dir=$2 hooks=$(realpath "$here/../kernel/hooks")
rm -rf "$dir"
mkdir -p "$dir"
dir=$(realpath "$dir")
cd "$tree"

# The parts in order: name, number of patches
parts() {
	awk '/^#part / { name = $2; order[++n] = name; next }
		/^[0-9]/ { count[name]++ }
		END { for (i = 1; i <= n; i++) print order[i], count[order[i]] + 0 }' "$hooks/series"
}

# part NUMBER NAME FROM TO: the mails of the commits after FROM, up to TO
part() {
	mails=$dir/$1-$2
	[ -f "$hooks/cover-$2" ] || die "part $2 has no cover letter: write kernel/hooks/cover-$2"
	git branch -q -f "part-$2" "$4"
	git config "branch.part-$2.description" "$(sed '/^#/d' "$hooks/cover-$2")"
	git format-patch -q --cover-letter --cover-from-description=subject --no-signature \
		--zero-commit -o "$mails" "$3..part-$2"
	git branch -q -D "part-$2"
	find "$mails" -name '*.patch' ! -name '0000-*' -exec \
		perl scripts/get_maintainer.pl --nogit --nogit-fallback --norolestats {} + >"$mails/recipients"
	say "part $1, $2: $(git rev-list --count "$3..$4") patches and a cover letter in $mails," \
		"$(wc -l <"$mails/recipients") recipients; sign them off before you mail them"
}

git rev-list --reverse refs/base..HEAD >"$dir/.commits"
at=0 number=0 from=$(git rev-parse refs/base)
parts >"$dir/.parts"
while read -r name count; do
	at=$((at + count))
	to=$(sed -n "${at}p" "$dir/.commits")
	if [ "$name" != none ] && [ "$count" -gt 0 ]; then
		number=$((number + 1))
		part "$number" "$name" "$from" "$to"
	fi
	from=$to
done <"$dir/.parts"
rm "$dir/.parts" "$dir/.commits"

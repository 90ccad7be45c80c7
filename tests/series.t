# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The series as mails: parts that apply one after the other, each with its cover letter and
# with the lists that have to see it.
set -eu
# shellcheck source=tests/tap.sh
. tests/tap.sh

tree=$PWD/out/linux-$SERIES
mails=$tmp/series
none=$(awk '/^#part / { name = $2 } /^[0-9]/ && name == "none"' kernel/hooks/series | wc -l)

# goes_to PART LIST
goes_to() {
	holds "part $1 goes to $2" grep -qxF "$2" "$mails"/*-"$1"/recipients
}

holds "the series is written" scripts/series.sh "$tree" "$mails"
git -C "$tree" rev-list --reverse refs/base..HEAD >"$tmp/commits"
all=$(($(wc -l <"$tmp/commits") - none))
find "$mails" -name '*.patch' ! -name '0000-*' >"$tmp/patches"
holds "each commit is in one part, but for test-only code" [ "$(wc -l <"$tmp/patches")" -eq "$all" ]
for part in preserve reclaim blocks amd; do
	holds "part $part has a cover letter" test -s "$(echo "$mails"/*-$part/0000-*)"
	sed -n '/^Subject/,/^$/p' "$mails"/*-$part/0000-* | grep -c '\*\*\*' >"$tmp/blanks" || :
	holds "its subject is filled in" [ "$(cat "$tmp/blanks")" -eq 0 ]
done
grep -n '\*\*\*' "$mails"/*/0000-* >"$tmp/blanks" || :
empty "no cover letter has blanks left to fill in" "$tmp/blanks"
grep -lE 'kho_damage|KHO_DAMAGE' "$mails"/*/*.patch >"$tmp/test-only" || :
empty "no part has test-only code" "$tmp/test-only"
while read -r commit; do
	[ "$(git -C "$tree" show -s --format=%b "$commit" | wc -w)" -ge 40 ] ||
		git -C "$tree" show -s --format=%s "$commit"
done <"$tmp/commits" >"$tmp/mute"
empty "each patch says why" "$tmp/mute"
grep -l '^Signed-off-by:' "$mails"/*/*.patch >"$tmp/signed" || :
empty "none is signed off: the sender does that" "$tmp/signed"
goes_to preserve iommu@lists.linux.dev
goes_to preserve linux-pci@vger.kernel.org
goes_to preserve kexec@lists.infradead.org
goes_to reclaim iommu@lists.linux.dev
goes_to reclaim kvm@vger.kernel.org
goes_to reclaim kexec@lists.infradead.org
goes_to reclaim linux-mm@kvack.org
goes_to blocks iommu@lists.linux.dev
goes_to amd iommu@lists.linux.dev

git clone -q --no-checkout "$tree" "$tmp/linux"
git -C "$tmp/linux" checkout -q "$(git -C "$tree" rev-parse refs/base)"
am() {
	git -C "$tmp/linux" -c user.name=A -c user.email=a@example.org am -q "$@"
}
at=0
for part in preserve reclaim blocks amd; do
	find "$mails"/*-$part -name '*.patch' ! -name '0000-*' | sort >"$tmp/part"
	at=$((at + $(wc -l <"$tmp/part")))
	# shellcheck disable=SC2046
	holds "part $part applies on top of the parts before" am $(cat "$tmp/part")
	holds "and gives the tree of that commit" git -C "$tmp/linux" diff --exit-code \
		"$(sed -n "${at}p" "$tmp/commits")"
done
plan

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The series as mails: they apply, and their recipients are the maintainers.
set -eu
# shellcheck source=tests/tap.sh
. tests/tap.sh

tree=$PWD/out/linux-$SERIES
mails=$tmp/series

applies() { # the mails, to what Linux has
	git -C "$tmp/linux" -c user.name=A -c user.email=a@example.org am -q "$@" &&
		git -C "$tmp/linux" diff --exit-code "$(git -C "$tree" rev-parse HEAD)"
}

holds "the series is written" scripts/series.sh "$tree" "$mails"
git -C "$tree" rev-list refs/base..HEAD >"$tmp/commits"
holds "there is a mail for each commit, and a cover letter" \
	[ "$(find "$mails" -name '*.patch' | wc -l)" -eq $(($(wc -l <"$tmp/commits") + 1)) ]
holds "the cover letter says what it is about" grep -q 'Subject:.*Live update' "$mails"/0000-*
grep -n '\*\*\*' "$mails"/0000-* >"$tmp/blanks" || :
empty "and has no blanks left to fill in" "$tmp/blanks"
while read -r commit; do
	[ "$(git -C "$tree" show -s --format=%b "$commit" | wc -w)" -ge 40 ] ||
		git -C "$tree" show -s --format=%s "$commit"
done <"$tmp/commits" >"$tmp/mute"
empty "each patch says why" "$tmp/mute"
grep -l '^Signed-off-by:' "$mails"/*.patch >"$tmp/signed" || :
empty "none is signed off: who mails it does that" "$tmp/signed"
for list in iommu@lists.linux.dev linux-pci@vger.kernel.org kvm@vger.kernel.org \
	kexec@lists.infradead.org linux-mm@kvack.org; do
	holds "it goes to $list" grep -qxF "$list" "$mails/recipients"
done
git clone -q --no-checkout "$tree" "$tmp/linux"
git -C "$tmp/linux" checkout -q "$(git -C "$tree" rev-parse refs/base)"
set -- "$mails"/*.patch
shift # the cover letter
holds "the mails apply to what Linux has, and give the same tree" applies "$@"
plan

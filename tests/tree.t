# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Apply and save between kernel/hooks + kernel/new and the branch in the kernel tree: a toy
# tree for each kind of failure, then the real series.
set -eu
# shellcheck source=tests/tap.sh
. tests/tap.sh
top=$PWD

tree() { # apply | save, on the toy
	TREE=$tmp/linux STOCK=$tmp/pristine HOOKS=$tmp/hooks NEW=$tmp/new "$top/kernel/tree.sh" "$1"
}

old() { # is FILE's time still the one that was set?
	[ "$(stat -c %Y "$1")" -eq 86400 ]
}

# A kernel of three files, a hook, and a commit of new files only
mkdir -p "$tmp/linux/drivers" "$tmp/hooks" "$tmp/new/drivers"
seq 40 >"$tmp/linux/drivers/a.c"
seq 40 >"$tmp/linux/drivers/b.c"
seq 40 >"$tmp/linux/Kconfig"
cp -r "$tmp/linux" "$tmp/pristine"
mail='From: A B <a@example.org>\nDate: Thu, 1 Jan 2026 10:00:00 +0100\n'
# shellcheck disable=SC2059
{
	printf "From x Mon Sep 17 00:00:00 2001\n$mail"
	printf 'Subject: drivers: a subject that is so long that a mail program would break it in two\n\n'
	printf 'Why.\n\nAnd more.\n---\n\ndiff --git a/drivers/a.c b/drivers/a.c\n'
	printf -- '--- a/drivers/a.c\n+++ b/drivers/a.c\n@@ -19,3 +19,4 @@\n 19\n-20\n+twenty\n+more\n 21\n'
} >"$tmp/hooks/01-a.patch"
# shellcheck disable=SC2059
printf "From x Mon Sep 17 00:00:00 2001\n${mail}Subject: drivers: add n\n\nNew.\n" >"$tmp/hooks/02-n.patch"
echo 'int n;' >"$tmp/new/drivers/n.c"
printf '# a heading\n\n01-a.patch\n# a remark\n02-n.patch\n\tdrivers/n.c\n' >"$tmp/hooks/series"

holds "a series is applied" tree apply
holds "the hook is in the tree" grep -qx twenty "$tmp/linux/drivers/a.c"
holds "the new file is in the tree" cmp "$tmp/new/drivers/n.c" "$tmp/linux/drivers/n.c"
holds "the branch is saved" tree save
cp -r "$tmp/hooks" "$tmp/hooks.1"
touch -d @86400 "$tmp/linux/drivers/a.c"
holds "it is applied again" tree apply
holds "and saved again" tree save
holds "which changed no byte, comments included" diff -r "$tmp/hooks.1" "$tmp/hooks"
holds "an unchanged file kept its time" old "$tmp/linux/drivers/a.c"

echo 'int more;' >>"$tmp/new/drivers/n.c"
holds "a changed new file is applied" tree apply
holds "and is in the tree" cmp "$tmp/new/drivers/n.c" "$tmp/linux/drivers/n.c"
holds "the others kept their time" old "$tmp/linux/drivers/a.c"

echo 'int again;' >>"$tmp/new/drivers/n.c"
refuses "save does not undo what was changed in new/ meanwhile" "new/drivers/n.c" tree save
holds "once it is applied, save takes it" tree apply
holds "without a change" tree save

sed 's/^-20/-19/' -i "$tmp/hooks/01-a.patch"
refuses "a hook that does not apply is named with its file" \
	"hook 01-a.patch does not apply at drivers/a.c" tree apply
holds "and leaves the tree as it was" grep -qx twenty "$tmp/linux/drivers/a.c"
cp -p "$tmp/hooks.1/01-a.patch" "$tmp/hooks/"

sed 's/a\.c/z.c/g' -i "$tmp/hooks/01-a.patch"
refuses "a hook in a file that the kernel does not have is refused" "drivers/z.c" tree apply
cp -p "$tmp/hooks.1/01-a.patch" "$tmp/hooks/"

mv "$tmp/new/drivers/n.c" "$tmp/n.c"
refuses "a new file that is not there is named" "drivers/n.c" tree apply
mv "$tmp/n.c" "$tmp/new/drivers/n.c"

echo edit >>"$tmp/linux/Kconfig"
refuses "apply does not overwrite an edit in a file outside the branch" "Kconfig" tree apply
refuses "save does not forget it" "Kconfig" tree save
git -C "$tmp/linux" add -f Kconfig
git -C "$tmp/linux" -c user.name=A -c user.email=a@example.org commit -qm "Kconfig: edit"
refuses "apply does not overwrite a commit that is not saved" "not saved" tree apply
holds "a commit that is the first to touch a file of Linux is saved" tree save
holds "as a hook" grep -qx '+edit' "$tmp/hooks/03-Kconfig-edit.patch"
holds "and applied" tree apply
echo 'int late;' >>"$tmp/linux/drivers/n.c"
refuses "save does not forget an edit that is in no commit" "drivers/n.c" tree save
git -C "$tmp/linux" -c user.name=A -c user.email=a@example.org commit -qam "drivers: late"
refuses "a new file is not changed by a later commit" "drivers/n.c" tree save
git -C "$tmp/linux" reset -q --hard HEAD^

: >"$tmp/hooks/series"
holds "an empty series is applied" tree apply
holds "and gives what Linux has" diff -r -x .git "$tmp/pristine" "$tmp/linux"
rm -r "$tmp/hooks"
holds "no series is as good as an empty one" tree apply

# The real series, in a tree with only the files that it touches
HOOKS=$tmp/real/hooks NEW=$tmp/real/new TREE=$tmp/real/linux
STOCK=out/linux-$SERIES-stock
export HOOKS NEW TREE STOCK
mkdir -p "$tmp/real/new" "$tmp/real/linux"
if [ -d kernel/hooks ]; then cp -r kernel/hooks "$tmp/real/"; fi
if [ -d kernel/new ]; then cp -r kernel/new "$tmp/real/"; fi
cat kernel/hooks/*.patch 2>/dev/null | sed -n 's|^--- a/||p' | sort -u >"$tmp/files"
rsync -a --files-from="$tmp/files" out/linux-"$SERIES"-stock/ "$tmp/real/linux/"
holds "the real series is applied" kernel/tree.sh apply
holds "and saved" kernel/tree.sh save
git -C "$tmp/real/linux" rev-parse HEAD >"$tmp/head.1"
if [ -d kernel/hooks ]; then
	holds "apply and save change no byte of the hooks" diff -r kernel/hooks "$tmp/real/hooks"
	holds "nor of the new files" diff -r kernel/new "$tmp/real/new"
fi
holds "it is applied again" kernel/tree.sh apply
git -C "$tmp/real/linux" rev-parse HEAD >"$tmp/head.2"
holds "and is the same commit" cmp "$tmp/head.1" "$tmp/head.2"
find kernel/new -type f 2>/dev/null | sed 's|^kernel/new/||' | sort >"$tmp/have"
sed 's/#.*//' kernel/hooks/series 2>/dev/null | tr -d '\t' | sed '/\.patch$/d; /^$/d' | sort >"$tmp/named"
comm -3 "$tmp/have" "$tmp/named" >"$tmp/astray"
empty "every new file is in the series, once" "$tmp/astray"
plan

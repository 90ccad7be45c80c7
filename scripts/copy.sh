#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# copy.sh TREE COPY
#
# Makes COPY a second tree of the patched source TREE, with its branch, in seconds and
# almost without space: its files are hard links to those of TREE.  Whoever changes a
# file puts a new one in its place (git, mv), so that TREE has no part in it.  A copy
# that is there is used again: what TREE's branch has changed is changed, and only
# that, for the objects that were built from it.  What was edited in it is undone.
set -eu
here=$(dirname "$0")
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"

tree=$(cd "$1" && pwd) copy=$(realpath -m "$2")
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null LC_ALL=C

# What is the same as long as the copy can follow: Linux, and which files are tracked
foundation() {
	cat "$tree/.source"
	git -C "$tree" ls-tree -r --name-only refs/base
}

[ -d "$tree/.git" ] || die "$tree has no branch: run 'make tree' first"
if ! foundation | cmp -s - "$copy/.git/foundation"; then
	need_space "$(dirname "$copy")" 100 "a copy of the kernel tree"
	say "copy $tree"
	rm -rf "$copy" "$copy.part"
	mkdir "$copy.part"
	find "$tree" -mindepth 1 -maxdepth 1 ! -name .git ! -name .lock ! -name 'build*' \
		-exec cp -al -t "$copy.part" {} +
	cp -a "$tree/.git" "$copy.part/.git"
	foundation >"$copy.part/.git/foundation"
	mv "$copy.part" "$copy"
fi
git -C "$copy" update-index -q --refresh || :
git -C "$copy" fetch -q "$tree" +HEAD:refs/tree +refs/base:refs/base
git -C "$copy" checkout -q --force --detach refs/tree

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# copy.sh TREE COPY
#
# Make COPY a second tree of the patched source TREE, with its branch, in seconds and
# almost without space: its files are hard links to those of TREE.  Change a file only by
# replacing it (git and mv do), so that TREE is not affected.  An existing copy is used
# again: only files that differ from TREE's branch are replaced, so that built objects stay
# valid.  Edits in the copy are lost.
set -eu
here=$(dirname "$0")
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"

tree=$(cd "$1" && pwd) copy=$(realpath -m "$2")
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null LC_ALL=C

# Unchanged as long as the copy can be updated: the source, and the list of tracked files
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

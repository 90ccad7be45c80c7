# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154
#
# The save half of tree.sh, which sources this.  Each commit of the branch becomes a line
# of the series, a mail with its hunks in existing files of Linux, and its new files as
# they are.  Hashes are zeroed, statistics and git version left out: the same commit always
# gives the same bytes.

# The parent of commit $1 as a tree, plus the files of Linux that this commit is the first
# to touch, unchanged
parent() {
	rm -f "$work/index"
	GIT_INDEX_FILE=$work/index in_tree read-tree "$1^"
	in_tree diff-tree -r --no-renames --name-only --diff-filter=A "$1" | sed 1d | while read -r f; do
		[ -f "$STOCK/$f" ] || continue
		blob=$(git -C "$TREE" hash-object -w "$STOCK/$f")
		GIT_INDEX_FILE=$work/index in_tree update-index --add --cacheinfo "100644,$blob,$f"
	done
	GIT_INDEX_FILE=$work/index in_tree write-tree
}

# The mail of commit $1 with parent tree $2, with the hunks of the files named after them
mail() {
	in_tree show -s --format="format:From $zero Mon Sep 17 00:00:00 2001%nFrom: %an <%ae>%nDate: %aD%nSubject: %s%n%n%b" "$1"
	[ $# -gt 2 ] || return 0
	printf -- '---\n\n'
	c=$1 p=$2
	shift 2
	in_tree diff-tree -p --no-renames --full-index --diff-algorithm=myers "$p" "$c" -- "$@" |
		sed "/^index /s/[0-9a-f]\{40\}/$zero/g"
}

# Comments before patch $1 in the old series
comments() {
	awk -v p="$1" '/^(#|$)/ { c = c $0 "\n"; next } $1 == p { printf "%s", c } { c = "" }' "$HOOKS/series"
}

save() {
	[ -d "$STOCK" ] || die "$STOCK, the untouched source, is needed to save: run 'make stock' first"
	[ -d "$TREE/.git" ] || die "$TREE has no branch to save: run 'make tree' first"
	edits=$(uncommitted | head -n 3 | tr '\n' ' ')
	[ -z "$edits" ] || die "edited in $TREE but in no commit: $edits(git add -f them, then git commit)"
	mkdir -p "$work/hooks" "$work/new" "$HOOKS" "$NEW"
	newer=$(find "$HOOKS" "$NEW" -type f -newer "$TREE/.git/applied" | head -n 1)
	[ -z "$newer" ] || die "$newer was changed after it was applied, saving would undo that: 'make tree' first"
	# The words after @@ must not depend on which .gitattributes the tree has
	echo '*.[ch] diff=cpp' >"$TREE/.git/info/attributes"
	[ -f "$HOOKS/series" ] || : >"$HOOKS/series"
	n=0
	for c in $(in_tree rev-list --reverse refs/base..HEAD); do
		n=$((n + 1))
		parent=$(parent "$c")
		in_tree diff-tree -r --no-renames --name-status "$parent" "$c" >"$work/files"
		old=$(sed -n 's/^M\t//p' "$work/files") new=$(sed -n 's/^A\t//p' "$work/files")
		odd=$(sed -n 's/^D\t//p' "$work/files")
		for f in $old; do
			[ -f "$STOCK/$f" ] || odd=$f
		done
		[ -z "$odd" ] || die "commit $n deletes $odd, or changes it after the commit that brings it: squash them (git rebase -i)"
		# A patch keeps its name; a new commit's is made from its subject
		was=$(grep -lxF "$(in_tree show -s --format='Subject: %s' "$c")" "$HOOKS"/*.patch /dev/null | head -n 1)
		was=${was##*/}
		name=${was#[0-9][0-9]-}
		patch=$(printf '%02d-%s' $n "${name:-$(in_tree show -s --format=%f "$c" | cut -c 1-50).patch}")
		[ -z "$was" ] || comments "$was" >>"$work/hooks/series"
		echo "$patch" >>"$work/hooks/series"
		[ -z "$new" ] || printf '%s\n' "$new" | sed 's/^/\t/' >>"$work/hooks/series"
		# shellcheck disable=SC2086
		mail "$c" "$parent" $old >"$work/hooks/$patch"
		for f in $new; do
			mkdir -p "$work/new/$(dirname "$f")"
			in_tree cat-file -p "$c:$f" >"$work/new/$f"
		done
	done
	# Only what the old series named is removed: a new file may wait for its commit
	for f in $(series); do
		[ -e "$work/hooks/$f" ] || [ -e "$work/new/$f" ] || rm -f "$HOOKS/$f" "$NEW/$f"
	done
	rsync -rlc "$work/hooks/" "$HOOKS/"
	rsync -rlc "$work/new/" "$NEW/"
	in_tree update-ref refs/kept HEAD
	touch "$TREE/.git/applied"
}

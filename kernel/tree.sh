#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# TREE=<kernel tree> tree.sh apply   hooks + new files -> a branch in the tree
# TREE=<kernel tree> tree.sh save    that branch -> hooks + new files
#
# hooks/series defines the order.  A line `NN-subject.patch` becomes one commit: the patch
# has the message and the hunks in existing files of Linux; the indented lines after it name
# files that are copied from new/.  The tree has all of Linux, its git only the files
# that a commit touches.  refs/base is their pristine source, refs/kept the branch as apply
# or save left it.
#
# apply builds the branch beside the tree and then copies differing files, so that an
# unchanged file keeps its time and the next build is incremental; if a hook does not apply
# the tree stays unchanged.  It refuses to overwrite edits that were not saved.  The output
# of save (tree-save.sh) depends on the branch alone: apply and save in turn change no
# byte.  It takes files of Linux that a commit is the first to touch from STOCK, the
# untouched source (TREE-stock by default).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
TREE=$(cd "${TREE:?names the kernel tree}" && pwd)
STOCK=$(realpath -m "${STOCK:-$TREE-stock}")
HOOKS=${HOOKS:-$here/hooks} NEW=${NEW:-$here/new} work=$TREE.work zero=$(printf '%040d' 0)
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null LC_ALL=C TZ=UTC
export GIT_AUTHOR_NAME=tree.sh GIT_AUTHOR_EMAIL=tree.sh@localhost GIT_AUTHOR_DATE='@0 +0000'
export GIT_COMMITTER_NAME=tree.sh GIT_COMMITTER_EMAIL=tree.sh@localhost GIT_COMMITTER_DATE='@0 +0000'

die() {
	echo "error: $*" >&2
	exit 1
}

# The series without its comments, a patch and its new files on one line
series() {
	[ -f "$HOOKS/series" ] || return 0
	awk '{ sub(/[[:space:]]*#.*/, "") } /^[^[:space:]]/ { if (line) print line; line = $0 }
		/^[[:space:]]+[^[:space:]]/ { line = line " " $1 } END { if (line) print line }' "$HOOKS/series"
}

in_tree() {
	git -C "$TREE" "$@"
}

# Files that were edited but not committed, tracked by the tree's git or not
uncommitted() {
	in_tree diff --name-only HEAD
	in_tree ls-files | sort >"$work/tracked"
	(cd "$TREE" && find . \( -path ./.git -o -path "./build*" -o -path ./.lock -o -name '*.pyc' \) -prune -o \
		-type f -newer .git/applied -print) | sed 's|^\./||' | sort | comm -23 - "$work/tracked"
}

# The pristine FILE
pristine() {
	cat "$STOCK/$1" 2>/dev/null || in_tree cat-file -p "refs/base:$1" 2>/dev/null && return
	! in_tree cat-file -e "HEAD:$1" 2>/dev/null && cat "$TREE/$1" 2>/dev/null
}

# Before an apply: refuse to lose edits in the tree
no_edits() {
	[ -d "$TREE/.git" ] || return 0
	edits=$(uncommitted | head -n 3 | tr '\n' ' ')
	[ "$(in_tree rev-parse HEAD)" = "$(in_tree rev-parse refs/kept)" ] || edits="commits $edits"
	[ -z "$edits" ] || die "$TREE has edits that are not saved ($edits):" \
		"'make save' keeps them, 'make tree FORCE=1' starts from a fresh tree"
}

# The base commit of $work/tree
base() {
	git init -q -b main
	git config core.fileMode false
	echo '*' >.git/info/exclude
	while read -r patch _; do
		[ -f "$HOOKS/$patch" ] || die "series names $patch, which is not in $HOOKS: mend one of them"
		sed -n 's|^--- a/||p' "$HOOKS/$patch" >>"$work/touched"
	done <"$work/series"
	while read -r f; do
		mkdir -p "$(dirname "$f")"
		pristine "$f" >"$work/file" || die "a hook changes $f, which this kernel source does not have"
		mv "$work/file" "$f"
	done <"$work/touched"
	git add -f . && git commit -q --allow-empty -m "Linux, as far as it is touched"
	git update-ref refs/base HEAD
}

# Make one commit of $work/tree from one line of the series
commit() {
	patch=$1
	shift
	git am -q --keep-non-patch --empty=keep --whitespace=nowarn "$HOOKS/$patch" >"$work/am" 2>&1 || {
		at=$(sed -n 's/^error: patch failed: //p' "$work/am" | head -n 1)
		die "hook $patch does not apply at ${at:-"$(grep -m1 . "$work/am")"}: mend that hunk (the tree is as it was)"
	}
	for f; do
		mkdir -p "$(dirname "$f")"
		cp "$NEW/$f" "$f" 2>/dev/null || die "series: $patch brings $f, which is not in $NEW"
		git add -f "$f"
	done
	[ $# -eq 0 ] || git commit -q --amend --no-edit
}

apply() {
	no_edits
	series >"$work/series"
	: >"$work/touched"
	mkdir "$work/tree" && cd "$work/tree"
	base
	while read -r line; do
		# shellcheck disable=SC2086 # a patch and its files
		commit $line </dev/null
	done <"$work/series"
	git update-ref refs/kept HEAD
	git ls-files | sort >"$work/now"
	# Files that only the old branch changed become pristine again
	{ [ ! -d "$TREE/.git" ] || in_tree ls-files; } | sort | comm -23 - "$work/now" >"$work/gone"
	while read -r f; do
		if pristine "$f" >"$work/file"; then cp "$work/file" "$TREE/$f"; else rm -f "$TREE/$f"; fi
	done <"$work/gone"
	rsync -rlc --exclude=/.git ./ "$TREE/"
	rm -rf "$TREE/.git" && mv .git "$TREE/.git"
	in_tree update-index -q --refresh
	touch "$TREE/.git/applied"
}

case ${1:-} in
apply) ;;
save)
	# shellcheck source=kernel/tree-save.sh
	. "$here/tree-save.sh"
	;;
*) die "usage: TREE=<kernel tree> tree.sh apply | save" ;;
esac
rm -rf "$work" && mkdir "$work"
trap 'rm -rf "$work"' EXIT
"$1"

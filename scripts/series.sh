#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# series.sh TREE DIR
#
# Writes the branch in TREE as mails into DIR: a cover letter from kernel/hooks/cover
# (its first line is the subject, remarks left out), a mail per commit, and in `recipients` whom the
# kernel's own get_maintainer.pl names for them.  Nothing is signed off: whoever
# mails it does that.
set -eu
here=$(dirname "$0")
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"

tree=$1 dir=$2 cover=$(realpath "$here/../kernel/hooks/cover")
rm -rf "$dir"
mkdir -p "$dir"
dir=$(realpath "$dir")
cd "$tree"
git config branch."$(git rev-parse --abbrev-ref HEAD)".description "$(sed '/^#/d' "$cover")"
git format-patch -q --cover-letter --cover-from-description=subject --no-signature --zero-commit \
	-o "$dir" refs/base..HEAD
find "$dir" -name '*.patch' ! -name '0000-*' -exec \
	perl scripts/get_maintainer.pl --nogit --nogit-fallback --norolestats {} + >"$dir/recipients"
say "$(git rev-list --count refs/base..HEAD) patches and a cover letter in $dir," \
	"$(wc -l <"$dir/recipients") recipients; sign them off before you mail them"

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# coverage-tree.sh TREE COPY
#
# Make COPY a second tree of the patched source TREE that counts how often each line of our
# files runs: new files, and files of Linux that a hook changes. kernel/coverage writes the
# counters to the emulator. Files are replaced, not changed, as copy.sh wants it.
set -eu
here=$(dirname "$0")

"$here/copy.sh" "$1" "$2"

# append FILE: standard input, at its end
append() {
	cat "$1" - >"$1.new"
	mv "$1.new" "$1"
}

cd "$2"
git diff --name-only --diff-filter=AM refs/base HEAD -- '*.c' ':!tools' | sort | while read -r f; do
	name=${f##*/}
	echo "GCOV_PROFILE_${name%.c}.o := y" | append "${f%/*}/Makefile"
done
# Templates: objects of ours are made from headers
echo 'GCOV_PROFILE := y' | append drivers/iommu/generic_pt/fmt/Makefile
echo 'obj-y += at_shutdown.o' | append kernel/gcov/Makefile
cp "$OLDPWD/kernel/coverage/at_shutdown.c" kernel/gcov/at_shutdown.c

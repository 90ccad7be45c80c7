#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# checkpatch.sh TREE COMMIT
#
# Run the kernel's checkpatch on one commit of the branch of TREE.  Sign-off and
# MAINTAINERS are not checked: the person who mails the series adds them.  A Kconfig that sources
# Kconfig.liveupdate beside it names itself, as far as checkpatch can see.  The fields of
# struct pci_sriov are in mixed case.
set -eu

tree=$(cd "$1" && pwd) work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git -C "$tree" format-patch -q -1 --stdout --no-signature "$2" >"$work/patch"
cd "$work"
"$tree/scripts/checkpatch.pl" --root "$tree" --strict --terse --no-summary \
	--ignore MISSING_SIGN_OFF,FILE_PATH_CHANGES,EMBEDDED_FILENAME,CAMELCASE patch

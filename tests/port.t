# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The report of `make port` about another Linux: each kind of conflict, on a toy tree, and
# no conflict of our hooks in the two kernels that we build.
set -eu
# shellcheck source=tests/tap.sh
. tests/tap.sh

# port TREE: the report goes to $tmp/report
port() {
	scripts/port.sh "$1" >"$tmp/report" 2>&1
}

# tells FACT LINE: port finds a conflict, and its report contains LINE
tells() {
	rc=0
	! port "$tmp/linux" || rc=1
	grep -qxF -- "$2" "$tmp/report" || rc=1
	ok $rc "$1" "$tmp/report"
	rm -rf "$tmp/linux"
	cp -r "$tmp/pristine" "$tmp/linux"
}

# Two functions that look alike where the hook goes
body='{\n\tone();\n\ttwo();\n\tthree();\n\tfour();\n\tfive();\n}\n\n'
mkdir -p "$tmp/pristine/mm" "$tmp/hooks"
printf 'VERSION = 7\nPATCHLEVEL = 9\n' >"$tmp/pristine/Makefile"
# shellcheck disable=SC2059
printf "int a(void)\n${body}int b(void)\n${body}" >"$tmp/pristine/mm/a.c"
cp -r "$tmp/pristine" "$tmp/linux"
cat >"$tmp/hooks/01-b.patch" <<'HOOK'
Subject: mm: hook b

Why.
---

diff --git a/mm/a.c b/mm/a.c
--- a/mm/a.c
+++ b/mm/a.c
@@ -13,3 +13,4 @@ int b(void)
 	two();
 	three();
+	hook();
 	four();
HOOK
printf '01-b.patch\n\tmm/new.c\n' >"$tmp/hooks/series"

HOOKS=$tmp/hooks
export HOOKS
holds "a hook that fits is fine" port "$tmp/linux"
holds "and said to be" grep -qx 'ok    01-b.patch' "$tmp/report"
holds "the source is left as it was" diff -r "$tmp/pristine" "$tmp/linux"

sed -i 's/three/drei/' "$tmp/linux/mm/a.c"
tells "a hunk that does not apply" "      mm/a.c: does not apply at line 13"
rm "$tmp/linux/mm/a.c"
tells "a file that is gone" "      mm/a.c: is not there"
echo >"$tmp/linux/mm/new.c"
tells "a new file that Linux has by now" "      mm/new.c: Linux has a file of this name"
sed -i '10,$s/three/drei/' "$tmp/linux/mm/a.c"
tells "a hunk that only fits in another function" \
	"      mm/a.c: int a: applies here, is it the place?"
refuses "what is no Linux" "no Linux source tree" scripts/port.sh "$tmp/hooks"

unset HOOKS
holds "our hooks fit $SERIES" port out/linux-"$SERIES"-stock
mkdir "$tmp/older"
git -C out/linux-"$OLDER_SERIES" archive refs/base | tar -x -C "$tmp/older"
cp out/linux-"$OLDER_SERIES"/Makefile "$tmp/older/"
holds "and $OLDER_SERIES" port "$tmp/older"
holds "each in the same functions" grep -qx "Linux $OLDER_SERIES: 0 of [0-9]* hooks to mend" "$tmp/report"
plan

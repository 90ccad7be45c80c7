# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The kernel's documentation of our part, in the patched tree: comments, by the kernel's own
# checker; pages and the comments that they include; sysfs; MAINTAINERS.
set -eu
# shellcheck source=tests/tap.sh
. tests/tap.sh

tree=$PWD/out/linux-$SERIES
pages='core-api/liveupdate-iommu core-api/liveupdate-iommu-amd core-api/liveupdate-iommu-blocks
	core-api/liveupdate-iommu-vtd core-api/liveupdate-memfd-hugetlb core-api/kho/records'
# The parents of our pages, and the pages they refer to
others='core-api/liveupdate core-api/kho/index core-api/kho/abi userspace-api/iommufd
	userspace-api/liveupdate mm/memfd_preservation admin-guide/mm/kho'
export PYTHONDONTWRITEBYTECODE=1

git -C "$tree" diff --name-only --diff-filter=A refs/base HEAD >"$tmp/new"
holds "the branch is there, with our pages" grep -qxF "Documentation/${pages%% *}.rst" "$tmp/new"
grep '\.[ch]$' "$tmp/new" >"$tmp/code"
(cd "$tree" && xargs scripts/kernel-doc -none -Wall <"$tmp/code" 2>&1) |
	grep -E '^(Warning|Error|warning|error)' >"$tmp/found" || :
empty "kernel-doc has no remark on our files" "$tmp/found"

# pulled PAGE...: included comments, a line each: a file, then "all", or a kind and a name
pulled() {
	awk -v OFS='\t' 'function all() { if (path && !kind) print path, "all"; path = "" }
		/^\.\. kernel-doc::/ { all(); path = $3; kind = ""; next }
		!/^   +[^ ]/ { all(); next }
		$1 ~ /^:[a-z]*:$/ { kind = $1; sub("^ *:[a-z]*: *", "") }
		kind == ":doc:" { print path, "doc", $0 }
		kind == ":functions:" { for (i = 1; i <= NF; i++) print path, "function", $i }
		END { all() }' "$@"
}

is_there() { # FILE KIND NAME
	case $2 in
	doc) grep -qxF " * DOC: $3" "$tree/$1" ;;
	function) grep -qE "^ \* $3(\(\))? - " "$tree/$1" ;;
	all) test -s "$tree/$1" ;;
	esac
}

for page in $pages userspace-api/iommufd; do
	pulled "$tree/Documentation/$page.rst"
done >"$tmp/pulled"
holds "pages pull in $(grep -c '	doc	' "$tmp/pulled") blocks of prose" \
	test "$(grep -c '	doc	' "$tmp/pulled")" -gt 20
while IFS='	' read -r file kind name; do
	is_there "$file" "$kind" "$name" || echo "$file $kind $name"
done <"$tmp/pulled" >"$tmp/found"
empty "and nothing that is not there" "$tmp/found"
while read -r file; do
	sed -n "s|^ \* DOC: |$file	doc	|p" "$tree/$file"
done <"$tmp/code" >"$tmp/blocks"
grep -vxFf "$tmp/pulled" "$tmp/blocks" | while IFS='	' read -r file _ name; do
	grep -qxF "$file	all" "$tmp/pulled" || echo "$file: $name"
done >"$tmp/found"
empty "no block of prose is left out" "$tmp/found"

for page in $pages $others; do
	mkdir -p "$tmp/rst/${page%/*}"
	cp "$tree/Documentation/$page.rst" "$tmp/rst/$page.rst"
done
{
	printf 'Pages\n=====\n\n.. toctree::\n\n'
	printf '   %s\n' core-api/liveupdate core-api/kho/index userspace-api/iommufd \
		userspace-api/liveupdate admin-guide/mm/kho
} >"$tmp/rst/index.rst"
rc=0
srctree=$tree PYTHONPATH=$tree/Documentation/sphinx sphinx-build -q -C -b dummy \
	-D extensions=kerneldoc -D kerneldoc_srctree="$tree" \
	"$tmp/rst" "$tmp/out" >"$tmp/found" 2>&1 || rc=1
[ ! -s "$tmp/found" ] || rc=1
ok $rc "Sphinx builds the pages without a remark" "$tmp/found"

abi=$tree/Documentation/ABI/testing
grep -hoE '(LU_COUNT|ATTR_R[OW](_MODE)?)\([a-z]\w*' -r kernel/new | sed 's/.*(//' >"$tmp/attributes"
holds "there are attributes in sysfs" test -s "$tmp/attributes"
while read -r name; do
	grep -qE "^What:.*/$name\$" "$abi"/sysfs-*liveupdate || echo "$name"
done <"$tmp/attributes" >"$tmp/found"
empty "each is described as ABI" "$tmp/found"
mkdir -p "$tmp/abi/testing"
cp "$abi"/sysfs-*liveupdate "$tmp/abi/testing"
"$tree/tools/docs/get_abi.py" --dir "$tmp/abi" validate >"$tmp/found" 2>&1 ||
	echo "it ends with $?" >>"$tmp/found"
empty "as the kernel's own reader wants it" "$tmp/found"

# As get_maintainer.pl does it: paths that match the expression
sed -n '/^LIVE UPDATE OF DEVICES THAT DO DMA$/,/^$/s/^N:	//p' "$tree/MAINTAINERS" >"$tmp/patterns"
holds "MAINTAINERS has an entry for it" test -s "$tmp/patterns"
grep -vEf "$tmp/patterns" "$tmp/new" >"$tmp/found" || :
empty "and it has all of our files" "$tmp/found"
plan

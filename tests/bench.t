# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The cost of a live update has not increased: counts, slopes and ratios of the short bench
# (make bench QUICK=1), in instructions; goals.c has the limits.
set -eu
# shellcheck source=tests/tap.sh
. tests/tap.sh

bench=out/test/bench
mkdir -p out/test
rm -rf $bench
holds "no count, slope or ratio is over its limit" out/vm/lubench --quick --out $bench
sed -n 's/^| \(.* | .* | .* | yes\) |.*/# \1/p' $bench/report.md
for picture in phases sizes devices; do
	holds "the report has a picture: $picture.svg" grep -q '<svg' $bench/$picture.svg
done
plan

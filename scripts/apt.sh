#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# apt.sh SUITE
#
# Create a separate apt configuration that includes SUITE, update it and print the
# path of its configuration file, for `apt-get -c`.  Mirror, options and signing key
# come from the machine's own apt: its source entries are copied with the suite
# replaced.  The machine's own apt configuration, lists and caches are only read.
set -eu
here=$(dirname "$0")
# shellcheck source=scripts/lib.sh
. "$here/lib.sh"

suite=$1
dir=$CACHE/apt/$suite
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
list='' parts=''
eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"

# Entries in deb822 form: copy a paragraph with its mirror, key and options.
deb822() {
	awk -v codename="$codename" -v suite="$suite" '
	BEGIN {
		RS = ""; FS = "\n"
		base = "^(" codename "|stable|oldstable)$"
	}
	{
		body = ""; deb = is_base = 0; enabled = 1; main = 0
		for (i = 1; i <= NF; i++) {
			n = split($i, w, /[ \t]+/)
			key = tolower(w[1])
			if ($i ~ /^#/)
				continue
			for (j = 2; j <= n; j++) {
				if (key == "types:" && w[j] == "deb") deb = 1
				if (key == "suites:" && w[j] ~ base) is_base = 1
				if (key == "components:" && w[j] == "main") main = 1
				if (key == "enabled:" && tolower(w[j]) == "no") enabled = 0
			}
			if (key != "suites:" && key != "types:" && key != "components:")
				body = body $i "\n"
		}
		if (!deb || !enabled || !main)
			next
		head = "Types: deb\nComponents: main\n" body
		if (is_base && !found++) print head "Suites: " suite "\n"
	}'
}

# Entries of one line each: deb [options] uri suite component...
one_line() {
	awk -v codename="$codename" -v suite="$suite" '
	BEGIN {
		base = "^(" codename "|stable|oldstable)$"
	}
	/^[ \t]*deb[ \t]/ {
		options = ""; rest = $0
		sub(/^[ \t]*deb[ \t]+/, "", rest)
		sub(/#.*/, "", rest)
		if (match(rest, /^\[[^]]*\][ \t]*/)) {
			options = substr(rest, 1, RLENGTH)
			rest = substr(rest, RLENGTH + 1)
		}
		split(rest, w, /[ \t]+/)
		if (rest !~ /[ \t]main([ \t]|$)/)
			next
		if (w[2] ~ base && !found++) print "deb " options w[1], suite, "main"
	}'
}

rm -rf "$dir/sources"
mkdir -p "$dir/sources" "$dir/lists/partial" "$dir/cache/archives/partial"
find "${parts%/}" -maxdepth 1 -name '*.sources' -exec awk 'FNR == 1 { print "" } 1' {} + 2>/dev/null |
	deb822 >"$dir/sources/machine.sources" || :
{ cat "$list" 2>/dev/null; find "${parts%/}" -maxdepth 1 -name '*.list' -exec cat {} + 2>/dev/null; } |
	one_line >"$dir/sources/machine.list" || :
grep -qw -- "$suite" "$dir/sources/machine.sources" "$dir/sources/machine.list" ||
	die "apt has no source for Debian ${codename:-?}, so there is no mirror to get $suite from: add one, or use KDIR=<a Linux source tree>"

cat >"$dir/apt.conf" <<CONF
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$dir/sources/";
Dir::State::lists "$dir/lists/";
Dir::Cache "$dir/cache/";
APT::Sandbox::User "root";
APT::Get::List-Cleanup "1";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
Acquire::Retries "3";
CONF
apt-get -c "$dir/apt.conf" -q update >"$dir/update.log" 2>&1 ||
	die "apt-get update for $suite failed ($(grep -m1 '^E:' "$dir/update.log" || tail -n 1 "$dir/update.log")): is the mirror reachable?"
echo "$dir/apt.conf"

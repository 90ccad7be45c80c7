#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# lib-man.sh DIR: write a man page for each function of libiolu, from the comments of its headers.
#
# A page is made from each kernel-doc comment and the declarations behind it, up to a blank line.
# Further functions among them get a page that refers to the first one's.
set -eu

dir=$1
version=$(sed -n 's/^#define IOLU_VERSION[[:blank:]]*"\(.*\)"/\1/p' lib/iolu.h)
mkdir -p "$dir"
rm -f "$dir"/iolu_*.3

# shellcheck disable=SC2016
cat lib/iolu.h lib/iolu_*.h | awk -v dir="$dir" -v version="$version" '
function escape(text) {
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	sub(/^[.\x27]/, "\\\\&&", text)
	return text
}
# Text of a comment: functions and arguments in bold and italics
function marked(text) {
	text = escape(text)
	gsub(/iolu_[a-z_]+\(\)/, "\\fB&\\fR", text)
	while (match(text, /@[a-z_]+/))
		text = substr(text, 1, RSTART - 1) "\\fI" substr(text, RSTART + 1, RLENGTH - 1) "\\fR" \
			substr(text, RSTART + RLENGTH)
	return text
}
function take_line(line) {
	if (match(line, /^@[a-z_]+: /)) {
		arguments = arguments ".TP\n.I " substr(line, 2, RLENGTH - 3) "\n" \
			marked(substr(line, RLENGTH + 1)) "\n"
		part = "argument"
	} else if (sub(/^Return: /, "", line)) {
		part = "return"
		result = line
	} else if (line == "") {
		if (part == "text")
			text = text ".PP\n"
		part = "text"
	} else if (part == "argument") {
		sub(/^[ \t]+/, "", line)
		arguments = arguments marked(line) "\n"
	} else if (part == "return") {
		result = result " " line
	} else {
		text = text marked(line) "\n"
	}
}
# "0; -EINVAL: text; -ENOENT, -EIO: text" as a list
function values(  i, n, item, list) {
	n = split(result, item, "; ")
	for (i = 1; i <= n; i++) {
		sub(/\.$/, "", item[i])
		if (match(item[i], /^-E[A-Z0-9]+(, -E[A-Z0-9]+)*/))
			list = list ".TP\n.B " escape(substr(item[i], 1, RLENGTH)) "\n" \
				marked(upper(substr(item[i], RLENGTH + 1))) "\n"
		else if (item[i] == "0")
			list = list ".TP\n.B 0\nSuccess.\n"
		else
			list = list ".PP\n" marked(upper(item[i])) "\n"
	}
	return list
}
function upper(line) {
	sub(/^[:, ]+/, "", line)
	return line == "" ? "See the system call." : toupper(substr(line, 1, 1)) substr(line, 2) "."
}
function write_page(  i, file) {
	file = dir "/" name[1] ".3"
	printf ".TH %s 3 \"\" \"libiolu %s\" \"Library of iommu-liveupdate\"\n.SH NAME\n", name[1],
		version >file
	for (i = 1; i <= names; i++)
		printf "%s%s", name[i], i < names ? ", " : " \\- " summary "\n" >file
	printf ".SH SYNOPSIS\n.nf\n.B #include <iolu.h>\n.PP\n%s.fi\n", synopsis >file
	sub(/\.PP\n$/, "", text)
	if (synopsis ~ /struct iolu_vm \*vm/ && arguments !~ /\.I vm\n/)
		arguments = ".TP\n.I vm\nThe handle.\n" arguments
	if (arguments text != "")
		printf ".SH DESCRIPTION\n%s", text >file
	if (arguments != "")
		printf "%s", arguments >file
	printf ".SH RETURN VALUE\n%s", result == "" ? "None.\n" : values() >file
	printf ".SH SEE ALSO\n.BR libiolu (3)\n" >file
	close(file)
	for (i = 2; i <= names; i++) {
		file = dir "/" name[i] ".3"
		printf ".so man3/%s.3\n", name[1] >file
		close(file)
	}
}
/^\/\*\*$/ { doc = 1; summary = text = arguments = result = synopsis = ""; names = 0; part = ""; next }
doc == 1 && /^ \*\/$/ { doc = 2; next }
doc == 1 && summary == "" {
	summary = $0
	sub(/^ \* iolu_[a-z_]+\(\) - /, "", summary)
	sub(/\.$/, "", summary)
	summary = escape(summary)
	part = "text"
	next
}
doc == 1 { sub(/^ \* ?/, ""); take_line($0); next }
doc == 2 && /^$/ { write_page(); doc = 0; next }
doc == 2 {
	line = $0
	gsub(/\t/, "    ", line)
	synopsis = synopsis "\\fB" escape(line) "\\fR\n"
	if ($0 !~ /^typedef/ && match($0, /iolu_[a-z_]+\(/))
		name[++names] = substr($0, RSTART, RLENGTH - 1)
}'

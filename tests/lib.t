# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# libiolu without the test machine: its header and symbols, what it installs, its unit tests
# and a fuzzer on the journal, both under AddressSanitizer and UBSan. The update itself is
# vm/scenarios/library*.c.
set -eu
# shellcheck source=tests/tap.sh
. tests/tap.sh

strict='-Wall -Wextra -Werror -pedantic'
headers='-isystem out/headers/include'
sanitize='-O1 -g -std=gnu11 -fsanitize=address,undefined -fno-sanitize-recover=all'

printf '#include "iolu.h"\nint main(void) { return !iolu_vm_reason; }\n' >"$tmp/header.c"
cp "$tmp/header.c" "$tmp/header.cc"
# shellcheck disable=SC2086
holds "the header compiles alone in C" gcc $strict -std=c99 -Ilib -fsyntax-only \
	-Wno-address "$tmp/header.c"
# shellcheck disable=SC2086
holds "and in C++" g++ $strict -std=c++11 -Ilib -fsyntax-only -Wno-address "$tmp/header.cc"

grep -hE '^(int|void|const char \*|struct)[^=]*iolu_[a-z_]*\(' lib/iolu*.h |
	sed 's/.*\(iolu_[a-z_]*\)(.*/\1/' | sort >"$tmp/declared"
sed -n 's/^\t\t\(iolu_[a-z_]*\);/\1/p' lib/iolu.map | sort >"$tmp/map"
nm -D --defined-only out/lib/libiolu.so | awk '$2 == "T" { sub("@.*", "", $3); print $3 }' |
	sort >"$tmp/exported"
holds "the header declares something" test -s "$tmp/declared"
holds "the map exports what the header declares" diff "$tmp/declared" "$tmp/map"
holds "the shared library exports what the map says" diff "$tmp/map" "$tmp/exported"
holds "types and constants are those that programs were compiled against" \
	gcc -std=gnu11 -Wall -Wextra -Werror -fsyntax-only lib/t/abi.c
sed -n 's/^CALL([a-z *]*, \(iolu_[a-z_]*\),.*/\1/p' lib/t/abi.c | sort >"$tmp/pinned"
holds "lib/t/abi.c has each function" diff "$tmp/map" "$tmp/pinned"
nm out/lib/libiolu.a | awk '$2 ~ /^[TDBRC]$/ && $3 !~ /^iolu_/' >"$tmp/found"
empty "the static library has no global name but iolu_*" "$tmp/found"
size -A out/lib/libiolu.a | awk '$1 ~ /^\.(t?data|t?bss)$/ && $2' >"$tmp/found"
empty "there is no variable that can change" "$tmp/found"
nm -u out/lib/libiolu.a | awk '{ print $2 }' |
	grep -xE '(v?f?printf|puts|perror|v?syslog|exit|abort|pthread_.*)' >"$tmp/found" || :
empty "it neither prints, nor ends the process, nor makes threads" "$tmp/found"

holds "it can be installed" make -s -o out/headers/.installed -o packages -o out/linux-"$SERIES"/.source \
	-o out/linux-"$SERIES"/.git/applied install-lib DESTDIR="$tmp/to" PREFIX=/usr LIBDIR=/usr/lib64
PKG_CONFIG_SYSROOT_DIR=$tmp/to PKG_CONFIG_PATH=$tmp/to/usr/lib64/pkgconfig
export PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_PATH
flags=$(PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 \
	pkg-config --cflags --libs libiolu) || flags=
cat >"$tmp/user.cc" <<'CC'
#include <iolu.h>
int main()
{
	iolu_vm *vm;
	if (iolu_vm_new("vm0", &vm))
		return 1;
	iolu_vm_free(vm);
}
CC
# shellcheck disable=SC2086
holds "a program in C++ is built by pkg-config's words" g++ -o "$tmp/user" "$tmp/user.cc" $flags
holds "and runs" env LD_LIBRARY_PATH="$tmp/to/usr/lib64" "$tmp/user"
holds "the man page has no fault" mandoc -Tlint -W error out/lib/libiolu.3
find "$tmp/to/usr/share/man/man3" -name 'iolu_*.3' | sed 's|.*/||; s|\.3$||' | sort >"$tmp/pages"
holds "each function has a man page" diff "$tmp/map" "$tmp/pages"
lint_pages() (
	cd "$tmp/to/usr/share/man"
	mandoc -Tlint -W error man3/iolu_*.3
)
holds "none has a fault" lint_pages
grep -lx 'None\.' "$tmp"/to/usr/share/man/man3/iolu_*.3 | sed 's|.*/||; s|\.3$||' >"$tmp/silent"
sed -n 's/^void \(iolu_[a-z_]*\)(.*/\1/p' lib/iolu*.h | sort >"$tmp/void"
holds "each says what the function returns, if it returns anything" diff "$tmp/void" "$tmp/silent"

# Each line of code that the guide shows stands in the scenario that runs it
awk '/^```$/ { code = 0 } code; /^```c$/ { code = 1 }' docs/vmm-author.md >"$tmp/code"
holds "the guide shows code" test -s "$tmp/code"
grep -vxFf vm/scenarios/library_guide.c "$tmp/code" >"$tmp/found" || :
empty "nothing but what library_guide.c runs" "$tmp/found"
calls=$(grep -o 'iolu_vm_[a-z_]*(' "$tmp/code" | sort -u | wc -l)
holds "which is $calls calls, 20 at most" test "$calls" -gt 5 -a "$calls" -le 20

# library_import.c compares the calls that it has made with its list, and has 12 at most
sed -n '/^#define CALLS/,/ "$/p' vm/scenarios/library_import.c | grep -o 'iolu_[a-z_]*' | sort >"$tmp/made"
sed -n '/^## A VMM that manages/,/^These twelve/p' docs/vmm-author.md | grep '^| ' |
	grep -o 'iolu_vm_[a-z_]*' | sort >"$tmp/calls"
holds "library_import.c has a list of calls" test -s "$tmp/made"
holds "the guide's table for a VMM that owns its objects has the same" diff "$tmp/made" "$tmp/calls"

# unit OUTPUT SOURCES: builds with sanitizers
unit() {
	exe=$1
	shift
	# shellcheck disable=SC2086
	holds "${exe##*/} is built" gcc $strict -Wno-pedantic $sanitize $headers -o "$exe" "$@" lib/*.c -lz
}

for name in journal errors refusals; do
	unit "$tmp/$name" "lib/t/$name.c" lib/t/raw.c lib/t/tap.c
	holds "lib/t/$name.c holds: $("$tmp/$name" 2>"$tmp/log" | tail -n 1)" "$tmp/$name"
	empty "and no sanitizer has a remark" "$tmp/log"
done
unit "$tmp/fuzz" lib/t/fuzz.c lib/t/fuzz_main.c lib/t/raw.c
holds "ten seconds of damaged journals do no harm" "$tmp/fuzz" "${FUZZ_SECONDS:-10}"
sed 's/^/# /' "$tmp/output"
plan

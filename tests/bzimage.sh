# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# What is where in a bzImage (Documentation/arch/x86/boot.rst); tests source this.

# number FILE OFFSET BYTES
number() {
	od -An -tu"$3" -j"$2" -N"$3" "$1" | tr -d ' '
}

# payload_at IMAGE: where the compressed kernel begins, in bytes
payload_at() {
	echo $((($(number "$1" 497 1) + 1) * 512 + $(number "$1" 584 4)))
}

# unpacked IMAGE: the kernel in it, compressed with gzip, and the relocations after it.  Behind
# the compressed data is its length, of which gzip only warns.
unpacked() {
	tail -c +$(($(payload_at "$1") + 1)) "$1" | head -c "$(number "$1" 588 4)" |
		gzip -dcq || [ $? -eq 2 ]
}

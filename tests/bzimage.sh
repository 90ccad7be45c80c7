# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Layout of a bzImage (Documentation/arch/x86/boot.rst); tests source this.

# number FILE OFFSET BYTES
number() {
	od -An -tu"$3" -j"$2" -N"$3" "$1" | tr -d ' '
}

# payload_at IMAGE: where the compressed kernel begins, in bytes
payload_at() {
	echo $((($(number "$1" 497 1) + 1) * 512 + $(number "$1" 584 4)))
}

# unpacked IMAGE: its kernel (compressed with gzip) and the relocations after it.  The length
# follows the compressed data; gzip only warns about it.
unpacked() {
	tail -c +$(($(payload_at "$1") + 1)) "$1" | head -c "$(number "$1" 588 4)" |
		gzip -dcq || [ $? -eq 2 ]
}

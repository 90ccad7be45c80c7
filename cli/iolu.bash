# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Completion of iolu for bash: the options in the help of the verb, devices, sessions.

_iolu() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local verb=${COMP_WORDS[1]} words=

	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		words=$(iolu --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
	elif [[ $before == --kernel || $before == --initrd || $before == --svg ||
		($verb == load && $word != -*) ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
	elif [[ $before == --device ]]; then
		words=$(for f in /sys/class/vfio-dev/*/device; do basename "$(readlink "$f")"; done)
	elif [[ $verb == unpreserve && $word != -* ]]; then
		words=$(iolu status 2>/dev/null |
			sed -n '/^sessions:/,/^previous sessions:/s/^  \([^ ]*\) *outgoing.*/\1/p')
	elif [[ $verb == discard && $word != -* ]]; then
		words=$(iolu status 2>/dev/null |
			sed -n '/^previous sessions:/,/^tokens:/s/^  \([^ ]*\) *false.*/\1/p')
	else
		words=$(iolu "$verb" --help 2>/dev/null | sed -n 's/^  \(--[a-z-]*\) .*/\1/p')
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _iolu iolu

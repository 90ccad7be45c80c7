# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Completion of iolu for bash. Options are those that the verb's own help names.

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
	else
		words=$(iolu "$verb" --help 2>/dev/null | sed -n 's/^  \(--[a-z-]*\) .*/\1/p')
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _iolu iolu

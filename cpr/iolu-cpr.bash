# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Completion of iolu-cpr for bash: its verbs, the sessions that wait, files.

_iolu_cpr() {
	local word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} words=

	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		words="save restore --help"
	elif ((COMP_CWORD == 2)) && [[ $verb == restore ]]; then
		words=$(iolu status 2>/dev/null |
			sed -n '/^previous sessions:/,/^tokens:/s/^  \([^ ]*\) *false.*/\1/p')
	elif ((COMP_CWORD > 2)); then
		mapfile -t COMPREPLY < <(compgen -cf -- "$word")
		return
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _iolu_cpr iolu-cpr

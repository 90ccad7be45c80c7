#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# progress.sh TITLE LOG COMMAND...
#
# Run a long step with its output in LOG and show its progress: on a terminal one line that
# is rewritten each second, elsewhere a line each half minute.  If the step writes one large
# file, PROGRESS_FILE names it and its size is shown; otherwise compile lines of the log
# are counted.  If the step fails, print the error lines of the log.  The exit status is
# that of the command.
set -eu

title=$1 log=$2
shift 2
mkdir -p "$(dirname "$log")"
start=$(date +%s)

measure() {
	if [ -n "${PROGRESS_FILE:-}" ]; then
		du -cm "$PROGRESS_FILE" 2>/dev/null | awk 'END { printf "%d MiB, ", $1 }' || :
	elif grep -q '^  [A-Z]' "$log"; then
		printf '%d objects, ' "$(grep -c '^  [A-Z]' "$log")"
	fi
}

line() {
	t=$(($(date +%s) - start))
	printf '%s [ %s%d:%02d ]' "$title" "$(measure)" $((t / 60)) $((t % 60))
}

"$@" >"$log" 2>&1 </dev/null &
pid=$!
trap 'kill "$pid" 2>/dev/null; wait "$pid"; exit 130' INT TERM

seconds=0
while kill -0 "$pid" 2>/dev/null; do
	sleep 1
	seconds=$((seconds + 1))
	if [ -t 2 ]; then
		printf '\r%s ' "$(line)" >&2
	elif [ $((seconds % 30)) -eq 0 ]; then
		printf '%s\n' "$(line)" >&2
	fi
done

rc=0
wait "$pid" || rc=$?
[ ! -t 2 ] || printf '\r' >&2
if [ "$rc" -eq 0 ]; then
	printf '%s done\n' "$(line)" >&2
else
	printf '%s FAILED\n' "$(line)" >&2
	grep -E -A3 'error:|Error|\*\*\*|No space|undefined reference|^E:' "$log" | tail -n 30 >&2 ||
		tail -n 10 "$log" >&2
	echo "error: $title failed; the whole log is $log" >&2
fi
exit "$rc"

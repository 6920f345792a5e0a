#!/bin/bash
# Records pilot at work on a simulated AWS in a real terminal, as docs/images/preview.svg and setup.svg; needs tmux.
# Usage: record.sh [PILOT]
set -euo pipefail
cd "$(dirname "$0")/.."
pilot=$(realpath "${1:-bin/pilot}")
work=$(mktemp -d)
server=pilot-record-$$
trap 'tmux -L "$server" kill-server 2>/dev/null || true; rm -rf "$work"' EXIT
go build -o "$work/termshot" ./tools/termshot
mkdir -p "$work/bin" "$work/acme" docs/images
ln -s "$pilot" "$work/bin/pilot"

screen() { tmux -L "$server" capture-pane -e -p -t record; }

# record NAME COMMAND...: types the commands one after the other, answers the question that one asks, and keeps every screen.
record() {
	local name=$1 start now shown
	shift
	mkdir -p "$work/$name"
	tmux -L "$server" -f /dev/null new-session -d -s record -x 110 -y 36 -c "$work/acme" \
		"env PS1='$ ' PATH=$work/bin:$PATH PILOT_HOME=$work/home TERM=screen-256color bash --norc --noprofile"
	start=$(date +%s%3N)
	for command in "$@"; do
		tmux -L "$server" send-keys -t record "clear; echo '\$ $command'; $command; echo; echo finished" Enter
		for ((i = 0; i < 600; i++)); do
			now=$(($(date +%s%3N) - start))
			shown=$(screen)
			plain=$(sed 's/\x1b\[[0-9;]*m//g' <<<"$shown")
			# The line that is typed clears the screen and writes the command; the end mark is for this script alone.
			sed "/clear; echo/d; /^\(\x1b\[[0-9;]*m\)*finished/d" <<<"$shown" >"$work/$name/$now.txt"
			case "$plain" in
			*$'\n'finished*) break ;;
			*"[y/N]"*) [[ -e $work/$name.answered ]] || { touch "$work/$name.answered"; tmux -L "$server" send-keys -t record y Enter; } ;;
			esac
			sleep 0.04
		done
		((i < 600)) || { echo "$command does not end:" >&2; screen >&2; exit 1; }
	done
	tmux -L "$server" kill-server
	"$work/termshot" "$work/$name" >"docs/images/$name.svg"
	ls -l "docs/images/$name.svg"
}

record setup "pilot setup --aws --offline --operator-cidr 203.0.113.7/32"
record preview "pilot preview --aws --offline --operator-cidr 203.0.113.7/32 --size medium"

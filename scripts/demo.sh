#!/bin/bash
# The demo: a platform on this machine with an app deployed on it from source. State is kept where Pilot keeps it
# (PILOT_HOME, or ~/.pilot), so that bin/pilot can be used with the platform afterwards.
# Usage: demo.sh up|down
set -euo pipefail
cd "$(dirname "$0")/.."

pilot=$PWD/bin/pilot
app=$PWD/examples/hello
log=.demo/up.log

# The page's text, as the source says it.
greeting() {
	sed -n 's/^const greeting = "\(.*\)"$/\1/p' "$app/main.go"
}

up() {
	mkdir -p .demo
	"$pilot" setup --yes --db-image pilot-postgres:15
	"$pilot" up --dir "$app" | tee "$log"
	local url body want
	url=$(grep -Eo 'https?://[^[:space:]]+' "$log" | tail -n 1)
	want=$(greeting)
	if [[ -z $url || -z $want ]]; then
		echo "demo: pilot up printed no URL, or examples/hello has no greeting" >&2
		exit 1
	fi
	body=$(curl --silent --show-error --fail --max-time 10 --retry 20 --retry-delay 1 --retry-connrefused "$url")
	if [[ $body != "$want" ]]; then
		echo "demo: $url answers \"$body\", want \"$want\"" >&2
		exit 1
	fi
	echo
	echo "$url answers: $body"
	echo "next: bin/pilot status, or change $app/main.go and run: bin/pilot up --dir examples/hello"
}

down() {
	if [[ -x $pilot ]] && docker info >/dev/null 2>&1; then
		"$pilot" destroy --yes
	fi
	# What "make base-images" made, and the layers that were built on it. Images that are in use stay.
	local name image
	for name in pilot-postgres pilot-go; do
		for image in $(docker image ls --format '{{.Repository}}:{{.Tag}}' "$name"); do
			docker image rm "$image" >/dev/null 2>&1 || echo "demo: image $image stays: it is in use"
		done
	done
	docker image prune --force --filter label=io.pilot.role=base-image >/dev/null
	rm -rf .demo
}

case ${1-} in
up) up ;;
down) down ;;
*)
	echo "usage: $0 up|down" >&2
	exit 2
	;;
esac

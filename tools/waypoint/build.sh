#!/usr/bin/env bash
# Builds the static waypoint binary: build.sh OUTPUT
#
# Upstream ended with v0.11.4, and that version has a fault that anybody who reaches the server's port can use: a token
# of one to three characters makes the whole process panic, before any login. So the build takes a copy of the pinned
# module, checked against go.sum, with that one line changed. It fails when the line is not found, so that the mend
# can't get lost.
set -euo pipefail
output=$(realpath -m "$1")
cd "$(dirname "$0")"
go=${GO:-go}
path=github.com/hashicorp/waypoint
file=pkg/server/singleprocess/auth.go
wrong='if subtle.ConstantTimeCompare(data\[:len(tokenMagic)\]'
right='if len(data) < len(tokenMagic) || subtle.ConstantTimeCompare(data[:len(tokenMagic)]'

stamp=$(cat build.sh go.mod | sha256sum)
if [[ $(cat build/stamp 2>/dev/null) != "$stamp" ]]; then
	# In a fresh clone the module is not there yet.
	$go mod download "$path"
	module=$($go list -m -f '{{.Dir}}' "$path")
	rm -rf build
	mkdir build
	cp -r "$module" build/waypoint
	chmod -R u+w build/waypoint
	if [[ $(grep -c "$wrong" "build/waypoint/$file") != 1 ]]; then
		echo "tools/waypoint: the line to mend is not in $module/$file" >&2
		exit 1
	fi
	sed "s/$wrong/$right/" "$module/$file" >"build/waypoint/$file"
	cp go.mod go.sum build/
	# A relative path: an absolute one would be in the binary, and the image's digest would depend on the checkout.
	$go mod edit -replace "$path=./build/waypoint" build/go.mod
	echo "$stamp" >build/stamp
fi
CGO_ENABLED=0 $go build -modfile build/go.mod -trimpath -buildvcs=false -ldflags "-s -w" -o "$output" "$path/cmd/waypoint"

#!/usr/bin/env bash
# Builds the static waypoint binary: build.sh OUTPUT
#
# Upstream ended with v0.11.4, and that version has four faults that a platform can't live with:
#  - A token of one to three characters makes the whole process panic, before any login.
#  - Two "up" jobs of one app run side by side, though deploys and releases wait for each other: the first one's release
#    then removes the deployment that the second one has just made.
#  - Who starts to watch a job at the moment it ends may get empty messages without end: the job has no output left, and
#    the server takes that for output that is empty and reads on, with a whole processor.
#  - An app's container has no restart policy: after a crash or a power cut it stays down. And if it came up again, it
#    would do so at another port.
# So the build takes a copy of the pinned module, checked against go.sum, with these lines changed and the files of
# docker/ added. It fails when a line is not found, so that the mends can't get lost.
set -euo pipefail
output=$(realpath -m "$1")
cd "$(dirname "$0")"
go=${GO:-go}
path=github.com/hashicorp/waypoint

# mend FILE WRONG RIGHT changes the one line of FILE that has WRONG.
mend() {
	if [[ $(grep -c "$2" "build/waypoint/$1") != 1 ]]; then
		echo "tools/waypoint: the line to mend is not in $path, $1" >&2
		exit 1
	fi
	sed -i "s/$2/$3/" "build/waypoint/$1"
}

stamp=$(cat build.sh go.mod docker/*.go | sha256sum)
if [[ $(cat build/stamp 2>/dev/null) != "$stamp" ]]; then
	# In a fresh clone the module is not there yet.
	$go mod download "$path"
	module=$($go list -m -f '{{.Dir}}' "$path")
	rm -rf build
	mkdir build
	cp -r "$module" build/waypoint
	chmod -R u+w build/waypoint
	mend pkg/server/singleprocess/auth.go \
		'if subtle.ConstantTimeCompare(data\[:len(tokenMagic)\]' \
		'if len(data) < len(tokenMagic) || subtle.ConstantTimeCompare(data[:len(tokenMagic)]'
	mend internal/server/boltdbstate/job_assigned.go \
		'reflect.TypeOf((\*pb.Job_Release)(nil)): {},' \
		'reflect.TypeOf((*pb.Job_Release)(nil)): {}, reflect.TypeOf((*pb.Job_Up)(nil)): {},'
	mend pkg/server/singleprocess/logstream.go \
		'return \[\]\*pb.GetJobStreamResponse_Terminal_Event{}, nil' \
		'return nil, nil'
	mend builtin/docker/platform.go \
		'Resources:    resources,' \
		'Resources: resources, RestartPolicy: container.RestartPolicy{Name: "unless-stopped"},'
	mend builtin/docker/platform.go \
		'HostPort: "",' \
		'HostPort: fixedPort(ctx, cli, portBindings),'
	cp docker/*.go build/waypoint/builtin/docker/
	cp go.mod go.sum build/
	# A relative path: an absolute one would be in the binary, and the image's digest would depend on the checkout.
	$go mod edit -replace "$path=./build/waypoint" build/go.mod
	echo "$stamp" >build/stamp
fi
CGO_ENABLED=0 $go build -modfile build/go.mod -trimpath -buildvcs=false -ldflags "-s -w" -o "$output" "$path/cmd/waypoint"

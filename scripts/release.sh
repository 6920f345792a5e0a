#!/bin/bash
# Archives of the commands for each platform, with the sums of all of them and a bill of materials of each binary.
# The binaries are static. On Linux the archive also holds what goes into the server image, which runs on linux/amd64.
# Usage: release.sh VERSION [GOOS/GOARCH ...]
set -euo pipefail
cd "$(dirname "$0")/.."

version=${1:?usage: release.sh VERSION [GOOS/GOARCH ...]}
shift
platforms=("$@")
((${#platforms[@]})) || platforms=(linux/amd64 linux/arm64 darwin/amd64 darwin/arm64)
go=${GO:-go}
out=dist/release
rm -rf "$out"
mkdir -p "$out"

# What make stamps into bin/pilot too.
: "${STAMPS:?make release says what the linker stamps}"

# What an archive is packed from is dated by the commit, so that the same commit gives the same archive.
when=$(git log -1 --format=%ct)

for platform in "${platforms[@]}"; do
	os=${platform%/*} arch=${platform#*/}
	name=pilot_${version}_${os}_${arch}
	dir=$out/$name
	mkdir -p "$dir/man"
	echo "$platform"
	CGO_ENABLED=0 GOOS=$os GOARCH=$arch "$go" build -trimpath -ldflags "-s -w $STAMPS" -o "$dir/pilot" ./cmd/pilot
	# What this machine can run must know its version; the others are the same code.
	if [[ $platform == "$("$go" env GOHOSTOS)/$("$go" env GOHOSTARCH)" ]]; then
		"$dir/pilot" version | grep -F "pilot $version " || { echo "$dir/pilot does not say that it is $version" >&2; exit 1; }
	fi
	cp LICENSE README.md "$dir"
	cp docs/man/pilot.1 "$dir/man"
	for shell in bash zsh fish; do
		bin/pilot completion "$shell" >"$dir/pilot.$shell"
	done
	# The server image's parts are for its own platform, wherever pilot runs.
	cp -P bin/waypoint bin/pilot-agent bin/waypoint-plugin-* "$dir"
	"$go" run ./tools/bom "$dir/pilot" "$version" >"$out/$name.cdx.json"
	tar --sort=name --mtime="@$when" --owner=0 --group=0 --numeric-owner -C "$out" -cf - "$name" | gzip -n -9 >"$out/$name.tar.gz"
	rm -rf "$dir"
done
(cd "$out" && sha256sum -- *.tar.gz *.cdx.json >SHA256SUMS)
ls -l "$out"

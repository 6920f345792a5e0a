#!/bin/bash
# Makes the image pilot-go:VERSION from this machine's own Go, for machines that can't reach an image registry. It
# stands in for the official golang image as far as building Go programs without cgo goes; it holds no shell.
# Does nothing when the image exists.
set -euo pipefail
cd "$(dirname "$0")"

go=${GO:-go}
version=$($go env GOVERSION)
version=${version#go}
goroot=$($go env GOROOT)
image=pilot-go:$version
minor=pilot-go:${version%.*}
recipe=$image-$(sha256sum make.sh | cut -c1-12)

if docker image inspect "$recipe" >/dev/null 2>&1; then
	docker tag "$recipe" "$image"
	docker tag "$recipe" "$minor"
	exit 0
fi

echo "making $image from the Go of this machine (once)"
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir -p "$stage/etc/ssl/certs" "$stage/root" "$stage/tmp"
chmod 1777 "$stage/tmp"
# For programs that fetch modules while they are built.
for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt; do
	[[ ! -r $bundle ]] || cp -L "$bundle" "$stage/etc/ssl/certs/ca-certificates.crt"
done
tar -c --owner=0 --group=0 --exclude=./test --exclude=./doc --exclude=./api --exclude=./misc --exclude=testdata \
	--transform 's,^\.,usr/local/go,' -C "$stage" etc root tmp -C "$goroot" . |
	docker import \
		--change "ENV PATH=/usr/local/go/bin" \
		--change "ENV HOME=/root" \
		--change "ENV GOTOOLCHAIN=local" \
		--change "ENV CGO_ENABLED=0" \
		--change "LABEL io.pilot.role=base-image" \
		--change 'CMD ["go", "version"]' \
		- "$recipe" >/dev/null
docker tag "$recipe" "$image"
docker tag "$recipe" "$minor"

#!/bin/bash
# Makes the image pilot-node:18 from Debian packages, for machines that can reach a package mirror but no image
# registry. It stands in for the official node image: node, npm and yarn (classic), and a user node with the id 1000.
# Does nothing when the image of this recipe exists.
#   PILOT_DEBIAN_MIRROR   a mirror to take the packages from, instead of mmdebstrap's own choice
set -euo pipefail
cd "$(dirname "$0")"

suite=bookworm
version=18
image=pilot-node:$version
recipe=$image-$(sha256sum make.sh | cut -c1-12)

if docker image inspect "$recipe" >/dev/null 2>&1; then
	docker tag "$recipe" "$image"
	exit 0
fi
if ! command -v mmdebstrap >/dev/null; then
	echo "mmdebstrap is missing: run \"make prerequisites\" as root, or install the package mmdebstrap" >&2
	exit 1
fi

echo "making $image from Debian packages (once)"
mirror=()
[[ -z ${PILOT_DEBIAN_MIRROR-} ]] || mirror=("$PILOT_DEBIAN_MIRROR")
# Debian calls yarn yarnpkg. The quoted $1 is for the hooks: the root of the new file system.
# shellcheck disable=SC2016
mmdebstrap --quiet --variant=minbase --include="nodejs,npm,yarnpkg,ca-certificates" \
	--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' \
	--customize-hook='ln -s yarnpkg "$1/usr/bin/yarn"' \
	--customize-hook='chroot "$1" useradd --uid 1000 --create-home --shell /bin/bash node' \
	--customize-hook='chroot "$1" node --version | grep -q "^v'"$version"'\."' \
	"$suite" - "${mirror[@]}" |
	docker import \
		--change "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
		--change "ENV LANG=C.UTF-8" \
		--change "LABEL io.pilot.role=base-image" \
		--change 'CMD ["node"]' \
		- "$recipe" >/dev/null
docker tag "$recipe" "$image"

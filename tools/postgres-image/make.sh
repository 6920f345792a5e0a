#!/bin/bash
# Makes the image pilot-postgres:15 from Debian packages, for machines that can reach a package mirror but no image
# registry. Does nothing when the image of this recipe exists.
#   PILOT_DEBIAN_MIRROR   a mirror to take the packages from, instead of mmdebstrap's own choice
set -euo pipefail
cd "$(dirname "$0")"

suite=bookworm
version=15
image=pilot-postgres:$version
recipe=pilot-postgres:$version-$(cat make.sh entrypoint.sh | sha256sum | cut -c1-12)

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
# The quoted $1 is for the hooks: the root of the new file system.
# shellcheck disable=SC2016
trap 'docker rmi "$recipe-packages" >/dev/null 2>&1 || true' EXIT
mmdebstrap --quiet --variant=minbase --include="postgresql-$version" \
	--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' \
	--essential-hook='mkdir -p "$1/etc/postgresql-common" && echo "create_main_cluster = false" >"$1/etc/postgresql-common/createcluster.conf"' \
	--customize-hook='install -m 0755 entrypoint.sh "$1/usr/local/bin/docker-entrypoint.sh"' \
	--customize-hook='mkdir -p "$1/docker-entrypoint-initdb.d"' \
	--customize-hook='chroot "$1" install -d -o postgres -g postgres -m 2775 /run/postgresql' \
	--customize-hook='chroot "$1" install -d -o postgres -g postgres -m 0700 /var/lib/postgresql/data' \
	"$suite" - "${mirror[@]}" |
	docker import - "$recipe-packages" >/dev/null
# docker import can't set a stop signal: SIGINT is the fast shutdown, which does not wait for clients to leave.
output=$(
	docker build --tag "$recipe" --tag "$image" - 2>&1 <<EOT
FROM $recipe-packages
ENV PATH=/usr/lib/postgresql/$version/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ENV PGDATA=/var/lib/postgresql/data LANG=C.UTF-8 PG_MAJOR=$version
LABEL io.pilot.role=base-image
EXPOSE 5432
STOPSIGNAL SIGINT
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
EOT
) || {
	echo "$output" >&2
	exit 1
}

#!/bin/bash
# Makes a machine's disk from Debian packages, for booting the cloud's first boot in a virtual machine: dist/vm has then
# vmlinuz, initrd.img and root.ext4. Does nothing when they are of this recipe. Docker is not installed on it: its
# packages lie in apt's cache, so that the boot installs them as it would from a mirror.
#   PILOT_DEBIAN_MIRROR   a mirror to take the packages from, instead of mmdebstrap's own choice
set -euo pipefail
recipe=$(sha256sum "$0" | cut -c1-12)
cd "$(dirname "$0")/../.."

suite=bookworm
out=dist/vm
if [[ -e $out/recipe && $(<"$out/recipe") == "$recipe" ]]; then
	exit 0
fi
if [[ $(id -u) != 0 ]]; then
	echo "a file system with its owners can only be made as root" >&2
	exit 1
fi

echo "making a machine's disk from Debian packages (once)"
rm -rf "$out"
mkdir -p "$out"
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mirror=()
[[ -z ${PILOT_DEBIAN_MIRROR-} ]] || mirror=("$PILOT_DEBIAN_MIRROR")
# The quoted $1 is for the hooks: the root of the new file system. The one name in hosts is the secret store's, which a
# test serves at an address beside that of the metadata service.
# shellcheck disable=SC2016
mmdebstrap --quiet --variant=minbase --skip=cleanup/apt \
	--include=linux-image-cloud-amd64,initramfs-tools,systemd-sysv,udev,dbus,cloud-init,netplan.io,ca-certificates,iproute2,iptables,apparmor \
	--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' \
	--customize-hook='chroot "$1" apt-get install -qq --no-install-recommends --download-only docker.io unattended-upgrades' \
	--customize-hook='echo "127.0.0.1 localhost" >"$1/etc/hosts"' \
	--customize-hook='echo "169.254.169.253 secretsmanager.eu-west-1.amazonaws.com" >>"$1/etc/hosts"' \
	--customize-hook=': >"$1/etc/machine-id"' \
	"$suite" "$root" "${mirror[@]}"
cp "$root"/boot/vmlinuz-* "$out/vmlinuz"
cp "$root"/boot/initrd.img-* "$out/initrd.img"
mke2fs -q -t ext4 -L root -d "$root" "$out/root.ext4" 6G
echo "$recipe" >"$out/recipe"

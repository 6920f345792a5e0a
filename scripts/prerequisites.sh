#!/bin/bash
# Sees to what the demo and the tests need on this machine besides Go: a Docker Engine that answers, and a few
# programs. Missing ones are installed with apt where that is possible, as root. Says nothing when all is there.
# Usage: prerequisites.sh [demo|test|vm|race]
set -euo pipefail
cd "$(dirname "$0")/.."

programs=(docker git curl mmdebstrap)
packages=(docker.io git curl mmdebstrap)
if [[ ${1-demo} == test ]]; then
	programs+=(strace cloud-init python3 ps unshare ip zsh fish chromium sshd)
	packages+=(strace cloud-init python3 procps util-linux iproute2 zsh fish chromium openssh-server)
fi

if [[ ${1-demo} == vm ]]; then
	programs+=(qemu-system-x86_64 mke2fs ip iptables sysctl)
	packages+=(qemu-system-x86 e2fsprogs iproute2 iptables procps)
fi

missing=()
PATH=$PATH:/usr/sbin # sshd is there, also for who is not root
for i in "${!programs[@]}"; do
	command -v "${programs[i]}" >/dev/null || missing+=("${packages[i]}")
done
# mmdebstrap checks Debian's signatures with these keys, which other distributions do not have.
[[ -e /usr/share/keyrings/debian-archive-keyring.gpg ]] || missing+=(debian-archive-keyring)
# The race detector needs a C compiler.
if [[ ${1-demo} == race ]]; then
	command -v gcc >/dev/null || missing+=(gcc libc6-dev)
fi
# The daemon and what it needs for networks, unless there is one elsewhere that answers.
if ! docker info >/dev/null 2>&1; then
	command -v dockerd >/dev/null || missing+=(docker.io)
	command -v iptables >/dev/null || missing+=(iptables)
fi

if ((${#missing[@]} > 0)); then
	mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
	if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
		echo "missing: ${missing[*]} (Debian's package names): install them, or run this as root where apt is" >&2
		exit 1
	fi
	echo "installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	{ apt-get update -q && apt-get install -y -q --no-install-recommends "${missing[@]}"; } </dev/null >/dev/null
fi

if docker info >/dev/null 2>&1; then
	exit 0
fi
if [[ $(id -u) != 0 ]]; then
	docker info 2>&1 | tail -n 1 >&2
	echo "the Docker Engine does not answer: start it, and see that you may use it (group docker)" >&2
	exit 1
fi
echo "starting the Docker Engine"
if [[ -d /run/systemd/system ]]; then
	systemctl start docker
else
	mkdir -p .demo
	# Detached: it goes on when this script, or the terminal, ends.
	setsid nohup dockerd --host unix:///var/run/docker.sock </dev/null >.demo/dockerd.log 2>&1 &
	disown
fi
for ((i = 0; i < 600; i++)); do
	if docker info >/dev/null 2>&1; then
		exit 0
	fi
	sleep 0.1
done
echo "the Docker Engine does not answer after 60 s; the end of .demo/dockerd.log:" >&2
tail -n 20 .demo/dockerd.log >&2 || true
exit 1

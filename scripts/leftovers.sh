#!/bin/bash
# Removes from Docker what a killed run of the tests left behind: containers come back with the daemon, and would stand in
# the way of the next run. Only names and labels that the tests alone use are touched. Says nothing when all is clean.
set -euo pipefail

tests='^(pilot-)?(test|e2e)-'

# ours KIND FORMAT: the ids of those whose name, or label of a stack or an app, is one of the tests'.
ours() {
	local list=(docker "$1" ls)
	[[ $1 != container ]] || list+=(--all)
	"${list[@]}" --format "$2" | while read -r id names; do
		for name in $names; do
			if [[ $name =~ $tests ]]; then
				echo "$id"
				break
			fi
		done
	done
}

for kind in container network volume; do
	format='{{.ID}} {{.Name}}'
	remove=(rm)
	case $kind in
	container)
		format='{{.ID}} {{.Names}} {{.Label "io.pilot.stack"}} {{.Label "app"}}'
		remove=(rm --force --volumes)
		;;
	volume) format='{{.Name}} {{.Name}}' ;;
	esac
	mapfile -t ids < <(ours "$kind" "$format")
	if ((${#ids[@]} > 0)); then
		echo "removing ${#ids[@]} ${kind}s that a killed test left"
		docker "$kind" "${remove[@]}" "${ids[@]}" >/dev/null
	fi
done

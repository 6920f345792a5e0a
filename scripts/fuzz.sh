#!/bin/bash
# Runs every fuzz target of the repository for a time, two side by side. Its seeds are beside each target, in f.Add and
# testdata/fuzz; what it finds is written there too.
set -euo pipefail
cd "$(dirname "$0")/.."
export time=${1:-60s} log
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT

one() {
	local file=${1%%:*} target=${1##*:} out
	out=$log/$(tr / - <<<"$1")
	if "${GO:-go}" test "./$(dirname "$file")" -run '^$' -fuzz "^$target\$" -fuzztime "$time" -parallel 1 >"$out" 2>&1; then
		echo "$target in $(dirname "$file"): $(grep -E '^fuzz: elapsed' "$out" | tail -n 1)"
	else
		echo "== $target in $(dirname "$file") found something"
		cat "$out"
		return 1
	fi
}
export -f one

targets=$(git ls-files '*_test.go' | xargs grep -oE '^func Fuzz[A-Za-z0-9_]*' /dev/null | sed 's/:func /:/')
xargs -P 2 -I{} bash -euo pipefail -c 'one {}' <<<"$targets"
echo "== $(wc -l <<<"$targets") targets, $time each, nothing found"

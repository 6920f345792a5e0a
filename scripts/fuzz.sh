#!/bin/bash
# Runs every fuzz target of the repository for a time, one after another.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-60s}
found=0
while IFS=: read -r file target; do
	found=$((found + 1))
	echo "== $target in $(dirname "$file")"
	go test "./$(dirname "$file")" -run '^$' -fuzz "^$target\$" -fuzztime "$time" -parallel 2
done < <(git ls-files '*_test.go' | xargs grep -oE '^func Fuzz[A-Za-z0-9_]*' /dev/null | sed 's/:func /:/')
echo "== $found targets, nothing found"
[ "$found" -gt 0 ]

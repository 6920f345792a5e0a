#!/bin/bash
# Runs every fuzz target of the repository, or of the packages that are named, for a time, two side by side:
#   scripts/fuzz.sh 60s
#   scripts/fuzz.sh 10m pkg/infra plugins/yarn
# The seeds of a target are beside it, in f.Add and testdata/fuzz; what it finds is written there too.
set -euo pipefail
cd "$(dirname "$0")/.."
go=${GO:-go}
export time=${1:-60s} work
shift || true
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GOCACHE
GOCACHE=$("$go" env GOCACHE)

targets=$(git ls-files "${@/%//*_test.go}" | grep '_test\.go$' | xargs grep -oE '^func Fuzz[A-Za-z0-9_]*' /dev/null |
	sed -E 's#/[^/]*:func # #')

# One build for each package: all that it imports is built anew, for the fuzzer to see its ways.
while read -r dir; do
	mkdir -p "$work/$dir"
	"$go" test -c -fuzz . -o "$work/$dir/test" "./$dir"
	"$go" list "./$dir" >"$work/$dir/path"
done < <(cut -d' ' -f1 <<<"$targets" | sort -u)

one() {
	local dir=$1 target=$2 out=$work/$1/$2.log
	cd "$dir"
	if "$work/$dir/test" -test.run '^$' -test.fuzz "^$target\$" -test.fuzztime "$time" -test.parallel 1 \
		-test.fuzzcachedir "$GOCACHE/fuzz/$(cat "$work/$dir/path")" >"$out" 2>&1; then
		echo "$target in $dir: $(grep -E '^fuzz: elapsed' "$out" | tail -n 1)"
	else
		echo "== $target in $dir found something"
		cat "$out"
		return 1
	fi
}
export -f one

xargs -P 2 -L 1 bash -euo pipefail -c 'one "$@"' one <<<"$targets"
echo "== $(wc -l <<<"$targets") targets, $time each, nothing found"

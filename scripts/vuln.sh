#!/bin/bash
# Looks for known vulnerabilities that the code reaches, in the database of tools/vuln's go.mod: a Go module like any
# other, so nothing but the module proxy is asked. Fails on those that a release of a module mends.
# A newer database: cd tools/vuln && go get golang.org/x/vulndb@latest
set -euo pipefail
cd "$(dirname "$0")/.."
go=${GO:-go}

cd tools/vuln
"$go" build -o ../../bin/govulncheck golang.org/x/vuln/cmd/govulncheck
"$go" build -o ../../bin/indexdb golang.org/x/vulndb/cmd/indexdb
"$go" build -o ../../bin/vuln .
"$go" mod download golang.org/x/vulndb
reports=$("$go" list -m -f '{{.Dir}}' golang.org/x/vulndb)/data/osv
cd ../..

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bin/indexdb -vulns "$reports" -out "$work/db"
bin/govulncheck -db "file://$work/db" -format json "${@:-./...}" >"$work/scan.json"
echo "database: $("$go" -C tools/vuln list -m golang.org/x/vulndb)"
bin/vuln <"$work/scan.json"

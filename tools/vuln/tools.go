//go:build tools

// These imports keep the versions of what looks for known vulnerabilities, and of
// the database in which it looks, out of the project's own module.
package main

import (
	_ "golang.org/x/vuln/cmd/govulncheck"
	_ "golang.org/x/vulndb/cmd/indexdb"
)

//go:build tools

// Package tools pins the stock pulumi command, which the benchmarks and the
// compatibility tests measure the in-process engine against.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"

package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

func TestCommandLine(t *testing.T) {
	tests := []struct {
		args   string
		code   int
		stdout string
		stderr string
	}{
		{"", exitUsage, "", "Usage: pilot-agent"},
		{"help", exitOK, "Usage: pilot-agent", ""},
		{"version", exitOK, "dev", ""},
		{"proxy", exitUsage, "", `unknown command "proxy"`},
		{"gateway", exitUsage, "", "flag -ca is required"},
		{"gateway -ca a -cert b -key c extra", exitUsage, "", "want 0 argument(s)"},
		{"gateway -ca a -cert b -key c", exitError, "", "load certificate b with key c"},
		{"gateway -port 1", exitUsage, "", "-port"},
		{"source -cert a -key b -data c -server s:1", exitUsage, "", "flag -server-ca is required"},
		{"healthcheck", exitUsage, "", "tcp, tls, grpc or http"},
		{"healthcheck udp x", exitUsage, "", "tcp, tls, grpc or http"},
		{"healthcheck tcp", exitUsage, "", "want 1 argument(s)"},
		{"healthcheck tls localhost:1", exitError, "", "-ca is required"},
	}
	for _, test := range tests {
		t.Run(test.args, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code := run(context.Background(), strings.Fields(test.args), &stdout, &stderr)
			if code != test.code || !strings.Contains(stdout.String(), test.stdout) || !strings.Contains(stderr.String(), test.stderr) {
				t.Errorf("code %d, stdout %q, stderr %q\nwant %d, %q, %q", code, stdout.String(), stderr.String(), test.code, test.stdout, test.stderr)
			}
		})
	}
}

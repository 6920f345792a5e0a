package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/infra"
)

func TestExtendStack(t *testing.T) {
	var out bytes.Buffer
	secrets := infra.Secrets{Passphrase: func(context.Context) (string, error) { return "open sesame", nil }}
	result, err := run(t.Context(), "file://"+t.TempDir(), &out, infra.WithSecrets(secrets))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"dbPassword", "metricsPassword"} {
		o := result.Outputs[name]
		if s, _ := o.Value.(string); len(s) != 48 || !o.Secret {
			t.Errorf("%s has %d characters, secret: %v", name, len(s), o.Secret)
		}
	}
	if !strings.Contains(out.String(), "acme/prod: 2 created") {
		t.Errorf("got\n%s", out.String())
	}
}

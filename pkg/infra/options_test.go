package infra

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func nothing(*pulumi.Context) error { return nil }

// refusing is an engine that must not be reached.
type refusing struct{ t *testing.T }

func (r refusing) Open(context.Context, EngineSpec) (EngineStack, error) {
	r.t.Error("the engine was asked in spite of bad input")
	return nil, errors.New("refused")
}

func TestBadInput(t *testing.T) {
	server := func(context.Context) (pulumirpc.ResourceProviderServer, error) { return nil, nil }
	good := []Option{WithState("file:///var/state")}
	tests := []struct {
		name    string
		ref     Ref
		program pulumi.RunFunc
		opts    []Option
		want    string
	}{
		{"project", Ref{"a b", "dev"}, nothing, good, `project "a b": want 1 to 100 letters`},
		{"stack", Ref{"acme", "../dev"}, nothing, good, `stack "../dev": want`},
		{"dots", Ref{"acme", ".."}, nothing, good, `stack "..": want`},
		{"no program", Ref{"acme", "dev"}, nil, good, `program "nil"`},
		{"no state", Ref{"acme", "dev"}, nothing, nil, `state "": want infra.WithState`},
		{"a folder as state", Ref{"acme", "dev"}, nothing, []Option{WithState("/var/state")}, "for a folder write file:///var/state"},
		{"an unknown backend", Ref{"acme", "dev"}, nothing, []Option{WithState("ftp://host/x")}, `state "ftp://host/x"`},
		{"a password in the state", Ref{"acme", "dev"}, nothing, []Option{WithState("mysql://u:pw-s3cret@host/x")}, `state "mysql://u:xxxxx@host/x"`},
		{"a broken URL", Ref{"acme", "dev"}, nothing, []Option{WithState("postgres://u:pw-s3cret@host/%zz")}, `state "postgres://..."`},
		{"secrets", Ref{"acme", "dev"}, nothing, append(good, WithSecrets(Secrets{Provider: "vault"})), `secrets provider "vault"`},
		{"config key", Ref{"acme", "dev"}, nothing, append(good, WithConfig(auto.ConfigMap{"region": {Value: "x"}})), `config key "region"`},
		{"provider name", Ref{"acme", "dev"}, nothing, append(good, WithProvider(Provider{Version: "1.0.0", New: server})), `provider name ""`},
		{"provider version", Ref{"acme", "dev"}, nothing, append(good, WithProvider(Provider{Name: "p", Version: "v1", New: server})), `version of provider p "v1"`},
		{"provider server", Ref{"acme", "dev"}, nothing, append(good, WithProvider(Provider{Name: "p", Version: "1.0.0"})), "a New function"},
		{"provider twice", Ref{"acme", "dev"}, nothing, append(good, WithProvider(Provider{"p", "1.0.0", server}), WithProvider(Provider{"p", "1.0.0", server})), "each provider once"},
		{"lock wait", Ref{"acme", "dev"}, nothing, append(good, WithLockWait(-time.Second, nil)), `lock wait "-1s"`},
		{"parallel", Ref{"acme", "dev"}, nothing, append(good, WithParallel(-1)), `parallel "-1"`},
		{"plugin folder", Ref{"acme", "dev"}, nothing, append(good, WithPluginDir("/does/not/exist")), `plugin folder "/does/not/exist"`},
		{"extra program", Ref{"acme", "dev"}, nothing, append(good, WithProgram(nil)), "extra program"},
		{"transform", Ref{"acme", "dev"}, nothing, append(good, WithTransform(nil)), "transform"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Open(t.Context(), tt.ref, tt.program, append(tt.opts, WithEngine(refusing{t}))...)
			var fe *FieldError
			if !errors.As(err, &fe) || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want %q in it", err, tt.want)
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error gives a password away: %v", err)
			}
		})
	}
	if _, err := Open(t.Context(), Ref{"acme", "dev"}, nothing, good...); err == nil || !strings.Contains(err.Error(), "engine.New()") {
		t.Errorf("no engine: %v", err)
	}
	_, err := Open(t.Context(), Ref{"a b", "c d"}, nil, WithParallel(-1), WithEngine(refusing{t}))
	if n := strings.Count(err.Error(), "want "); n < 3 {
		t.Errorf("only %d of the faults are told: %v", n, err)
	}
}

func TestDefaultPassphrase(t *testing.T) {
	set := func() *settings {
		s, err := newSettings(Ref{"acme", "dev"}, nothing, []Option{WithEngine(refusing{t}), WithState("file:///var/state")})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	t.Setenv("PULUMI_CONFIG_PASSPHRASE", "one")
	if p, err := set().secrets.Passphrase(t.Context()); p != "one" || err != nil {
		t.Errorf("got %q, %v", p, err)
	}
}

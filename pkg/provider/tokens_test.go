package provider

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server/certs"
)

func TestBootstrapToken(t *testing.T) {
	calls := 0
	r := newRig(t, WithBootstrap(func(_ context.Context, address, ca string) (string, error) {
		calls++
		if address == "127.0.0.1:1" {
			return "", errors.New("no answer")
		}
		return "first-token", nil
	}))
	authority, _ := certs.NewAuthority(certs.AuthorityRequest{CommonName: "x"})
	in := props{"address": "127.0.0.1:9701", "ca": string(authority.Pair().Cert), "instance": "one"}
	token := r.res(pilot.TypeBootstrapToken, "t")
	if out := token.preview(in); calls != 0 || !out["token"].ContainsUnknowns() {
		t.Errorf("a preview must leave the server alone (%d calls): %v", calls, out)
	}
	token.create(in)
	if token.text("token") != "first-token" || !token.state["token"].IsSecret() {
		t.Errorf("got %v", token.state)
	}
	if got := token.diff(with(in, props{"address": "example.org:1"})); got != "address" {
		t.Errorf("another way to the server: got %s", got)
	}
	token.update(with(in, props{"address": "example.org:1"}))
	if token.text("token") != "first-token" || token.text("address") != "example.org:1" || !token.state["token"].IsSecret() {
		t.Errorf("got %v", token.state)
	}
	if got := token.diff(with(in, props{"instance": "two"})); got != "address instance!" {
		t.Errorf("a new server: got %s", got)
	}
	token.delete()
	if calls != 1 {
		t.Errorf("%d calls, want 1", calls)
	}
	err := r.res(pilot.TypeBootstrapToken, "u").tryCreate(r.ctx, with(in, props{"address": "127.0.0.1:1"}))
	if err == nil || !strings.Contains(err.Error(), "take the first token of 127.0.0.1:1: no answer") {
		t.Errorf("got %v", err)
	}
}

// register is a server's list of runners.
type register struct{ admitted map[string]bool }

func (r *register) Admit(_ context.Context, _, _, token, id string) (string, error) {
	if token != "first-token" {
		return "", errors.New("not allowed")
	}
	r.admitted[id] = true
	return "token-of-" + id, nil
}

func (r *register) Forget(_ context.Context, _, _, _, id string) error {
	delete(r.admitted, id)
	return nil
}

func (r *register) Busy(context.Context, string, string, string, string) ([]string, error) {
	return nil, nil
}

func TestRunnerToken(t *testing.T) {
	list := &register{admitted: map[string]bool{}}
	r := newRig(t, WithRunners(list))
	authority, _ := certs.NewAuthority(certs.AuthorityRequest{CommonName: "x"})
	in := props{
		"address": "127.0.0.1:9701", "ca": string(authority.Pair().Cert), "runnerId": "runner-1",
		"serverToken": resource.MakeSecret(resource.NewStringProperty("first-token")),
	}
	s := r.res(pilot.TypeRunnerToken, "r")
	if out := s.preview(in); !out["token"].ContainsUnknowns() || len(list.admitted) != 0 {
		t.Errorf("a preview must leave the server alone: %v, %v", out, list.admitted)
	}
	s.create(in)
	if s.text("token") != "token-of-runner-1" || !s.state["token"].IsSecret() || !s.state["serverToken"].IsSecret() || !list.admitted["runner-1"] {
		t.Errorf("got %v, %v", s.state, list.admitted)
	}
	s.read()
	for want, change := range map[string]props{
		"":             nil,
		"address":      {"address": "example.org:9701"},
		"runnerId!":    {"runnerId": "runner-2"},
		"serverToken!": {"serverToken": unknown()},
	} {
		if got := s.diff(with(in, change)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	s.update(with(in, props{"address": "example.org:9701"}))
	if s.text("token") != "token-of-runner-1" || s.text("address") != "example.org:9701" {
		t.Errorf("got %v", s.state)
	}
	s.delete()
	if len(list.admitted) != 0 {
		t.Errorf("left on the list: %v", list.admitted)
	}
	err := r.res(pilot.TypeRunnerToken, "x").tryCreate(r.ctx, with(in, props{"serverToken": "other"}))
	if err == nil || !strings.Contains(err.Error(), "admit the runner runner-1 to 127.0.0.1:9701: not allowed") {
		t.Errorf("got %v", err)
	}
	err = newRig(t).res(pilot.TypeRunnerToken, "x").tryCreate(r.ctx, in)
	if err == nil || !strings.Contains(err.Error(), "provider.WithRunners") {
		t.Errorf("got %v", err)
	}
}

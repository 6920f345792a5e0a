package provider

import (
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server/certs"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// TestRotation takes an authority and a certificate through all stages.
func TestRotation(t *testing.T) {
	r := newRig(t)
	ca := r.res(pilot.TypeCertificateAuthority, "ca")
	ask := func(rotation string) props {
		in := props{"commonName": "Pilot test"}
		if rotation != "" {
			in["rotation"] = rotation
		}
		return in
	}
	text := func(field string) string { return ca.text(field) }
	ca.create(ask(""))
	first := text("certPem")
	if text("trustPem") != first {
		t.Fatal("a new authority is not trusted alone")
	}
	step := func(stage string) {
		t.Helper()
		in := ask(stage + "/one")
		if got := ca.diff(in); got == "" || strings.Contains(got, "!") {
			t.Fatalf("%s: diff %q, want an update", stage, got)
		}
		ca.update(in)
		if got := ca.diff(in); got != "" {
			t.Fatalf("%s again: diff %q", stage, got)
		}
		if got := ca.diff(ask("")); got != "" {
			t.Fatalf("after %s, nothing asked for: diff %q", stage, got)
		}
	}
	step(pilot.StageIntroduce)
	next := text("nextCertPem")
	if text("certPem") != first || text("trustPem") != first+next || next == "" {
		t.Error("introduce: want the old one to sign and both to be trusted")
	}
	step(pilot.StageSwitch)
	if text("certPem") != next || text("trustPem") != first+next {
		t.Error("switch: want the new one to sign and both to be trusted")
	}
	if _, err := certs.LoadAuthority(certs.Pair{Cert: []byte(text("certPem")), Key: []byte(text("keyPem"))}); err != nil {
		t.Errorf("switch: %v", err)
	}
	step(pilot.StageRetire)
	if text("trustPem") != next {
		t.Error("retire: want the new one alone to be trusted")
	}
	step(pilot.StageSettle)
	if text("stage") != "" {
		t.Errorf("settled at %q", text("stage"))
	}

	servers, clients := text("certPem"), text("clientCertPem")
	if clients == servers || text("clientTrustPem") != clients {
		t.Fatal("clients have no authority of their own, or not it alone is let in")
	}
	step(pilot.StageRenew)
	following := text("nextClientCertPem")
	if text("clientCertPem") != clients || text("clientTrustPem") != clients+following || following == "" {
		t.Error("renew: want the old one to sign clients and both to be let in")
	}
	step(pilot.StageAdopt)
	if text("clientCertPem") != following || text("clientTrustPem") != clients+following || text("nextClientKeyPem") != "" {
		t.Error("adopt: want the new one to sign clients and both to be let in")
	}
	if _, err := certs.LoadAuthority(certs.Pair{Cert: []byte(text("clientCertPem")), Key: []byte(text("clientKeyPem"))}); err != nil {
		t.Errorf("adopt: %v", err)
	}
	step(pilot.StageRefuse)
	if text("clientTrustPem") != following {
		t.Error("refuse: want the new one alone to be let in")
	}
	step(pilot.StageSettle)
	if text("certPem") != servers || text("trustPem") != servers || text("stage") != "" {
		t.Error("a renewal changed who is trusted to be a server, or is not settled")
	}
	for _, key := range []string{"keyPem", "clientKeyPem"} {
		if !ca.state[resource.PropertyKey(key)].IsSecret() {
			t.Errorf("%s is no secret", key)
		}
	}
}

// TestOneAuthority takes a state from when one authority signed everything.
func TestOneAuthority(t *testing.T) {
	r := newRig(t)
	ca := r.res(pilot.TypeCertificateAuthority, "ca")
	in := props{"commonName": "Pilot test"}
	ca.create(in)
	for _, field := range []resource.PropertyKey{"clientCertPem", "clientKeyPem", "clientTrustPem"} {
		delete(ca.state, field)
	}
	if got := ca.diff(in); got != "rotation" {
		t.Fatalf("diff %q", got)
	}
	ca.update(in)
	if ca.text("clientCertPem") != ca.text("certPem") || ca.text("clientKeyPem") != ca.text("keyPem") || ca.text("clientTrustPem") != ca.text("trustPem") {
		t.Error("clients would be refused before the machine knows their new authority")
	}
	if got := ca.diff(in); got != "" {
		t.Errorf("diff %q afterwards", got)
	}
}

// TestRenewal issues a server's certificate anew once; a client's waits for its
// authority.
func TestRenewal(t *testing.T) {
	r := newRig(t)
	ca := r.res(pilot.TypeCertificateAuthority, "ca")
	ca.create(props{"commonName": "Pilot test"})
	base := props{"caCert": ca.text("certPem"), "caKey": ca.text("keyPem"), "commonName": "x", "role": "x"}
	for use, want := range map[string]string{"server": "rotation!", "client": ""} {
		leaf := r.res(pilot.TypeCertificate, use)
		in := with(base, props{use: true, "dnsNames": []any{"localhost"}})
		leaf.create(in)
		asked := with(in, props{"rotation": "renew/one"})
		if got := leaf.diff(asked); got != want {
			t.Errorf("%s: diff %q, want %q", use, got, want)
		}
		leaf.create(asked)
		for _, again := range []props{asked, in} {
			if got := leaf.diff(again); got != "" {
				t.Errorf("%s, once issued: diff %q", use, got)
			}
		}
	}
}

func TestRotationMoves(t *testing.T) {
	for _, c := range []struct {
		recorded, asked string
		moves           bool
		want            string
	}{
		{"", "", false, ""},
		{"", "introduce/a", true, ""},
		{"", "renew/a", true, ""},
		{"", "settle/a", false, ""},
		{"", "switch/a", false, "none is under way"},
		{"introduce/a", "", false, ""},
		{"introduce/a", "introduce/a", false, ""},
		{"introduce/a", "switch/a", true, ""},
		{"introduce/a", "retire/a", false, "has to be finished first"},
		{"introduce/a", "switch/b", false, "has to be finished first"},
		{"retire/a", "settle/a", true, ""},
		{"renew/a", "introduce/b", false, "has to be finished first"},
		{"renew/a", "adopt/a", true, ""},
		{"adopt/a", "refuse/a", true, ""},
		{"refuse/a", "settle/a", true, ""},
		{"renew/a", "settle/a", false, "has to be finished first"},
	} {
		rotation, err := pilot.ParseRotation(c.asked)
		if err != nil {
			t.Fatal(err)
		}
		moves, err := rotation.Moves(c.recorded)
		if moves != c.moves || (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q asked at %q: %v %v, want %v %q", c.asked, c.recorded, moves, err, c.moves, c.want)
		}
	}
	for _, bad := range []string{"renew", "renew/", "renew/A", "other/a"} {
		if _, err := pilot.ParseRotation(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

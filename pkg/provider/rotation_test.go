package provider

import (
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server/certs"
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
		{"renew/a", "settle/a", true, ""},
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

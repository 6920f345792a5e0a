package stacks_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server/certs"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// TestCertificates reads the certificates of a stack's state, and warns from 21
// days before their end on.
func TestCertificates(t *testing.T) {
	now := time.Now()
	ca, err := certs.NewAuthority(certs.AuthorityRequest{CommonName: "Pilot acme"})
	if err != nil {
		t.Fatal(err)
	}
	issue := func(r certs.Request) certs.Pair {
		p, err := ca.Issue(r)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	// A little more than whole days, so that the test's own time takes none away.
	for _, c := range []struct {
		left time.Duration
		days int
		warn string
	}{
		{89*24*time.Hour + time.Hour, 89, ""},
		{22*24*time.Hour + time.Hour, 22, ""},
		{21*24*time.Hour + time.Hour, 21, "ends in 21 days: pilot setup or pilot server rotate-certs renews it"},
		{time.Hour, 0, "ends in 0 days"},
		{-time.Hour, -1, "ended "},
	} {
		leaf := issue(certs.Request{
			CommonName: "operator", Role: certs.RoleOperator, Client: true, Now: now.Add(c.left - certs.LeafLifetime), ValidFor: certs.LeafLifetime,
		})
		type resource map[string]any
		state := func(resources ...resource) apitype.UntypedDeployment {
			b, err := json.Marshal(map[string]any{"resources": resources})
			if err != nil {
				t.Fatal(err)
			}
			return apitype.UntypedDeployment{Version: 3, Deployment: b}
		}
		out := func(kind string, pair certs.Pair, stage string) resource {
			return resource{"type": kind, "outputs": map[string]any{"certPem": string(pair.Cert), "keyPem": "ciphertext", "stage": stage}}
		}
		gone := out(pilot.TypeCertificate, leaf, "")
		gone["delete"] = true
		list, rotation, err := stacks.Certificates(state(
			out(pilot.TypeCertificateAuthority, ca.Pair(), "introduce"), out(pilot.TypeCertificate, leaf, ""), gone,
			resource{"type": pilot.TypeCertificate, "outputs": map[string]any{}}, resource{"type": pilot.TypeNetwork},
		), now)
		if err != nil || rotation != "introduce" || len(list) != 2 {
			t.Fatalf("%s left: %+v, %q, %v", c.left, list, rotation, err)
		}
		if first := list[0]; first.Name != "operator" || first.Role != "operator" || first.DaysLeft != c.days {
			t.Errorf("%s left: got %+v, want %d days", c.left, first, c.days)
		}
		if last := list[1]; last.Role != "authority" || last.DaysLeft < 3600 {
			t.Errorf("the authority lives for 10 years: %+v", last)
		}
		warned := stacks.Ending(list)
		if (len(warned) == 1) != (c.warn != "") || len(warned) > 0 && !strings.Contains(warned[0], "the operator certificate of operator "+c.warn) {
			t.Errorf("%s left: warns %q, want %q", c.left, warned, c.warn)
		}
	}
	if w := stacks.Ending([]stacks.CertificateStatus{{Name: "Pilot acme", Role: "authority", DaysLeft: 3}}); len(w) != 1 || !strings.Contains(w[0], "rotate-certs --ca") {
		t.Errorf("an authority that ends: %q", w)
	}
	if list, _, err := stacks.Certificates(apitype.UntypedDeployment{}, now); err != nil || len(list) != 0 {
		t.Errorf("no state: %v %v", list, err)
	}
}

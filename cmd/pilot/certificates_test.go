package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/internal/testdocker"
	"github.com/pilot-framework/pilot/pkg/server/certs"
	"github.com/pilot-framework/pilot/pkg/server/daemon"
	"github.com/pilot-framework/pilot/stacks"
)

// TestCheckEndpoint is what doctor finds at a platform's Docker endpoint.
func TestCheckEndpoint(t *testing.T) {
	ca, err := certs.NewAuthority(certs.AuthorityRequest{CommonName: "Pilot test"})
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
	server := issue(certs.Request{CommonName: "daemon", Role: "server", Server: true, IPs: []string{"127.0.0.1"}})
	operator := issue(certs.Request{CommonName: "operator", Role: certs.RoleOperator, Client: true})
	trust := ca.Pair().Cert
	cfg, err := certs.ServerConfig(server, trust)
	if err != nil {
		t.Fatal(err)
	}
	at := func(host string) error {
		return checkEndpoint(t.Context(), daemon.Endpoint{Host: host, CA: string(trust), Cert: string(operator.Cert), Key: string(operator.Key)})
	}
	if err := at(testdocker.Serve(t, "127.0.0.1:0", cfg, "1.24")); err != nil {
		t.Errorf("all is well: %v", err)
	}
	for host, want := range map[string][2]string{
		testdocker.Serve(t, "127.0.0.1:0", cfg, "1.44"): {"serves API versions 1.44 to 1.52, and deploys need 1.41", "DOCKER_MIN_API_VERSION"},
		"tcp://127.76.0.7:22376":                        {"the Docker endpoint tcp://127.76.0.7:22376: installing Docker: ", "its machine is up"},
	} {
		var problem *stacks.Problem
		if err := at(host); !errors.As(err, &problem) || !strings.Contains(problem.Reason, want[0]) || !strings.Contains(problem.Fix, want[1]) {
			t.Errorf("%s: %v, want %q", host, err, want)
		}
	}
}

// TestCertificateFinding is what doctor says of certificates: those that are
// about to end are a problem.
func TestCertificateFinding(t *testing.T) {
	list := []stacks.CertificateStatus{
		{Name: "operator", Role: "operator", NotAfter: "2030-01-01T00:00:00Z", DaysLeft: 22}, {Name: "Pilot acme", Role: "authority", DaysLeft: 3000},
	}
	found, err := certificateFinding(&stacks.Status{Certificates: list, Problems: stacks.Ending(list)}, "none")
	if err != nil || found != "2, the first to end is operator of operator in 22 days" {
		t.Errorf("got %q, %v", found, err)
	}
	list[0].DaysLeft = 21
	_, err = certificateFinding(&stacks.Status{Certificates: list, Problems: stacks.Ending(list)}, "none")
	var problem *stacks.Problem
	if !errors.As(err, &problem) || !strings.Contains(problem.Reason, "the operator certificate of operator ends in 21 days") || problem.Fix != "pilot server rotate-certs" {
		t.Errorf("got %v", err)
	}
	if found, err := certificateFinding(&stacks.Status{}, "none"); err != nil || found != "none" {
		t.Errorf("got %q, %v", found, err)
	}
}

// TestStatusShowsCertificates is what status prints of certificates.
func TestStatusShowsCertificates(t *testing.T) {
	list := []stacks.CertificateStatus{
		{Name: "operator", Role: "operator", NotAfter: "2030-01-01T00:00:00Z", DaysLeft: 21}, {Name: "acme", Role: "server", DaysLeft: 89},
	}
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	(&session{out: out}).printStatus(stacks.Status{Certificates: list, Problems: stacks.Ending(list)})
	shown, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"21 days", "operator operator", "89 days", "server acme", "! the operator certificate of operator ends in 21 days"} {
		if !strings.Contains(string(shown), want) {
			t.Errorf("%q is not shown:\n%s", want, shown)
		}
	}
}

package gcp

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/api/option"
)

// answer makes a client talk to a server that answers with v.
func answer(t *testing.T, v any, path string) []option.ClientOption {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.String(), path) {
			t.Errorf("asks for %s, want %s", r.URL, path)
		}
		if err := json.NewEncoder(w).Encode(v); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(s.Close)
	return []option.ClientOption{option.WithEndpoint(s.URL), option.WithoutAuthentication()}
}

func TestRights(t *testing.T) {
	p := &Platform{Project: "acme-prod-123", Region: "europe-west1"}
	ask := func(granted []string) (string, error) {
		return p.rights(context.Background(), answer(t, map[string]any{"permissions": granted}, "/v1/projects/acme-prod-123:testIamPermissions")...)
	}
	if finding, err := ask(needed); err != nil || finding != "project acme-prod-123, region europe-west1" {
		t.Errorf("all rights: %q, %v", finding, err)
	}
	some := slices.DeleteFunc(slices.Clone(needed), func(r string) bool { return r == "iam.roles.create" })
	if _, err := ask(some); err == nil || !strings.Contains(err.Error(), "you lack iam.roles.create; to mend it:") {
		t.Errorf("one right missing: %v", err)
	}
}

func TestPreflight(t *testing.T) {
	if err := (&Platform{}).Preflight(context.Background(), "prod"); err == nil || !strings.Contains(err.Error(), "operator_cidrs []") {
		t.Errorf("nobody may come in: %v", err)
	}
	if err := (&Platform{Simulated: true}).Preflight(context.Background(), "prod"); err != nil {
		t.Errorf("a simulated cloud: %v", err)
	}
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", filepath.Join(t.TempDir(), "missing.json"))
	p := &Platform{OperatorCIDRs: []string{"203.0.113.7/32"}}
	if err := p.Preflight(context.Background(), "prod"); err == nil || !strings.Contains(err.Error(), "gcloud auth application-default login") {
		t.Errorf("no credentials: %v", err)
	}
}

package cloudcdn

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"google.golang.org/api/storage/v1"
)

// permissions says what IAM asks for (Compute Engine and Cloud Storage, API
// method reference).
func permissions(t *testing.T, c call) []string {
	t.Helper()
	verb := map[string]string{"GET": "get", "POST": "create", "DELETE": "delete", "PUT": "update", "PATCH": "update"}[c.Method]
	if below, ok := strings.CutPrefix(c.Path, "/compute/v1/projects/acme-prod/"); ok {
		parts := strings.Split(strings.TrimPrefix(below, "global/"), "/")
		kind := map[string]string{
			"addresses": "globalAddresses", "forwardingRules": "globalForwardingRules", "operations": "globalOperations",
		}[parts[0]]
		if kind == "" {
			kind = parts[0]
		}
		if len(parts) == 1 && verb == "get" {
			verb = "list"
		}
		if len(parts) == 3 {
			verb = parts[2]
		}
		need := []string{"compute." + kind + "." + verb}
		// What a part refers to must be usable.
		for _, use := range map[string][]string{
			"globalForwardingRules create":          {"globalAddresses", "targetHttpProxies", "targetHttpsProxies"},
			"targetHttpsProxies create":             {"urlMaps", "sslPolicies"},
			"targetHttpProxies create":              {"urlMaps"},
			"targetHttpsProxies setSslCertificates": {},
			"urlMaps create":                        {"backendBuckets"},
			"urlMaps update":                        {"backendBuckets"},
		}[kind+" "+verb] {
			need = append(need, "compute."+use+".use")
		}
		return need
	}
	if strings.HasPrefix(c.Path, "/upload/") {
		return []string{"storage.objects.create", "storage.objects.delete"}
	}
	below, _ := strings.CutPrefix(c.Path, "/storage/v1/b")
	bucket, rest, object := strings.Cut(strings.TrimPrefix(below, "/"), "/")
	switch {
	case strings.Contains(rest, "/rewriteTo/"):
		return []string{"storage.objects.create", "storage.objects.delete", "storage.objects.get"}
	case rest == "iam" && c.Method == http.MethodGet:
		return []string{"storage.buckets.getIamPolicy"}
	case rest == "iam":
		return []string{"storage.buckets.setIamPolicy"}
	case rest == "o":
		return []string{"storage.objects.list"}
	case object:
		return []string{"storage.objects." + verb}
	case bucket == "" || verb != "":
		return []string{"storage.buckets." + verb}
	}
	t.Fatalf("no permission is known for %v", c)
	return nil
}

// The permissions cover every call of a site's whole life, and nothing that is not
// called.
func TestPermissionsCoverEveryCall(t *testing.T) {
	g := newSimulation(t)
	a := newApp(t, g)
	var calls []call
	for round := range 2 { // the second time, an empty bucket is taken over
		if round == 1 {
			c, err := connect(t.Context(), "acme-prod", g.url, "acme-front")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.storage.Buckets.Insert("acme-prod", &storage.Bucket{Name: "acme-front"}).Do(); err != nil {
				t.Fatal(err)
			}
		}
		a.rel.Domain = "www.example.com"
		a.write(t, small("v1"))
		d1, r1 := a.both(t)
		a.write(t, small("v2"))
		a.rel.Domain = "shop.example.com"
		d2, r2 := a.both(t)
		if err := a.platform().destroy(t.Context(), d1, quiet()); err != nil {
			t.Fatal(err)
		}
		if _, err := a.releaser().status(t.Context(), r2); err != nil {
			t.Fatal(err)
		}
		if _, err := a.platform().status(t.Context(), d2); err != nil {
			t.Fatal(err)
		}
		a.destroyApp(t, []*Deployment{d1, d2}, []*Release{r1, r2})
		calls = append(calls, g.take()...)
	}
	used := map[string]bool{}
	for _, c := range calls {
		for _, need := range permissions(t, c) {
			used[need] = true
			if !slices.Contains(Permissions(), need) {
				t.Errorf("%v needs %s, which is not in the role", c, need)
			}
		}
	}
	for _, p := range Permissions() {
		if !used[p] {
			t.Errorf("the role has %s, which nothing needs", p)
		}
	}
	if !slices.IsSorted(Permissions()) {
		t.Error("the permissions are not sorted")
	}
}

package cloudfront

import (
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"
)

// permission says which action IAM asks for, and on what (AWS service
// authorization reference).
func permission(t *testing.T, c call) (actions []string, resource string) {
	t.Helper()
	if below, ok := strings.CutPrefix(c.Path, "/2020-05-31/"); ok {
		parts := strings.Split(below, "/")
		kind := map[string]string{"distribution": "Distribution", "origin-access-control": "OriginAccessControl"}[parts[0]]
		resource = "arn:aws:cloudfront::123456789012:" + parts[0] + "/" + append(parts, "new")[1]
		switch {
		case strings.HasSuffix(below, "/invalidation"):
			return []string{"cloudfront:CreateInvalidation"}, resource
		case strings.Contains(below, "/invalidation/"):
			return []string{"cloudfront:GetInvalidation"}, resource
		case c.Method == http.MethodGet && len(parts) == 1:
			return []string{"cloudfront:List" + kind + "s"}, "*"
		case strings.Contains(c.Query, "WithTags"):
			return []string{"cloudfront:CreateDistribution", "cloudfront:TagResource"}, resource
		}
		verb := map[string]string{"GET": "Get", "POST": "Create", "PUT": "Update", "DELETE": "Delete"}[c.Method]
		return []string{"cloudfront:" + verb + kind}, resource
	}
	bucket, key, object := strings.Cut(strings.TrimPrefix(c.Path, "/"), "/")
	resource = "arn:aws:s3:::" + bucket
	q := "&" + c.Query
	if object && key != "" {
		resource += "/" + key
		switch {
		case c.copied:
			return []string{"s3:PutObject", "s3:GetObject", "s3:GetObjectTagging", "s3:PutObjectTagging"}, resource
		case c.Method == http.MethodPut:
			return []string{"s3:PutObject"}, resource
		case c.Method == http.MethodGet:
			return []string{"s3:GetObject"}, resource
		}
		t.Fatalf("no permission is known for %v", c)
	}
	for _, sub := range []struct{ method, query, action string }{
		{"HEAD", "", "s3:ListBucket"}, {"GET", "&list-type", "s3:ListBucket"}, {"GET", "&versions", "s3:ListBucketVersions"},
		{"GET", "&tagging", "s3:GetBucketTagging"}, {"PUT", "&tagging", "s3:PutBucketTagging"}, {"PUT", "&policy", "s3:PutBucketPolicy"},
		{"PUT", "&publicAccessBlock", "s3:PutBucketPublicAccessBlock"}, {"PUT", "&encryption", "s3:PutEncryptionConfiguration"},
		{"PUT", "&versioning", "s3:PutBucketVersioning"}, {"DELETE", "", "s3:DeleteBucket"},
	} {
		if c.Method == sub.method && strings.Contains(q, sub.query) {
			return []string{sub.action}, resource
		}
	}
	switch {
	case c.Method == http.MethodPut && strings.Trim(c.Query, "&") == "":
		return []string{"s3:CreateBucket", "s3:TagResource"}, resource
	case c.Method == http.MethodPost && strings.Contains(q, "&delete"):
		return []string{"s3:DeleteObject", "s3:DeleteObjectVersion"}, resource + "/releases/any"
	}
	t.Fatalf("no permission is known for %v", c)
	return nil, ""
}

// The policy allows every call of a site's whole life, and nothing that is not
// called.
func TestPolicyCoversEveryCall(t *testing.T) {
	c := newCloud(t)
	a := newApp(t, c)
	// An empty bucket that somebody made is taken over, which needs its tags.
	req, err := http.NewRequest(http.MethodPut, c.kumo+"/"+a.deploy.Bucket, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := http.DefaultClient.Do(req); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("make a bucket: %v %v", res, err)
	}
	var calls []call
	for range 2 { // the second time the bucket is made by the plugin
		a.write(t, small("v1"))
		d1, r1 := a.both(t)
		a.write(t, small("v2"))
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
		calls = append(calls, c.take()...)
	}
	statements, err := Statements("123456789012", "acme-*")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, c := range calls {
		actions, resource := permission(t, c)
		for _, action := range actions {
			used[action] = true
			if !slices.ContainsFunc(statements, func(s Statement) bool {
				return slices.Contains(s.Action, action) && slices.ContainsFunc(s.Resource, func(pattern string) bool { return covers(pattern, resource) })
			}) {
				t.Errorf("%v needs %s on %s, which the policy does not allow", c, action, resource)
			}
		}
	}
	for _, s := range statements {
		for _, action := range s.Action {
			if strings.Contains(action, "*") || !used[action] {
				t.Errorf("the policy allows %s, which nothing needs", action)
			}
		}
		for _, resource := range s.Resource {
			if resource == "*" && s.Sid != "Lists" {
				t.Errorf("%s is allowed on everything", s.Sid)
			}
		}
	}
	if _, err := Policy("12", "b"); err == nil {
		t.Error("an account of 2 digits is accepted")
	}
}

// covers is IAM's *: any characters, slashes too.
func covers(pattern, resource string) bool {
	flat := strings.NewReplacer("/", "\x00")
	ok, err := path.Match(flat.Replace(pattern), flat.Replace(resource))
	return ok && err == nil
}

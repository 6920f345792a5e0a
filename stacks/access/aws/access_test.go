package aws

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/pilot-framework/pilot/pkg/server"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/stacks/access"
)

// TestSDKTakesOnTheRole: with the files that the runners get, AWS's SDK asks STS
// for the role, signed with the key.
func TestSDKTakesOnTheRole(t *testing.T) {
	var asked, signed string
	sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, signed = r.FormValue("Action")+" "+r.FormValue("RoleArn"), r.Header.Get("Authorization")
		fmt.Fprint(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>`+
			`<AccessKeyId>ASIAOFTHEROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>`+
			`<Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`)
	}))
	defer sts.Close()
	dir, role := t.TempDir(), "arn:aws:iam::123456789012:role/prod-1a2b3c-deploy"
	for name, text := range map[string]string{
		"keys": fmt.Sprintf(keyFile, "AKIAOFTHEUSER", "secret"), "config": fmt.Sprintf(configFile, "eu-west-1", role),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range map[string]string{
		"AWS_SHARED_CREDENTIALS_FILE": filepath.Join(dir, "keys"), "AWS_CONFIG_FILE": filepath.Join(dir, "config"),
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": "", "AWS_CA_BUNDLE": "", "AWS_REGION": "",
	} {
		t.Setenv(name, value)
	}
	at, err := url.Parse(sts.URL)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithHTTPClient(redirected(*at)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := cfg.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.AccessKeyID != "ASIAOFTHEROLE" || cfg.Region != "eu-west-1" {
		t.Errorf("got %s in %s", got.AccessKeyID, cfg.Region)
	}
	if asked != "AssumeRole "+role || !strings.Contains(signed, "Credential=AKIAOFTHEUSER/") {
		t.Errorf("asked %q, signed %q", asked, signed)
	}
}

// redirected sends every request to one server.
type redirected url.URL

func (to redirected) Do(r *http.Request) (*http.Response, error) {
	r.URL.Scheme, r.URL.Host = to.Scheme, to.Host
	return http.DefaultClient.Do(r)
}

func TestComplete(t *testing.T) {
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	whole := func() *Access {
		return &Access{Common: access.Common{Name: "prod", Key: 1, Runners: server.RunnerConfigurer(client.Config{})}}
	}
	for _, c := range []struct {
		name   string
		change func(*Access)
		want   string
	}{
		{"defaults", func(*Access) {}, ""},
		{"region", func(a *Access) { a.Region = "mars-1" }, `region "mars-1": want`},
		{"vpc", func(a *Access) { a.VPC = "default" }, `vpc "default": want an id such as vpc-`},
		{"target", func(a *Access) { a.Targets = []string{"google-cloud-run"} }, `targets "google-cloud-run": want one of aws-ecs`},
		{"key", func(a *Access) { a.Key = 0 }, "key 0: want 1 or more"},
		{"runners", func(a *Access) { a.Runners = nil }, "runners: is nil"},
	} {
		a := whole()
		c.change(a)
		err := a.Complete()
		if c.want == "" && (err != nil || a.Region != "us-east-1" || len(a.Targets) != 2 || a.Dir != access.Dir) {
			t.Errorf("%s: %v, %+v", c.name, err, a)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

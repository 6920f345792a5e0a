package aws

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/provider"
	"github.com/pilot-framework/pilot/pkg/server/cloudinit"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

// endpoint makes the AWS SDK talk to handler.
func endpoint(t *testing.T, handler http.HandlerFunc) {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	t.Setenv("AWS_ENDPOINT_URL", s.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "operators-secret-access-key")
	t.Setenv("AWS_SESSION_TOKEN", "")
	t.Setenv("AWS_PROFILE", "")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "credentials"))
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
}

func TestBootProgress(t *testing.T) {
	console := base64.StdEncoding.EncodeToString([]byte("[ 1.0] kernel\r\nPILOT-BOOT step=packages state=failed detail=\"E: no such package\"\r\n"))
	endpoint(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Authorization"), "/us-east-1/ec2/aws4_request") {
			t.Errorf("not signed for EC2: %s", r.Header.Get("Authorization"))
		}
		if r.FormValue("Action") != "GetConsoleOutput" || r.FormValue("Latest") != "true" {
			t.Errorf("asks for %v", r.Form)
		}
		if r.FormValue("InstanceId") != "i-0123" {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code><Message>The instance ID does not exist</Message></Error></Errors></Response>`)
			return
		}
		fmt.Fprintf(w, `<GetConsoleOutputResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><output>%s</output></GetConsoleOutputResponse>`, console)
	})
	p := &Platform{Region: "us-east-1"}
	got, err := p.BootProgress(context.Background(), auto.OutputMap{outputInstanceID: {Value: "i-0123"}})
	want := cloudinit.Progress{Step: cloudinit.StepPackages, State: cloudinit.Failed, Detail: "E: no such package"}
	if err != nil || got != want {
		t.Errorf("got %+v %v, want %+v", got, err, want)
	}
	if boot, err := p.boot(t.Context(), "i-0123"); err != nil || !boot.Failed || boot.Step != "installing Docker failed: E: no such package" {
		t.Errorf("who waits is told %+v, %v", boot, err)
	}
	if boot, err := p.boot(t.Context(), "i-9"); err == nil || boot != (provider.Boot{}) {
		t.Errorf("an unknown instance: %+v, %v", boot, err)
	}
	if _, err := p.BootProgress(context.Background(), auto.OutputMap{outputInstanceID: {Value: "i-9"}}); err == nil ||
		!strings.Contains(err.Error(), "InvalidInstanceID.NotFound") {
		t.Errorf("an unknown instance: %v", err)
	}
}

func TestPreflight(t *testing.T) {
	accepted := true
	endpoint(t, func(w http.ResponseWriter, _ *http.Request) {
		if !accepted {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>The security token is invalid</Message></Error></ErrorResponse>`)
			return
		}
		fmt.Fprint(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>`+
			`<Arn>arn:aws:iam::123456789012:user/ann</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`)
	})
	check := func(p Platform, want string) {
		t.Helper()
		p.Region = "us-east-1"
		err := p.Preflight(context.Background(), "prod")
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	mine := Platform{OperatorCIDRs: []string{"203.0.113.7/32"}}
	check(Platform{}, "operator_cidrs []: nobody could reach the platform")
	check(Platform{Simulated: true}, "")
	check(mine, "")
	finding, err := mine.Checks()[0].Run(context.Background())
	if err != nil || !strings.HasPrefix(finding, "arn:aws:iam::123456789012:user/ann") {
		t.Errorf("finding %q, %v", finding, err)
	}
	accepted = false
	check(mine, "AWS does not accept the credentials")
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	check(mine, "no AWS credentials")
	var problem *stacks.Problem
	if err := mine.Preflight(context.Background(), "prod"); !errors.As(err, &problem) || problem.Fix == "" {
		t.Errorf("%v says no way out", err)
	}
}

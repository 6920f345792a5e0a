package aws

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

func TestSecretsOfAnApp(t *testing.T) {
	cfg := newRig(t).config(t)
	s := NewSecrets(cfg)
	values := map[string]string{"API_KEY": "s3cret", "DSN": "postgres://u:p@h/db"}
	refs, err := s.Put(t.Context(), "shop/web", ExecutionRole("web"), values)
	if err != nil {
		t.Fatal(err)
	}
	// A reference names the secret, the key in it and the version, and no value.
	for name, ref := range refs {
		parts := strings.Split(ref, ":")
		if len(parts) != 10 || parts[7] != name || parts[8] != "" || len(parts[9]) != 64 || !strings.HasPrefix(ref, "arn:aws:secretsmanager:") {
			t.Errorf("%s is referred to with %q", name, ref)
		}
		if strings.Contains(ref, values[name]) {
			t.Errorf("the reference %q holds the value", ref)
		}
	}
	again, err := s.Put(t.Context(), "shop/web", ExecutionRole("web"), values)
	if err != nil || fmt.Sprint(again) != fmt.Sprint(refs) {
		t.Errorf("the same values are another version: %v, %v", again, err)
	}
	changed, err := s.Put(t.Context(), "shop/web", ExecutionRole("web"), map[string]string{"API_KEY": "new"})
	if err != nil || changed["API_KEY"] == refs["API_KEY"] || len(changed) != 1 {
		t.Errorf("a new value: %v, %v", changed, err)
	}

	api := secretsmanager.NewFromConfig(cfg)
	got, err := api.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: awssdk.String("pilot-apps/shop/web")})
	if err != nil || awssdk.ToString(got.SecretString) != `{"API_KEY":"new"}` {
		t.Errorf("the secret holds %q, %v", awssdk.ToString(got.SecretString), err)
	}
	none, err := s.Put(t.Context(), "shop/web", ExecutionRole("web"), map[string]string{})
	if err != nil || len(none) != 0 {
		t.Errorf("no values: %v, %v", none, err)
	}
	got, err = api.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: awssdk.String("pilot-apps/shop/web")})
	if err != nil || awssdk.ToString(got.SecretString) != "{}" {
		t.Errorf("the secret holds %q, %v", awssdk.ToString(got.SecretString), err)
	}
	if err := s.Delete(t.Context(), "shop/web"); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), "shop/web"); err != nil {
		t.Errorf("what is gone can't be deleted: %v", err)
	}
	_, err = s.Put(t.Context(), "shop/web", "r", map[string]string{"BIG": strings.Repeat("x", maxSecret)})
	if err == nil || !strings.Contains(err.Error(), "65536") {
		t.Errorf("too much: %v", err)
	}
}

// The policy is what AWS gets to see, so it is taken from the request.
func TestOneRoleMayReadTheSecret(t *testing.T) {
	r := newRig(t)
	if _, err := NewSecrets(r.config(t)).Put(t.Context(), "shop/api", ExecutionRole("api"), map[string]string{"K": "v"}); err != nil {
		t.Fatal(err)
	}
	var sent struct{ ResourcePolicy string }
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := json.Unmarshal([]byte(r.bodies["secretsmanager.PutResourcePolicy"]), &sent); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(sent.ResourcePolicy, `"v"`) {
		t.Errorf("sent %+v", sent)
	}
	for _, want := range []string{`role/ecr-api"`, `"ArnEquals"`, `"aws:PrincipalAccount"`, `"secretsmanager:GetSecretValue"`} {
		if !strings.Contains(sent.ResourcePolicy, want) {
			t.Errorf("the policy %s has no %s", sent.ResourcePolicy, want)
		}
	}
}

func TestExecutionRoleFitsIAM(t *testing.T) {
	if got := ExecutionRole(strings.Repeat("a", 80)); len(got) != 64 {
		t.Errorf("%q has %d characters", got, len(got))
	}
}

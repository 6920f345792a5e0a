package cloudinit

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// store is a cloud's metadata service and secret store. Each refuses what the
// real one refuses.
type store struct {
	*httptest.Server
	t *testing.T

	mu sync.Mutex
	// refuse is how many more times the store says that the machine's rights
	// have not arrived; below zero for ever.
	refuse int
	value  string
	reads  int
}

var machineKeys = aws.Credentials{AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "machine-secret-access-key", SessionToken: "machine-session-token"}

func newStore(t *testing.T, kind Store) *store {
	s := &store{t: t}
	mux := http.NewServeMux()
	if kind == AWSSecretsManager {
		mux.HandleFunc("PUT /latest/api/token", func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Aws-Ec2-Metadata-Token-Ttl-Seconds") == "" {
				http.Error(w, "no ttl", http.StatusBadRequest)
				return
			}
			fmt.Fprint(w, "metadata-token")
		})
		mux.HandleFunc("GET /latest/meta-data/iam/security-credentials/", func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Aws-Ec2-Metadata-Token") != "metadata-token" {
				http.Error(w, "version 2 wants a token", http.StatusUnauthorized)
				return
			}
			if strings.HasSuffix(r.URL.Path, "/acme-prod-machine") {
				_ = json.NewEncoder(w).Encode(map[string]string{
					"AccessKeyId": machineKeys.AccessKeyID, "SecretAccessKey": machineKeys.SecretAccessKey, "Token": machineKeys.SessionToken,
				})
				return
			}
			fmt.Fprint(w, "acme-prod-machine")
		})
		mux.HandleFunc("POST /{$}", s.secretsManager)
	} else {
		mux.HandleFunc("GET /computeMetadata/v1/instance/service-accounts/default/token", func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Metadata-Flavor") != "Google" {
				http.Error(w, "missing Metadata-Flavor", http.StatusForbidden)
				return
			}
			fmt.Fprint(w, `{"access_token":"machine-token","expires_in":3599,"token_type":"Bearer"}`)
		})
		mux.HandleFunc("GET /v1/projects/acme-prod-123/secrets/acme-prod-docker-endpoint/versions/{version}", s.secretManager)
	}
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// set puts a value into the store.
func (s *store) set(value string, refuse int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.value, s.refuse = value, refuse
}

func (s *store) take() (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	if s.refuse != 0 {
		s.refuse--
		return "", false
	}
	return s.value, true
}

// secretsManager checks the signature with the AWS SDK's own signer.
func (s *store) secretsManager(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
	}
	signed, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil || time.Since(signed).Abs() > time.Minute {
		s.t.Errorf("X-Amz-Date %q is not now", r.Header.Get("X-Amz-Date"))
	}
	again, err := http.NewRequest(http.MethodPost, s.URL+"/", nil)
	if err != nil {
		s.t.Error(err)
	}
	for _, h := range []string{"Content-Type", "X-Amz-Target"} {
		again.Header.Set(h, r.Header.Get(h))
	}
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(r.Context(), machineKeys, again, hex.EncodeToString(sum[:]), "secretsmanager", "eu-west-1", signed); err != nil {
		s.t.Error(err)
	}
	if got, want := r.Header.Get("Authorization"), again.Header.Get("Authorization"); got != want {
		s.t.Errorf("signature\n got %s\nwant %s", got, want)
		http.Error(w, `{"__type":"InvalidSignatureException"}`, http.StatusForbidden)
		return
	}
	if r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" || string(body) != `{"SecretId": "`+awsSecret+`"}` {
		s.t.Errorf("target %s, body %s", r.Header.Get("X-Amz-Target"), body)
	}
	value, ok := s.take()
	if !ok {
		http.Error(w, `{"__type":"AccessDeniedException","Message":"not authorized to perform: secretsmanager:GetSecretValue"}`, http.StatusBadRequest)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]string{"ARN": awsSecret, "SecretString": value})
}

func (s *store) secretManager(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("version") != "latest:access" || r.Header.Get("Authorization") != "Bearer machine-token" {
		http.Error(w, "unauthenticated", http.StatusUnauthorized)
		return
	}
	value, ok := s.take()
	if !ok {
		http.Error(w, `{"error":{"code":403,"status":"PERMISSION_DENIED"}}`, http.StatusForbidden)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{
		"payload": map[string]string{"data": base64.StdEncoding.EncodeToString([]byte(value))},
	})
}

// Package testcloud gives tests what a machine sees of its cloud: the metadata
// service and the secret store. Each refuses what the real one refuses.
package testcloud

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// Keys are what the metadata service of AWS gives the machine.
var Keys = aws.Credentials{AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "machine-secret-access-key", SessionToken: "machine-session-token"}

// Token is what the metadata service of Google Cloud gives the machine.
const Token = "machine-token"

// Store is one secret, and the identity of the one machine that may read it.
type Store struct {
	t      testing.TB
	secret string

	mu     sync.Mutex
	refuse int
	value  string
}

// NewStore makes the store of a secret, which is named as its cloud names it:
// by an ARN, or as projects/P/secrets/S.
func NewStore(t testing.TB, secret string) *Store { return &Store{t: t, secret: secret} }

// Set puts a value into the store, which then says refuse more times that the
// machine's rights have not arrived; below zero it does for ever.
func (s *Store) Set(value string, refuse int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.value, s.refuse = value, refuse
}

// Handler serves both, the metadata service and the store.
func (s *Store) Handler() http.Handler {
	mux := http.NewServeMux()
	if strings.HasPrefix(s.secret, "arn:") {
		mux.HandleFunc("PUT /latest/api/token", session)
		mux.HandleFunc("GET /latest/meta-data/iam/security-credentials/", role)
		mux.HandleFunc("POST /{$}", s.secretsManager)
		return mux
	}
	mux.HandleFunc("GET /computeMetadata/v1/instance/service-accounts/default/token", account)
	mux.HandleFunc("GET /v1/"+s.secret+"/versions/{version}", s.secretManager)
	return mux
}

// The metadata service of AWS, which answers in its second version alone.
const (
	sessionToken = "metadata-token"
	machineRole  = "acme-prod-machine"
)

func session(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Aws-Ec2-Metadata-Token-Ttl-Seconds") == "" {
		http.Error(w, "no ttl", http.StatusBadRequest)
		return
	}
	fmt.Fprint(w, sessionToken)
}

func role(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Aws-Ec2-Metadata-Token") != sessionToken {
		http.Error(w, "version 2 wants a token", http.StatusUnauthorized)
		return
	}
	if strings.HasSuffix(r.URL.Path, "/"+machineRole) {
		_ = json.NewEncoder(w).Encode(map[string]string{
			"AccessKeyId": Keys.AccessKeyID, "SecretAccessKey": Keys.SecretAccessKey, "Token": Keys.SessionToken,
		})
		return
	}
	fmt.Fprint(w, machineRole)
}

// account is Google Cloud's.
func account(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Metadata-Flavor") != "Google" {
		http.Error(w, "missing Metadata-Flavor", http.StatusForbidden)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": Token, "expires_in": 3599, "token_type": "Bearer"})
}

func (s *Store) take() (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != 0 {
		s.refuse--
		return "", false
	}
	return s.value, true
}

// secretsManager checks the signature with the AWS SDK's own signer.
func (s *Store) secretsManager(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
	}
	signed, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil || time.Since(signed).Abs() > time.Minute {
		s.t.Errorf("X-Amz-Date %q is not now", r.Header.Get("X-Amz-Date"))
	}
	again, err := http.NewRequest(http.MethodPost, "https://"+r.Host+"/", nil)
	if err != nil {
		s.t.Error(err)
	}
	for _, h := range []string{"Content-Type", "X-Amz-Target"} {
		again.Header.Set(h, r.Header.Get(h))
	}
	sum, region := sha256.Sum256(body), strings.Split(s.secret, ":")[3]
	if err := v4.NewSigner().SignHTTP(r.Context(), Keys, again, hex.EncodeToString(sum[:]), "secretsmanager", region, signed); err != nil {
		s.t.Error(err)
	}
	if got, want := r.Header.Get("Authorization"), again.Header.Get("Authorization"); got != want {
		s.t.Errorf("signature\n got %s\nwant %s", got, want)
		http.Error(w, `{"__type":"InvalidSignatureException"}`, http.StatusForbidden)
		return
	}
	if r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" || string(body) != `{"SecretId": "`+s.secret+`"}` {
		s.t.Errorf("target %s, body %s", r.Header.Get("X-Amz-Target"), body)
	}
	value, ok := s.take()
	if !ok {
		http.Error(w, `{"__type":"AccessDeniedException","Message":"not authorized to perform: secretsmanager:GetSecretValue"}`, http.StatusBadRequest)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]string{"ARN": s.secret, "SecretString": value})
}

func (s *Store) secretManager(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("version") != "latest:access" || r.Header.Get("Authorization") != "Bearer "+Token {
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

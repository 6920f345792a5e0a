package source

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/pilot-framework/pilot/cmd/pilot-agent/internal/serverapi"
)

const (
	// rememberUser is how long a good answer about a token is used again.
	rememberUser = 30 * time.Second
	// maxRemembered bounds the memory of answers.
	maxRemembered = 1000

	defaultTTL = time.Hour
	maxTTL     = 24 * time.Hour

	// credentialPrefix tells a read credential from a user's token.
	credentialPrefix = "snapshot."
	credentialUser   = "snapshot"
)

var (
	errForbidden = errors.New("this read credential reads one snapshot of one project, and nothing else")
	// errAnonymous is git's usual first request: it shows credentials only when asked.
	errAnonymous = errors.New("give your Pilot token as the password of HTTP basic authentication")
)

// access is what a request may see. An empty ref means a user: everything.
type access struct {
	user string
	ref  plumbing.ReferenceName
}

// grant is what a read credential says.
type grant struct {
	Project string `json:"p"`
	Ref     string `json:"r"`
	Expires int64  `json:"e"`
}

// authenticate finds out who asks for the project. Only a user may have write access.
func (r *Receiver) authenticate(req *http.Request, project string, write bool) (access, error) {
	_, password, ok := req.BasicAuth()
	if !ok {
		return access{}, errAnonymous
	}
	if sealed, isGrant := strings.CutPrefix(password, credentialPrefix); isGrant {
		g, err := r.signer.open(sealed, time.Now())
		if err != nil {
			return access{}, err
		}
		if write || g.Project != project {
			return access{}, errForbidden
		}
		return access{ref: plumbing.ReferenceName(g.Ref)}, nil
	}
	user, err := r.users.whoami(req.Context(), password)
	return access{user: user.Name}, err
}

// issueCredential answers POST /credentials.
func (r *Receiver) issueCredential(w http.ResponseWriter, req *http.Request) {
	if _, err := r.authenticate(req, "", true); err != nil {
		r.refuse(w, req, status(err), err)
		return
	}
	var ask struct {
		Project string `json:"project"`
		Ref     string `json:"ref"`
		TTL     int64  `json:"ttl_seconds"`
	}
	dec := json.NewDecoder(http.MaxBytesReader(w, req.Body, 4096))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&ask); err != nil {
		r.refuse(w, req, http.StatusBadRequest, fmt.Errorf("the body must be a JSON object with project, ref and ttl_seconds: %w", err))
		return
	}
	ttl := time.Duration(ask.TTL) * time.Second
	switch {
	case ask.TTL == 0:
		ttl = defaultTTL
	case ask.TTL < 0 || ask.TTL > int64(maxTTL/time.Second):
		r.refuse(w, req, http.StatusBadRequest, fmt.Errorf("ttl_seconds %d: want 1 to %d", ask.TTL, int64(maxTTL/time.Second)))
		return
	}
	ref := plumbing.ReferenceName(ask.Ref)
	err := checkName("project", ask.Project)
	if err == nil {
		err = checkRef(ref)
	}
	if err != nil {
		r.refuse(w, req, http.StatusBadRequest, err)
		return
	}
	repo, err := r.open(ask.Project, false)
	if err == nil {
		_, err = repo.snapshot(ref)
	}
	if err != nil {
		r.refuse(w, req, status(err), err)
		return
	}
	expires := time.Now().Add(ttl).Truncate(time.Second).UTC()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(map[string]string{
		"username": credentialUser,
		"password": credentialPrefix + r.signer.seal(grant{ask.Project, ask.Ref, expires.Unix()}),
		"expires":  expires.Format(time.RFC3339),
	})
}

// signer signs and checks read credentials.
type signer struct{ key []byte }

// loadSigner reads the key, or makes one.
func loadSigner(file string) (*signer, error) {
	key, err := os.ReadFile(file)
	if err == nil && len(key) == sha256.Size {
		return &signer{key}, nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read the key for read credentials: %w", err)
	}
	key = make([]byte, sha256.Size)
	_, _ = rand.Read(key)
	temp := filepath.Join(filepath.Dir(file), "."+filepath.Base(file))
	if err := os.WriteFile(temp, key, 0o600); err != nil {
		return nil, fmt.Errorf("write the key for read credentials: %w", err)
	}
	if err := os.Rename(temp, file); err != nil {
		return nil, fmt.Errorf("write the key for read credentials: %w", err)
	}
	return &signer{key}, nil
}

func (s *signer) sum(payload string) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(payload))
	return mac.Sum(nil)
}

func (s *signer) seal(g grant) string {
	raw, _ := json.Marshal(g)
	payload := base64.RawURLEncoding.EncodeToString(raw)
	return payload + "." + base64.RawURLEncoding.EncodeToString(s.sum(payload))
}

func (s *signer) open(sealed string, now time.Time) (grant, error) {
	payload, signature, _ := strings.Cut(sealed, ".")
	sum, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || !hmac.Equal(sum, s.sum(payload)) {
		return grant{}, fmt.Errorf("%w: this read credential was not issued here", serverapi.ErrToken)
	}
	var g grant
	raw, err := base64.RawURLEncoding.DecodeString(payload)
	if err == nil {
		err = json.Unmarshal(raw, &g)
	}
	if err != nil {
		return grant{}, fmt.Errorf("%w: this read credential can't be read", serverapi.ErrToken)
	}
	if now.Unix() >= g.Expires {
		return grant{}, fmt.Errorf("%w: this read credential has expired", serverapi.ErrToken)
	}
	return g, nil
}

// userCache remembers good answers for a short while: one push asks three times.
type userCache struct {
	users Users
	mu    sync.Mutex
	known map[[sha256.Size]byte]knownUser
}

type knownUser struct {
	user  serverapi.User
	until time.Time
}

func newUserCache(users Users) *userCache {
	return &userCache{users: users, known: map[[sha256.Size]byte]knownUser{}}
}

func (c *userCache) whoami(ctx context.Context, token string) (serverapi.User, error) {
	key := sha256.Sum256([]byte(token))
	c.mu.Lock()
	k, ok := c.known[key]
	c.mu.Unlock()
	if ok && time.Now().Before(k.until) {
		return k.user, nil
	}
	user, err := c.users.Whoami(ctx, token)
	if err != nil {
		return serverapi.User{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= maxRemembered {
		clear(c.known)
	}
	c.known[key] = knownUser{user, time.Now().Add(rememberUser)}
	return user, nil
}

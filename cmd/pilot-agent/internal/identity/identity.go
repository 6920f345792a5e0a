// Package identity stands in front of Google Cloud's metadata service for the
// programs of one machine that deploy: what they get is not the machine's own
// identity, but tokens of the deploy account, which the machine may ask for and
// which live for an hour. No key is involved.
package identity

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	// flavor is the header without which the metadata service answers nobody: a
	// web page can't make a browser send it.
	flavor = "Metadata-Flavor"
	wanted = "Google"

	tokenPath = "/computeMetadata/v1/instance/service-accounts/default/token"
	emailPath = "/computeMetadata/v1/instance/service-accounts/default/email"
	accounts  = "/computeMetadata/v1/instance/service-accounts/"

	// early is how long before its end a token is not given out any more.
	early = 5 * time.Minute
)

// Server answers as the metadata service does, for one account.
type Server struct {
	// Account is the e-mail address of the account whose tokens are given out.
	Account string
	// Metadata and Credentials are the URLs of the machine's metadata service
	// and of the IAM Service Account Credentials API.
	Metadata, Credentials string
	// Client makes the calls; http.DefaultClient where it is nil.
	Client *http.Client

	mu    sync.Mutex
	token string
	until time.Time
}

// ServeHTTP answers for the account itself, and hands all else that is not
// about accounts on to the machine's metadata service.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(flavor, wanted)
	if r.Header.Get(flavor) != wanted && r.URL.Path != "/" {
		http.Error(w, "the header Metadata-Flavor: Google is missing", http.StatusForbidden)
		return
	}
	path := strings.Replace(r.URL.Path, "/"+s.Account+"/", "/default/", 1)
	switch {
	case r.URL.Path == "/":
	case path == tokenPath:
		s.giveToken(w, r)
	case path == emailPath:
		fmt.Fprint(w, s.Account)
	case path == accounts:
		fmt.Fprintf(w, "default/\n%s/\n", s.Account)
	case strings.HasPrefix(path, accounts):
		http.NotFound(w, r)
	default:
		target, err := url.Parse(s.Metadata)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		(&httputil.ReverseProxy{Transport: s.client().Transport, Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(target) }}).ServeHTTP(w, r)
	}
}

func (s *Server) client() *http.Client {
	if s.Client != nil {
		return s.Client
	}
	return http.DefaultClient
}

func (s *Server) giveToken(w http.ResponseWriter, r *http.Request) {
	token, until, err := s.current(r.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"access_token": token, "token_type": "Bearer", "expires_in": int(time.Until(until).Seconds()),
	})
}

// current is a token that is good for some minutes at least.
func (s *Server) current(ctx context.Context) (string, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Until(s.until) > early {
		return s.token, s.until, nil
	}
	own, err := s.machineToken(ctx)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("ask for the machine's own token: %w", err)
	}
	body := []byte(`{"scope": ["https://www.googleapis.com/auth/cloud-platform"], "lifetime": "3600s"}`)
	at := s.Credentials + "/v1/projects/-/serviceAccounts/" + url.PathEscape(s.Account) + ":generateAccessToken"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at, bytes.NewReader(body))
	if err != nil {
		return "", time.Time{}, err
	}
	req.Header.Set("Authorization", "Bearer "+own)
	req.Header.Set("Content-Type", "application/json")
	var made struct {
		AccessToken string    `json:"accessToken"`
		ExpireTime  time.Time `json:"expireTime"`
	}
	if err := s.ask(req, &made); err != nil {
		return "", time.Time{}, fmt.Errorf("ask for a token of %s: %w", s.Account, err)
	}
	s.token, s.until = made.AccessToken, made.ExpireTime
	return s.token, s.until, nil
}

func (s *Server) machineToken(ctx context.Context) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Metadata+tokenPath, http.NoBody)
	if err != nil {
		return "", err
	}
	req.Header.Set(flavor, wanted)
	var own struct {
		AccessToken string `json:"access_token"`
	}
	err = s.ask(req, &own)
	return own.AccessToken, err
}

// ask makes a call and reads its JSON answer. What a refusal says is told, for
// it says which right is missing; no answer with a token is.
func (s *Server) ask(req *http.Request, into any) error {
	resp, err := s.client().Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode == http.StatusOK {
		return json.Unmarshal(answer, into)
	}
	var refused struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	_ = json.Unmarshal(answer, &refused)
	return fmt.Errorf("%s: %s", resp.Status, refused.Error.Message)
}

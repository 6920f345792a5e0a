package cloudcdn

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// silent takes every request and answers none but those for a token, where
// tokens.
func silent(t *testing.T, tokens bool) string {
	t.Helper()
	end := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tokens && r.URL.Path == "/token" {
			reply(w, map[string]any{"access_token": "t", "token_type": "Bearer", "expires_in": 3600})
			return
		}
		<-end
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(end) })
	return server.URL
}

// credentials are somebody's who gets tokens at that address.
func credentials(t *testing.T, tokens string) {
	t.Helper()
	content, err := json.Marshal(map[string]string{
		"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r", "token_uri": tokens + "/token",
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "credentials.json")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", file)
}

// A request whose answer never comes is given up, with credentials and without, and
// that for a token too.
func TestNoAnswer(t *testing.T) {
	old := longestAnswer
	longestAnswer = 20 * time.Millisecond
	t.Cleanup(func() { longestAnswer = old })
	for name, test := range map[string]struct{ google, tokens bool }{
		"an endpoint": {}, "Google": {google: true, tokens: true}, "Google's tokens": {google: true},
	} {
		t.Run(name, func(t *testing.T) {
			url := silent(t, test.tokens)
			endpoint := url
			if test.google {
				credentials(t, url)
				endpoint = ""
			}
			// Who gets there waits for ever.
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			c, err := connect(ctx, "acme-prod", endpoint, "acme-front")
			if err != nil {
				t.Fatal(err)
			}
			c.storage.BasePath, c.compute.BasePath = url+"/storage/v1/", url+"/compute/v1/"
			for name, ask := range map[string]func() error{
				"Cloud Storage":  func() error { _, err := c.getBucket(ctx); return err },
				"Compute Engine": func() error { _, err := c.current(ctx); return err },
			} {
				if err := ask(); err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "timeout awaiting response headers") {
					t.Errorf("%s: error %v", name, err)
				}
			}
		})
	}
}

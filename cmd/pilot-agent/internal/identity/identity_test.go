package identity

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2/google"
)

const account = "acme-deploy@acme-prod.iam.gserviceaccount.com"

// cloud is a metadata service and the credentials API in one.
type cloud struct {
	*httptest.Server
	made   int
	lives  time.Duration
	refuse string
}

func newCloud(t *testing.T) *cloud {
	c := &cloud{lives: time.Hour}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodGet && r.Header.Get("Metadata-Flavor") != "Google":
			http.Error(w, "no flavor", http.StatusForbidden)
		case r.URL.Path == "/computeMetadata/v1/instance/service-accounts/default/token":
			fmt.Fprint(w, `{"access_token": "of-the-machine", "expires_in": 3000, "token_type": "Bearer"}`)
		case r.URL.Path == "/computeMetadata/v1/project/project-id":
			fmt.Fprint(w, "acme-prod")
		case r.URL.Path == "/v1/projects/-/serviceAccounts/"+account+":generateAccessToken":
			if r.Header.Get("Authorization") != "Bearer of-the-machine" || c.refuse != "" {
				w.WriteHeader(http.StatusForbidden)
				fmt.Fprintf(w, `{"error": {"message": %q}}`, c.refuse)
				return
			}
			c.made++
			fmt.Fprintf(w, `{"accessToken": "of-the-deployer-%d", "expireTime": %q}`, c.made, time.Now().Add(c.lives).Format(time.RFC3339))
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(c.Close)
	return c
}

// TestLibrary: Google's own library, which every deploy uses, gets tokens of the
// deploy account.
func TestLibrary(t *testing.T) {
	c := newCloud(t)
	front := httptest.NewServer(&Server{Account: account, Metadata: c.URL, Credentials: c.URL})
	t.Cleanup(front.Close)
	t.Setenv("GCE_METADATA_HOST", strings.TrimPrefix(front.URL, "http://"))
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
	t.Setenv("HOME", t.TempDir())
	found, err := google.FindDefaultCredentials(context.Background(), "https://www.googleapis.com/auth/cloud-platform")
	if err != nil {
		t.Fatal(err)
	}
	token, err := found.TokenSource.Token()
	if err != nil {
		t.Fatal(err)
	}
	if token.AccessToken != "of-the-deployer-1" || found.ProjectID != "acme-prod" {
		t.Errorf("got the token %q of project %q", token.AccessToken, found.ProjectID)
	}
}

func TestServer(t *testing.T) {
	c := newCloud(t)
	s := &Server{Account: account, Metadata: c.URL, Credentials: c.URL}
	ask := func(path string, header bool) (int, string) {
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1"+path, http.NoBody)
		if header {
			r.Header.Set("Metadata-Flavor", "Google")
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		body, _ := io.ReadAll(w.Result().Body)
		return w.Code, string(body)
	}
	const own = "/computeMetadata/v1/instance/service-accounts/"
	for _, step := range []struct {
		path   string
		header bool
		code   int
		says   string
	}{
		{own + "default/token", false, 403, "Metadata-Flavor"},
		{own + "default/token", true, 200, "of-the-deployer-1"},
		{own + account + "/token", true, 200, "of-the-deployer-1"},
		{own + "default/email", true, 200, account},
		{own, true, 200, "default/"},
		// What would be of the machine's own account is not handed on.
		{own + "machine@acme-prod.iam.gserviceaccount.com/token", true, 404, ""},
		{own + "default/identity", true, 404, ""},
		{"/computeMetadata/v1/project/project-id", true, 200, "acme-prod"},
		{"/", false, 200, ""},
	} {
		if code, body := ask(step.path, step.header); code != step.code || !strings.Contains(body, step.says) {
			t.Errorf("%s: %d %q, want %d %q", step.path, code, body, step.code, step.says)
		}
	}

	// A token near its end is not given out; a refusal is told.
	s.until = time.Now().Add(4 * time.Minute)
	if _, body := ask(own+"default/token", true); !strings.Contains(body, "of-the-deployer-2") {
		t.Errorf("near the end: %s", body)
	}
	s.until, c.refuse = time.Time{}, "Permission iam.serviceAccounts.getAccessToken denied"
	code, body := ask(own+"default/token", true)
	if code != 502 || !strings.Contains(body, c.refuse) || strings.Contains(body, "of-the") {
		t.Errorf("refused: %d %s", code, body)
	}
}

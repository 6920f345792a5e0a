package google

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/cloud"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/logging/v2"
	"google.golang.org/api/option"
)

// service answers like Cloud Logging's entries.list, in its own structs: the terms
// of a filter that Logs uses, the order of time, pages of two entries.
type service struct {
	t  *testing.T
	mu sync.Mutex
	// entries are those of all services of the project.
	entries []*logging.LogEntry
	tokens  []string
	asked   int
	fail    *googleapi.Error
}

var term = regexp.MustCompile(`^([a-z._]+)(>?=)"([^"]*)"$`)

func (s *service) matches(e *logging.LogEntry, filter string) bool {
	for _, one := range strings.Split(filter, " AND ") {
		if strings.HasPrefix(one, "(log_id") {
			if !strings.HasSuffix(e.LogName, "%2Fstdout") && !strings.HasSuffix(e.LogName, "%2Fstderr") {
				return false
			}
			continue
		}
		m := term.FindStringSubmatch(one)
		if m == nil {
			s.t.Errorf("the service knows no term %q", one)
			return false
		}
		value := e.Resource.Labels[strings.TrimPrefix(m[1], "resource.labels.")]
		switch m[1] {
		case "resource.type":
			value = e.Resource.Type
		case "timestamp":
			from, err := time.Parse(time.RFC3339Nano, m[3])
			at, _ := time.Parse(time.RFC3339Nano, e.Timestamp)
			if err != nil || at.Before(from) {
				return false
			}
			continue
		}
		if value != m[3] {
			return false
		}
	}
	return true
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	s.tokens = append(s.tokens, r.Header.Get("Authorization"))
	var in logging.ListLogEntriesRequest
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || r.URL.Path != "/v2/entries:list" || len(in.ResourceNames) != 1 || in.OrderBy != "timestamp asc" {
		http.Error(w, "no such request", http.StatusBadRequest)
		return
	}
	if s.fail != nil {
		w.WriteHeader(s.fail.Code)
		_ = json.NewEncoder(w).Encode(map[string]any{"error": s.fail})
		return
	}
	skip := 0
	_, _ = fmt.Sscan(in.PageToken, &skip)
	out := &logging.ListLogEntriesResponse{}
	var found []*logging.LogEntry
	for _, e := range s.entries {
		if in.ResourceNames[0] == "projects/acme" && s.matches(e, in.Filter) {
			found = append(found, e)
		}
	}
	out.Entries = found[min(skip, len(found)):min(skip+2, len(found))]
	if skip+2 < len(found) {
		out.NextPageToken = fmt.Sprint(skip + 2)
	}
	_ = json.NewEncoder(w).Encode(out)
}

func (s *service) add(log, revision, text string, ago time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := &logging.LogEntry{
		LogName: "projects/acme/logs/run.googleapis.com%2F" + log, InsertId: fmt.Sprint(len(s.entries)),
		Timestamp: time.Now().Add(-ago).UTC().Format(time.RFC3339Nano), TextPayload: text,
		Resource: &logging.MonitoredResource{Type: "cloud_run_revision", Labels: map[string]string{
			"service_name": "web", "revision_name": revision, "location": "europe-west1",
		}},
	}
	if strings.HasPrefix(text, "{") {
		e.TextPayload, e.JsonPayload = "", googleapi.RawMessage(text)
	}
	s.entries = append(s.entries, e)
}

func start(t *testing.T) (*service, []option.ClientOption) {
	s := &service{t: t}
	front := httptest.NewServer(s)
	t.Cleanup(front.Close)
	return s, []option.ClientOption{option.WithEndpoint(front.URL), option.WithHTTPClient(front.Client())}
}

var web = client.Place{
	Target: "google-cloud-run", App: "web", Region: "europe-west1", Project: "acme", Service: "web", Revision: "web-00002-b",
}

func TestLogsOfARevision(t *testing.T) {
	s, to := start(t)
	s.add("stdout", "web-00001-a", "another revision", time.Hour)
	s.add("stdout", web.Revision, "starting\n", 72*time.Hour)
	s.add("requests", web.Revision, "GET /", time.Minute)
	s.add("stderr", web.Revision, "broken", time.Minute)
	s.add("stdout", web.Revision, `{"severity":"INFO",  "message":"hi"}`, time.Second)
	for _, c := range []struct {
		opts cloud.LogOptions
		want string
	}{
		{cloud.LogOptions{}, "starting|!broken|" + `{"severity":"INFO","message":"hi"}`},
		{cloud.LogOptions{Since: time.Hour, Tail: 1}, `{"severity":"INFO","message":"hi"}`},
	} {
		var got []string
		err := Logs(t.Context(), web, c.opts, func(e cloud.Entry) error {
			mark := ""
			if e.Stderr {
				mark = "!"
			}
			got = append(got, mark+e.Text)
			return nil
		}, to...)
		if err != nil || strings.Join(got, "|") != c.want {
			t.Errorf("%+v: %q, %v\nwant %q", c.opts, strings.Join(got, "|"), err, c.want)
		}
	}
}

func TestLogsFollow(t *testing.T) {
	s, to := start(t)
	s.add("stdout", web.Revision, "first", time.Second)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var got []string
	err := Logs(ctx, web, cloud.LogOptions{Follow: true, Every: time.Millisecond}, func(e cloud.Entry) error {
		got = append(got, e.Text)
		if len(got) == 1 {
			s.add("stdout", web.Revision, "second", 0)
		} else {
			cancel()
		}
		return nil
	}, to...)
	if err != nil || fmt.Sprint(got) != "[first second]" {
		t.Errorf("%v, %v", got, err)
	}
}

func TestLogsSayWhoRefused(t *testing.T) {
	s, to := start(t)
	s.fail = &googleapi.Error{Code: http.StatusForbidden, Message: "Permission denied for logging.logEntries.list"}
	err := Logs(t.Context(), web, cloud.LogOptions{}, nil, to...)
	if err == nil || !strings.Contains(err.Error(), "project acme") || !strings.Contains(err.Error(), "logging.logEntries.list") {
		t.Errorf("%v", err)
	}
	if err := Logs(t.Context(), client.Place{Target: "google-cloud-run"}, cloud.LogOptions{}, nil, to...); err == nil {
		t.Error("a deployment without a place has logs")
	}
}

// key is a service account's, whose tokens the server at url gives out.
func key(t *testing.T, url string) string {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": "deploy@acme.iam.gserviceaccount.com", "private_key_id": "1", "token_uri": url,
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestOptionsAreTheRunners(t *testing.T) {
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "of-the-runners", "expires_in": 3600, "token_type": "Bearer"})
	}))
	defer tokens.Close()
	s := &service{t: t}
	front := httptest.NewServer(s)
	defer front.Close()
	const file = "/dev/shm/key.json"
	runners := cloud.Identity{
		Variables: map[string]string{"GOOGLE_APPLICATION_CREDENTIALS": file}, Files: map[string]string{file: key(t, tokens.URL)},
	}
	to, err := Options(t.Context(), runners, LogScope)
	if err != nil {
		t.Fatal(err)
	}
	if err := Logs(t.Context(), web, cloud.LogOptions{}, nil, append(to, option.WithEndpoint(front.URL))...); err != nil {
		t.Fatal(err)
	}
	if len(s.tokens) != 1 || s.tokens[0] != "Bearer of-the-runners" {
		t.Errorf("asked with %q", s.tokens)
	}
	runners.Files[file] = "no key"
	if _, err := Options(t.Context(), runners, LogScope); err == nil || strings.Contains(err.Error(), "no key\"") {
		t.Errorf("a broken key: %v", err)
	}
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
	t.Setenv("HOME", t.TempDir())
	t.Setenv("GCE_METADATA_HOST", "127.0.0.1:1")
	if _, err := os.Stat("/sys/class/dmi/id/product_name"); err == nil {
		t.Setenv("NO_GCE_CHECK", "true")
	}
	if _, err := Options(t.Context(), cloud.Identity{}, LogScope); err != nil && !errors.Is(err, cloud.ErrNoIdentity) {
		t.Errorf("without credentials: %v", err)
	}
}

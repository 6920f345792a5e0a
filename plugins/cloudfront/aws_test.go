package cloudfront

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// silent takes every request and answers none.
func silent(t *testing.T) *account {
	t.Helper()
	end := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-end }))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(end) })
	a, err := connect(t.Context(), "eu-west-1", server.URL, "acme-front")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// set gives a bound another value for the test.
func set(t *testing.T, bound *time.Duration, d time.Duration) {
	t.Helper()
	old := *bound
	*bound = d
	t.Cleanup(func() { *bound = old })
}

// hung is far beyond the bounds that the tests set: who gets there waits for ever.
func hung(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// A request whose answer never comes is given up, to S3 as to CloudFront.
func TestNoAnswer(t *testing.T) {
	set(t, &longestAnswer, 10*time.Millisecond)
	a, ctx := silent(t), hung(t)
	for name, ask := range map[string]func() error{
		"S3":         func() error { _, err := a.owner(ctx); return err },
		"CloudFront": func() error { _, err := a.find(ctx); return err },
	} {
		if err := ask(); err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "timeout awaiting response headers") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// The bound of waiting is one of its requests as well.
func TestWaitingEndsDuringARequest(t *testing.T) {
	set(t, &longestWait, 10*time.Millisecond)
	a, ctx := silent(t), hung(t)
	if _, err := a.deployed(ctx, &state{id: "E1"}); err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "deadline exceeded") {
		t.Errorf("wait until it is deployed: %v", err)
	}
	if err := a.invalidate(ctx, "E1", []string{"/"}); err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "deadline exceeded") {
		t.Errorf("invalidate: %v", err)
	}
}

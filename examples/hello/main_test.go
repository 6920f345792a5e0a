package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPage(t *testing.T) {
	for path, want := range map[string]struct {
		code int
		body string
	}{
		"/":        {http.StatusOK, greeting},
		"/healthz": {http.StatusOK, "ok"},
		"/other":   {http.StatusNotFound, ""},
	} {
		w := httptest.NewRecorder()
		handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want.code || !strings.Contains(w.Body.String(), want.body) {
			t.Errorf("GET %s = %d %q, want %d %q", path, w.Code, w.Body.String(), want.code, want.body)
		}
	}
}

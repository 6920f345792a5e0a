package health

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/cmd/pilot-agent/internal/testcert"
	"github.com/pilot-framework/pilot/cmd/pilot-agent/internal/testserver"
)

func TestChecks(t *testing.T) {
	server := testserver.Start(t)
	other := testcert.New(t, "other").File
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" {
			http.Error(w, "starting", http.StatusServiceUnavailable)
		}
	}))
	defer web.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	ca := server.CA.File

	tests := []struct {
		name   string
		check  func(context.Context, Target) error
		target Target
		want   string // part of the error; empty: well
	}{
		{"tcp", TCP, Target{Address: server.Addr}, ""},
		{"tcp, nobody there", TCP, Target{Address: closed.Addr().String()}, "refused"},
		{"tls", TLS, Target{Address: server.Addr, CA: ca}, ""},
		{"tls, other name", TLS, Target{Address: server.Addr, CA: ca, ServerName: "example.org"}, "not example.org"},
		{"tls, other CA", TLS, Target{Address: server.Addr, CA: other}, "unknown authority"},
		{"tls, no CA", TLS, Target{Address: server.Addr}, "-ca is required"},
		{"tls, certificate without key", TLS, Target{Address: server.Addr, CA: ca, Cert: ca}, "go together"},
		{"grpc", GRPC, Target{Address: server.Addr, CA: ca}, ""},
		{"grpc, other CA", GRPC, Target{Address: server.Addr, CA: other}, "unknown authority"},
		{"grpc, no gRPC there", GRPC, Target{Address: server.HTTP, CA: ca}, "does not answer"},
		{"https", HTTP, Target{Address: "https://" + server.HTTP + "/", CA: ca}, ""},
		{"https, other CA", HTTP, Target{Address: "https://" + server.HTTP + "/", CA: other}, "unknown authority"},
		{"http", HTTP, Target{Address: web.URL + "/healthz"}, ""},
		{"http, not well", HTTP, Target{Address: web.URL + "/"}, "503 Service Unavailable: starting"},
		{"http, no URL", HTTP, Target{Address: "localhost:80"}, "want a URL"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			err := test.check(ctx, test.target)
			if (err == nil) != (test.want == "") || (err != nil && !strings.Contains(err.Error(), test.want)) {
				t.Errorf("error = %v, want %q", err, test.want)
			}
		})
	}
}

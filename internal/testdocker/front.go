// Package testdocker is the front of a Docker daemon for tests: it negotiates
// API versions as the Engine does, and does nothing else. It stands in for
// Engines that are newer than the one that tests run on.
package testdocker

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Newest is the newest version of the API that fronts serve, and Version is what
// they say of themselves. Docker Engine 29's own oldest API version is 1.44.
const (
	Newest  = "1.52"
	Version = "29.0.0"
)

var versioned = regexp.MustCompile(`^/v1\.([0-9]+)(/.*)$`)

// Front answers /_ping and /version, and refuses API versions below oldest in
// the words of Docker Engine 29.
func Front(oldest string) http.Handler {
	least := minor(oldest)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		w.Header().Set("Api-Version", Newest)
		w.Header().Set("Content-Type", "application/json")
		if m := versioned.FindStringSubmatch(path); m != nil {
			if asked, err := strconv.Atoi(m[1]); err != nil || asked < least {
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprintf(w, `{"message":"client version 1.%s is too old. Minimum supported API version is %s, please upgrade your client to a newer version"}`, m[1], oldest)
				return
			}
			path = m[2]
		}
		switch path {
		case "/_ping":
			fmt.Fprint(w, "OK")
		case "/version":
			fmt.Fprintf(w, `{"Version":%q,"ApiVersion":%q,"MinAPIVersion":%q}`, Version, Newest, oldest)
		default:
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"message":"page not found"}`)
		}
	})
}

func minor(version string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(version, "1."))
	if err != nil {
		panic(fmt.Sprintf("API version %q: want 1.N", version))
	}
	return n
}

// Serve puts a front behind TLS at address, host:port, until the test ends. It
// returns the endpoint, tcp://host:port.
func Serve(t *testing.T, address string, cfg *tls.Config, oldest string) string {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(Front(oldest))
	s.Listener.Close()
	s.Listener, s.TLS = listener, cfg
	s.StartTLS()
	t.Cleanup(s.Close)
	return "tcp://" + listener.Addr().String()
}

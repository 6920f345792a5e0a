package serverapi

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/cmd/pilot-agent/internal/testcert"
	"github.com/pilot-framework/pilot/cmd/pilot-agent/internal/testserver"
)

func TestClient(t *testing.T) {
	server := testserver.Start(t)
	client, err := New(server.Addr, server.CA.File)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if err := client.Healthy(ctx); err != nil {
		t.Errorf("Healthy = %v", err)
	}
	user, err := client.Whoami(ctx, server.Token)
	if err != nil || user.Name != "waypoint" || user.ID == "" {
		t.Errorf("Whoami of the first user = %+v, %v", user, err)
	}
	// A runner's token is a user's, too, with a name that tells.
	runnerUser := join(t, client, server.Token, "runner-local-1")
	if colleague, err := client.Whoami(ctx, join(t, client, server.Token, "runa")); err != nil || colleague.Name != "runa" {
		t.Errorf("Whoami of a colleague = %+v, %v", colleague, err)
	}
	tests := []struct{ name, token string }{
		{"none", ""},
		{"too short", "x"},
		{"nonsense", strings.Repeat("nonsense", 20)},
		{"forged", server.Token[:len(server.Token)-4] + "abcd"},
		{"a runner's", server.RunnerToken},
		{"a runner's user's", runnerUser},
		{"with a line break", server.Token + "\r\nX-Other: 1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if user, err := client.Whoami(ctx, test.token); !errors.Is(err, ErrToken) {
				t.Errorf("Whoami = %+v, %v, want ErrToken", user, err)
			}
		})
	}
	// Past this client's own check: the server as released would end here.
	if _, err := client.call(ctx, "GetUser", "x", nil); !errors.Is(err, ErrToken) {
		t.Errorf("GetUser with a token of one byte = %v, want ErrToken", err)
	}
	if err := client.Healthy(ctx); err != nil {
		t.Errorf("Healthy after bad tokens = %v: the server must survive them", err)
	}
	t.Run("another CA", func(t *testing.T) {
		other, err := New(server.Addr, testcert.New(t, "other").File)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := other.Whoami(ctx, server.Token); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "unknown authority") {
			t.Errorf("Whoami = %v, want ErrUnavailable for an unknown authority", err)
		}
	})
	t.Run("a CA that is replaced", func(t *testing.T) {
		file := testcert.New(t, "before").File
		other, err := New(server.Addr, file)
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Healthy(ctx); !errors.Is(err, ErrUnavailable) {
			t.Fatalf("Healthy = %v, want ErrUnavailable", err)
		}
		trusted, err := os.ReadFile(server.CA.File)
		if err != nil {
			t.Fatal(err)
		}
		// Half a file is one that is still being written.
		for _, content := range [][]byte{trusted, trusted[:40]} {
			if err := os.WriteFile(file, content, 0o600); err != nil {
				t.Fatal(err)
			}
			other.http.CloseIdleConnections()
			if err := other.Healthy(ctx); err != nil {
				t.Errorf("Healthy after the file has %d bytes = %v", len(content), err)
			}
		}
	})
	t.Run("another name", func(t *testing.T) {
		other := NewTLS(server.Addr, &tls.Config{RootCAs: server.CA.Pool(), ServerName: "server.example.org"})
		if err := other.Healthy(ctx); !errors.Is(err, ErrUnavailable) {
			t.Errorf("Healthy = %v, want ErrUnavailable", err)
		}
	})
	t.Run("no gRPC there", func(t *testing.T) {
		web, err := New(server.HTTP, server.CA.File)
		if err != nil {
			t.Fatal(err)
		}
		if err := web.Healthy(ctx); !errors.Is(err, ErrUnavailable) {
			t.Errorf("Healthy = %v, want ErrUnavailable", err)
		}
	})
}

// join makes a user and returns its login token.
func join(t *testing.T, c *Client, token, name string) string {
	t.Helper()
	bytesField := func(number byte, value string) []byte {
		return append([]byte{number<<3 | 2, byte(len(value))}, value...)
	}
	// InviteTokenRequest{duration = 1, login = 4, signup = 3{initial_username = 1}}.
	ask := append(bytesField(1, "1h"), bytesField(4, "")...)
	ask = append(ask, bytesField(3, string(bytesField(1, name)))...)
	invite, err := c.call(t.Context(), "GenerateInviteToken", token, ask)
	if err != nil {
		t.Fatal(err)
	}
	// NewTokenResponse and ConvertInviteTokenRequest are the same message: token = 1.
	login, err := c.call(t.Context(), "ConvertInviteToken", "", invite)
	if err != nil {
		t.Fatal(err)
	}
	return string(field(login, 1))
}

func TestNew(t *testing.T) {
	ca := testcert.New(t, "ca").File
	for _, test := range []struct{ addr, ca, want string }{
		{"server", ca, "want HOST:PORT"},
		{":9701", ca, "want HOST:PORT"},
		{"server:9701", ca + ".absent", "no such file"},
	} {
		if _, err := New(test.addr, test.ca); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("New(%q, %q) = %v, want an error with %q", test.addr, test.ca, err, test.want)
		}
	}
}

func TestField(t *testing.T) {
	tests := []struct {
		name    string
		message []byte
		want    []byte
	}{
		{"first", []byte{0x0a, 2, 'h', 'i'}, []byte("hi")},
		{"after a number and fixed ones", []byte{0x10, 0x96, 0x01, 0x19, 1, 2, 3, 4, 5, 6, 7, 8, 0x25, 1, 2, 3, 4, 0x0a, 1, 'x'}, []byte("x")},
		{"absent", []byte{0x12, 1, 'x'}, nil},
		{"cut off", []byte{0x0a, 200, 'x'}, nil},
		{"huge length", []byte{0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 'x'}, nil},
		{"unknown wire type", []byte{0x0f}, nil},
		{"empty", nil, nil},
	}
	for _, test := range tests {
		if got := field(test.message, 1); !bytes.Equal(got, test.want) {
			t.Errorf("%s: field = %q, want %q", test.name, got, test.want)
		}
	}
}

func FuzzField(f *testing.F) {
	f.Add([]byte{0x0a, 2, 'h', 'i'})
	f.Fuzz(func(_ *testing.T, message []byte) { field(message, 1) })
}

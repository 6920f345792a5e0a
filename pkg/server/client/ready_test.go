package client_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/internal/testports"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/client/servertest"
)

func TestConfigNamesTheFault(t *testing.T) {
	ca := servertest.NewAuthority(t, "some CA").PEM
	for _, tc := range []struct {
		name string
		cfg  client.Config
		want string
	}{
		{"no address", client.Config{CA: ca}, `server address "": want host:port`},
		{"no port", client.Config{Address: "example.com", CA: ca}, `server address "example.com": want host:port`},
		{"no host", client.Config{Address: ":9701", CA: ca}, `server address ":9701"`},
		{"no CA", client.Config{Address: "h:1"}, "server CA is empty"},
		{"not a token", client.Config{Address: "h:1", CA: ca, Token: "2"}, "not in the form of one"},
		{"not PEM", client.Config{Address: "h:1", CA: []byte("x")}, "holds no certificate"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := client.Dial(context.Background(), tc.cfg)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %v, want %q", err, tc.want)
			}
		})
	}
}

func TestReadinessBootstrapAndTrust(t *testing.T) {
	s := servertest.Start(t)
	ctx := servertest.Timeout(t, 60*time.Second)
	var stages []client.Stage
	servertest.Must(t, client.WaitReady(ctx, s.Config, func(p client.Progress) { stages = append(stages, p.Stage) }))
	if last := stages[len(stages)-1]; last != client.StageReady {
		t.Fatalf("last stage %v, want ready", last)
	}

	// Without a token only the open calls work.
	guest, err := client.Dial(ctx, s.Config)
	servertest.Must(t, err)
	defer guest.Close()
	version, err := guest.Version(ctx)
	servertest.Must(t, err)
	if version != "v0.11.4" && version != "0.11.4" {
		t.Errorf("version %q", version)
	}
	if err := guest.CheckToken(ctx); !errors.Is(err, client.ErrUnauthenticated) {
		t.Errorf("call without a token: %v, want ErrUnauthenticated", err)
	}

	token, err := client.Bootstrap(ctx, s.Config)
	servertest.Must(t, err)
	if _, err := client.Bootstrap(ctx, s.Config); !errors.Is(err, client.ErrBootstrapped) {
		t.Errorf("second bootstrap: %v, want ErrBootstrapped", err)
	}
	cfg := s.Config
	cfg.Token = token
	c, err := client.Dial(ctx, cfg)
	servertest.Must(t, err)
	defer c.Close()
	servertest.Must(t, c.CheckToken(ctx))

	for _, bad := range []string{token + "x", token[:len(token)-6] + "aaaaaa"} {
		cfg.Token = bad
		other, err := client.Dial(ctx, cfg)
		servertest.Must(t, err)
		if err := other.CheckToken(ctx); !errors.Is(err, client.ErrUnauthenticated) {
			t.Errorf("altered token: %v, want ErrUnauthenticated", err)
		} else if strings.Contains(err.Error(), token) {
			t.Errorf("the error shows the token: %v", err)
		}
		other.Close()
	}

	t.Run("another CA is refused at once", func(t *testing.T) {
		cfg := s.Config
		cfg.CA = servertest.NewAuthority(t, "another CA").PEM
		begin := time.Now()
		err := client.WaitReady(ctx, cfg, nil)
		if !errors.Is(err, client.ErrUntrusted) {
			t.Fatalf("got %v, want ErrUntrusted", err)
		}
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("took %s", took)
		}
		c, err := client.Dial(ctx, cfg)
		servertest.Must(t, err)
		defer c.Close()
		if _, err := c.Version(ctx); !errors.Is(err, client.ErrUntrusted) {
			t.Errorf("call: %v, want ErrUntrusted", err)
		}
	})
	t.Run("another host name is refused", func(t *testing.T) {
		cfg := s.Config
		_, port, _ := net.SplitHostPort(cfg.Address)
		cfg.Address = "127.0.0.2:" + port
		// The server listens on 127.0.0.1 only, so lead the other name there.
		newProxyAt(t, cfg.Address, s.Address)
		if err := client.WaitReady(ctx, cfg, nil); !errors.Is(err, client.ErrUntrusted) {
			t.Fatalf("got %v, want ErrUntrusted", err)
		}
	})
}

func TestNotReadySaysHowFarItGot(t *testing.T) {
	cfg := client.Config{Address: fmt.Sprintf("127.0.0.1:%d", testports.Free(t, 1)[0]), CA: servertest.NewAuthority(t, "CA").PEM}
	ctx := servertest.Timeout(t, 300*time.Millisecond)
	err := client.WaitReady(ctx, cfg, nil)
	var notReady *client.NotReadyError
	if !errors.As(err, &notReady) || notReady.Stage != client.StageRefused || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("closed port: %v", err)
	}

	// A port that accepts and says nothing: connected, but no TLS.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	servertest.Must(t, err)
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	cfg.Address = l.Addr().String()
	err = client.WaitReady(servertest.Timeout(t, 300*time.Millisecond), cfg, nil)
	if !errors.As(err, &notReady) || notReady.Stage != client.StageConnected {
		t.Fatalf("port without TLS: %v", err)
	}
}

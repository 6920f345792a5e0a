package gateway

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/cmd/pilot-agent/internal/certfile"
	"github.com/pilot-framework/pilot/cmd/pilot-agent/internal/testcert"
)

// running is a gateway under test.
type running struct {
	addr   string
	ca     *testcert.CA
	server testcert.Pair
	client testcert.Pair
	stop   context.CancelFunc
	done   chan error
}

// start runs a gateway in front of the socket.
func start(t *testing.T, socket string, drain time.Duration) *running {
	t.Helper()
	ca := testcert.New(t, "stack")
	r := &running{ca: ca, server: ca.Issue(t, testcert.Leaf{Name: "gateway"}), client: ca.Issue(t, testcert.Leaf{Name: "client", Client: true})}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	files, err := certfile.New(certfile.Files{Cert: r.server.Cert, Key: r.server.Key, CA: ca.File}, log)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.addr = ln.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	r.stop, r.done = stop, make(chan error, 1)
	g := &Gateway{TLS: files.ServerConfig(), Socket: socket, Drain: drain, Log: log}
	go func() { r.done <- g.Serve(ctx, ln); close(r.done) }()
	t.Cleanup(func() { stop(); <-r.done })
	return r
}

func (r *running) config(t *testing.T) *tls.Config {
	return &tls.Config{RootCAs: r.ca.Pool(), ServerName: "localhost", Certificates: []tls.Certificate{r.client.TLS(t)}}
}

// socket serves a Unix socket with handle for each connection.
func socket(t *testing.T, handle func(*net.UnixConn)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() { defer conn.Close(); handle(conn.(*net.UnixConn)) }()
		}
	}()
	return path
}

func TestRefused(t *testing.T) {
	path := socket(t, func(*net.UnixConn) { t.Error("a refused connection reached the socket") })
	r := start(t, path, time.Second)
	other := testcert.New(t, "other")
	leaf := func(ca *testcert.CA, l testcert.Leaf) []tls.Certificate {
		return []tls.Certificate{ca.Issue(t, l).TLS(t)}
	}
	tests := []struct {
		name   string
		config *tls.Config
		want   string
	}{
		{"no certificate", &tls.Config{}, "certificate required"},
		{"another CA", &tls.Config{Certificates: leaf(other, testcert.Leaf{Client: true})}, "certificate"},
		{"expired", &tls.Config{Certificates: leaf(r.ca, testcert.Leaf{Client: true, Expired: true})}, "expired"},
		{"not for clients", &tls.Config{Certificates: leaf(r.ca, testcert.Leaf{})}, "certificate"},
		{"TLS 1.1", &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10, Certificates: leaf(r.ca, testcert.Leaf{Client: true})}, "protocol version"},
		{"TLS 1.2 without a certificate", &tls.Config{MaxVersion: tls.VersionTLS12}, "handshake failure"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.config.RootCAs, test.config.ServerName = r.ca.Pool(), "localhost"
			err := exchange(r.addr, test.config)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v, want one with %q", err, test.want)
			}
		})
	}
	t.Run("client checks the gateway's name", func(t *testing.T) {
		config := r.config(t)
		config.ServerName = "docker.example.org"
		if err := exchange(r.addr, config); err == nil || !strings.Contains(err.Error(), "not docker.example.org") {
			t.Errorf("error = %v, want one about the name", err)
		}
	})
	t.Run("client checks the gateway's CA", func(t *testing.T) {
		config := r.config(t)
		config.RootCAs = other.Pool()
		if err := exchange(r.addr, config); err == nil || !strings.Contains(err.Error(), "unknown authority") {
			t.Errorf("error = %v, want one about the authority", err)
		}
	})
	t.Run("plain text", func(t *testing.T) {
		resp, err := http.Get("http://" + r.addr + "/version")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), "DOCKER_TLS_VERIFY") {
			t.Errorf("answer = %s %s, want 400 naming DOCKER_TLS_VERIFY", resp.Status, body)
		}
	})
}

// exchange connects and reads, since TLS 1.3 tells a client of its refusal only then.
func exchange(addr string, config *tls.Config) error {
	conn, err := tls.Dial("tcp", addr, config)
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	_, err = conn.Read(make([]byte, 1))
	return err
}

func TestHalfClose(t *testing.T) {
	// The socket's side answers only once its input has ended, with what it counted.
	path := socket(t, func(c *net.UnixConn) {
		n, err := io.Copy(io.Discard, c)
		fmt.Fprintf(c, "%d %v", n, err)
	})
	r := start(t, path, time.Second)
	conn, err := tls.Dial("tcp", r.addr, r.config(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	const size = 32 << 20
	if _, err := io.CopyN(conn, zeros{}, size); err != nil {
		t.Fatal(err)
	}
	if err := conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(conn)
	if want := fmt.Sprintf("%d <nil>", size); err != nil || string(got) != want {
		t.Errorf("answer = %q, %v, want %q", got, err, want)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// echo answers each line.
func echo(c *net.UnixConn) {
	lines := bufio.NewScanner(c)
	for lines.Scan() {
		fmt.Fprintf(c, "%s\n", lines.Text())
	}
}

func say(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprintf(conn, "%s\n", text)
	got, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || got != text+"\n" {
		t.Fatalf("answer = %q, %v, want %q", got, err, text)
	}
}

func TestReloadKeepsConnections(t *testing.T) {
	r := start(t, socket(t, echo), time.Second)
	old, err := tls.Dial("tcp", r.addr, r.config(t))
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	say(t, old, "before")
	first := old.ConnectionState().PeerCertificates[0].SerialNumber

	r.ca.IssueTo(t, testcert.Leaf{Name: "renewed gateway"}, r.server)
	renewed, err := tls.Dial("tcp", r.addr, r.config(t))
	if err != nil {
		t.Fatal(err)
	}
	defer renewed.Close()
	say(t, renewed, "new")
	if second := renewed.ConnectionState().PeerCertificates[0].SerialNumber; second.Cmp(first) == 0 {
		t.Error("a new connection still gets the certificate that was replaced")
	}
	say(t, old, "after")
}

func TestShutdown(t *testing.T) {
	t.Run("waits for open connections", func(t *testing.T) {
		r := start(t, socket(t, echo), 10*time.Second)
		conn, err := tls.Dial("tcp", r.addr, r.config(t))
		if err != nil {
			t.Fatal(err)
		}
		say(t, conn, "one")
		r.stop()
		for {
			refused, err := net.DialTimeout("tcp", r.addr, time.Second)
			if err != nil {
				break
			}
			refused.Close()
		}
		say(t, conn, "two")
		conn.Close()
		if err := <-r.done; err != nil {
			t.Errorf("Serve = %v, want nil", err)
		}
	})
	t.Run("closes them after the drain time", func(t *testing.T) {
		r := start(t, socket(t, echo), 50*time.Millisecond)
		conn, err := tls.Dial("tcp", r.addr, r.config(t))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		say(t, conn, "one")
		r.stop()
		select {
		case err := <-r.done:
			if err != nil {
				t.Errorf("Serve = %v, want nil", err)
			}
		case <-time.After(10 * time.Second):
			t.Error("Serve goes on after the drain time")
		}
	})
}

func TestDockerDown(t *testing.T) {
	r := start(t, filepath.Join(t.TempDir(), "absent"), time.Second)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: r.config(t)}}
	resp, err := client.Get("https://" + r.addr + "/version")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusBadGateway || !strings.Contains(string(body), "is it running?") {
		t.Errorf("answer = %s %s, want 502 with a hint", resp.Status, body)
	}
}

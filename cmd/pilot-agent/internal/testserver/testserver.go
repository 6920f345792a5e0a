// Package testserver runs a real Pilot server on the loopback interface for the agent's tests.
package testserver

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/cmd/pilot-agent/internal/testcert"
	"github.com/pilot-framework/pilot/internal/testports"
)

// Server is a running server.
type Server struct {
	// Addr is HOST:PORT of its gRPC port, HTTP of its web port.
	Addr, HTTP string
	// CA signed its certificate.
	CA *testcert.CA
	// Token is a user's token, RunnerToken a runner's.
	Token, RunnerToken string
}

// Start runs bin/waypoint until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	binary := find(t)
	ca := testcert.New(t, "server")
	pair := ca.Issue(t, testcert.Leaf{Name: "server"})
	ports := testports.Free(t, 2)
	s := &Server{CA: ca, Addr: fmt.Sprintf("localhost:%d", ports[0]), HTTP: fmt.Sprintf("localhost:%d", ports[1])}
	dir := t.TempDir()
	env := append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "SSL_CERT_FILE="+ca.File)

	var log bytes.Buffer
	server := exec.Command(binary, "server", "run", "-accept-tos", "-db="+filepath.Join(dir, "data.db"), "-url-enabled=false",
		"-listen-grpc="+s.Addr, "-listen-http="+s.HTTP, "-tls-cert-file="+pair.Cert, "-tls-key-file="+pair.Key)
	server.Env, server.Stdout, server.Stderr = env, &log, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- server.Wait() }()
	t.Cleanup(func() {
		_ = server.Process.Kill()
		<-exited
	})
	deadline := time.Now().Add(30 * time.Second)
	for {
		conn, err := tls.Dial("tcp", s.Addr, &tls.Config{RootCAs: ca.Pool()})
		if err == nil {
			conn.Close()
			break
		}
		select {
		case err := <-exited:
			exited <- err
			t.Fatalf("the server ended: %v\n%s", err, log.String())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("the server does not answer: %v", err)
		}
	}
	cli := func(args ...string) string {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		cmd := exec.CommandContext(ctx, binary, args...)
		cmd.Env = env
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("waypoint %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return strings.TrimSpace(string(out))
	}
	s.Token = cli("server", "bootstrap", "-server-addr="+s.Addr, "-context-create=test")
	s.RunnerToken = cli("runner", "token")
	return s
}

func find(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		binary := filepath.Join(dir, "bin", "waypoint")
		if _, err := os.Stat(binary); err == nil {
			return binary
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal(`bin/waypoint is missing: run "make build" first`)
		}
		dir = parent
	}
}

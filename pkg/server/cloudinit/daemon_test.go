package cloudinit

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/server/certs"
)

func TestDaemonJSON(t *testing.T) {
	const want = `{
  "hosts": [
    "unix:///var/run/docker.sock",
    "tcp://0.0.0.0:2376"
  ],
  "tlsverify": true,
  "tlscacert": "/etc/docker/tls/ca.pem",
  "tlscert": "/etc/docker/tls/cert.pem",
  "tlskey": "/etc/docker/tls/key.pem",
  "live-restore": true,
  "log-driver": "json-file",
  "log-opts": {
    "max-file": "5",
    "max-size": "20m"
  }
}
`
	if got := NewDaemon("/var/run/docker.sock", "0.0.0.0:2376", TLSDir).JSON(); got != want {
		t.Errorf("got %s", got)
	}
}

func authority(t *testing.T, name string) *certs.Authority {
	t.Helper()
	a, err := certs.NewAuthority(certs.AuthorityRequest{CommonName: name})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func issue(t *testing.T, a *certs.Authority, r certs.Request) certs.Pair {
	t.Helper()
	p, err := a.Issue(r)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// startDaemon runs a real Docker daemon from our daemon.json, in a folder of its
// own, and gives its folder and its address once it answers. It is told of the
// bridge that is there: a daemon without one removes it from this machine.
func startDaemon(t *testing.T, ca *certs.Authority) (string, string) {
	t.Helper()
	// Its socket's path must be short, which t.TempDir's is not.
	dir, err := os.MkdirTemp("", "pilot-dockerd")
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()

	daemon := issue(t, ca, certs.Request{CommonName: "daemon", Role: "server", Server: true, DNSNames: []string{"localhost"}, IPs: []string{"127.0.0.1"}})
	for name, content := range map[string]string{
		"ca.pem": string(ca.Pair().Cert), "cert.pem": string(daemon.Cert), "key.pem": string(daemon.Key),
		"daemon.json": NewDaemon(filepath.Join(dir, "docker.sock"), address, dir).JSON(),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("dockerd", "--config-file", filepath.Join(dir, "daemon.json"),
		"--data-root", filepath.Join(dir, "data"), "--exec-root", filepath.Join(dir, "exec"), "--pidfile", filepath.Join(dir, "pid"),
		"--bridge", "docker0", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--storage-driver", "vfs")
	cmd.Env = append(os.Environ(), "DOCKER_MIN_API_VERSION="+MinAPIVersion)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			_ = cmd.Process.Kill()
		}
		log.Close()
		os.RemoveAll(dir)
	})
	deadline := time.Now().Add(60 * time.Second)
	for {
		if conn, err := net.DialTimeout("unix", filepath.Join(dir, "docker.sock"), time.Second); err == nil {
			conn.Close()
			return dir, address
		}
		select {
		case err := <-ended:
			ended <- err
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("dockerd ended: %v\n%s", err, text)
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("dockerd does not answer\n%s", text)
		}
	}
}

// TestDaemonLetsIn starts a real daemon from the generated daemon.json and
// tries every wrong way in.
func TestDaemonLetsIn(t *testing.T) {
	ca, other := authority(t, "Pilot test"), authority(t, "Pilot test")
	_, address := startDaemon(t, ca)
	client := certs.Request{CommonName: "operator", Role: "operator", Client: true}
	good := issue(t, ca, client)
	expired := client
	expired.Now, expired.ValidFor = time.Now().Add(-48*time.Hour), time.Hour

	get := func(config *tls.Config, path string) (int, string, error) {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		scheme, transport := "https", &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}
		if config == nil {
			scheme = "http"
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := (&http.Client{Transport: transport}).Do(req)
		if err != nil {
			return 0, "", err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return resp.StatusCode, string(body), err
	}
	config := func(trust *certs.Authority, pair certs.Pair, name string) *tls.Config {
		c, err := certs.ClientConfig(trust.Pair().Cert, pair, name)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}

	// 1.24 and 1.41 are what the oldest client and the deploy engine speak.
	for _, path := range []string{"/version", "/v1.41/version", "/v" + MinAPIVersion + "/version"} {
		if code, body, err := get(config(ca, good, ""), path); err != nil || code != http.StatusOK || !strings.Contains(body, "ApiVersion") {
			t.Errorf("%s with the right certificate: %d %v %s", path, code, err, body)
		}
	}
	stockClient(t, address, ca, good)
	server := issue(t, ca, certs.Request{CommonName: "server", Role: "server", Server: true, DNSNames: []string{"localhost"}})
	for _, c := range []struct {
		name   string
		config *tls.Config
		want   string
	}{
		{"plaintext", nil, "HTTP request to an HTTPS server"},
		{"no certificate", config(ca, certs.Pair{}, ""), "certificate required"},
		{"another authority's", config(ca, issue(t, other, client), ""), "unknown certificate authority"},
		{"an expired one", config(ca, issue(t, ca, expired), ""), "expired"},
		{"one for servers only", config(ca, server, ""), "bad certificate"},
		{"a wrong name", config(ca, good, "pilot.example.com"), "valid for"},
		{"a daemon of another authority", config(other, good, ""), "unknown authority"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, body, err := get(c.config, "/version")
			if code == http.StatusOK || err == nil && c.config != nil {
				t.Fatalf("let in: %d %s", code, body)
			}
			// Which words the daemon's Go uses for its refusal differs by version.
			if got := fmt.Sprint(err, body); !strings.Contains(got, c.want) && !strings.Contains(got, "remote error: tls") {
				t.Errorf("refused by %q, want %q", got, c.want)
			}
		})
	}
}

// stockClient has the docker command use the endpoint by the variables that
// pilot server docker-env sets.
func stockClient(t *testing.T, address string, ca *certs.Authority, pair certs.Pair) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string][]byte{"ca.pem": ca.Pair().Cert, "cert.pem": pair.Cert, "key.pem": pair.Key} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("docker", "version", "--format", "{{.Server.APIVersion}}")
	cmd.Env = append(os.Environ(), "DOCKER_HOST=tcp://"+address, "DOCKER_TLS_VERIFY=1", "DOCKER_CERT_PATH="+dir)
	if out, err := cmd.CombinedOutput(); err != nil || !strings.HasPrefix(string(out), "1.") {
		t.Errorf("the stock docker client: %v %s", err, out)
	}
}

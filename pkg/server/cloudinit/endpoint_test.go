package cloudinit

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/internal/testcloud"
	"github.com/pilot-framework/pilot/pkg/server/certs"
)

// python is the interpreter that the program itself names.
const python = "/usr/bin/python3"

// machine runs the endpoint program as a machine would, in a folder of its own.
type machine struct {
	t        *testing.T
	dir      string
	patience string
}

func newMachine(t *testing.T, kind Store, s *store) *machine {
	m := &machine{t: t, dir: t.TempDir(), patience: "20"}
	secret := Secret{Store: kind, ID: gcpSecret, Endpoint: s.URL, Metadata: s.URL}
	if kind == AWSSecretsManager {
		secret.ID = awsSecret
	}
	if err := secret.complete(); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	m.write("endpoint.json", string(data))
	m.write("endpoint.py", endpoint)
	return m
}

func (m *machine) path(name string) string { return filepath.Join(m.dir, name) }

func (m *machine) write(name, content string) {
	m.t.Helper()
	if err := os.WriteFile(m.path(name), []byte(content), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) read(name string) string {
	m.t.Helper()
	b, err := os.ReadFile(m.path(name))
	if err != nil {
		m.t.Fatal(err)
	}
	return string(b)
}

// fetch gives the exit code, and all that anybody can read of it.
func (m *machine) fetch() (int, string) {
	m.t.Helper()
	return m.run("fetch", "http_proxy=http://127.0.0.1:9")
}

func (m *machine) run(verb string, env ...string) (int, string) {
	m.t.Helper()
	cmd := exec.Command(python, m.path("endpoint.py"), verb)
	cmd.Env = append(append(os.Environ(), "PILOT_CONFIG="+m.path("endpoint.json"), "PILOT_TLS_DIR="+m.path("tls"),
		"PILOT_CONSOLE="+m.path("console"), "PILOT_LOG="+m.path("log"), "PILOT_PATIENCE="+m.patience), env...)
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		m.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out) + m.read("console") + m.read("log")
}

// bundle is a fresh daemon's certificate.
func bundle(t *testing.T) Bundle {
	t.Helper()
	a, err := certs.NewAuthority(certs.AuthorityRequest{CommonName: "Pilot test"})
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := a.Issue(certs.Request{CommonName: "daemon", Role: "server", Server: true, DNSNames: []string{"localhost"}})
	if err != nil {
		t.Fatal(err)
	}
	return Bundle{CA: string(a.Pair().Cert), Cert: string(leaf.Cert), Key: string(leaf.Key)}
}

func TestFetch(t *testing.T) {
	for _, kind := range []Store{AWSSecretsManager, GCPSecretManager} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := newStore(t, kind)
			m := newMachine(t, kind, s)
			first, second := bundle(t), bundle(t)

			expect := func(what string, code int, b Bundle, step, state string) string {
				t.Helper()
				got, seen := m.fetch()
				if got != code {
					t.Fatalf("%s: exit code %d, want %d\n%s", what, got, code, seen)
				}
				if p := ParseProgress(m.read("console")); string(p.Step) != step || string(p.State) != state {
					t.Errorf("%s: reports %+v, want %s %s", what, p, step, state)
				}
				for _, secret := range []string{first.Key, second.Key, testcloud.Keys.SecretAccessKey, testcloud.Keys.SessionToken, testcloud.Token} {
					if strings.Contains(seen, strings.TrimSpace(secret)) {
						t.Errorf("%s: a secret is in the output:\n%s", what, seen)
					}
				}
				if b.Key == "" {
					return seen
				}
				if m.read("tls/ca.pem") != b.CA || m.read("tls/cert.pem") != b.Cert || m.read("tls/key.pem") != b.Key {
					t.Errorf("%s: the files are not what the store holds", what)
				}
				if left, _ := filepath.Glob(m.path("tls/new-*")); len(left) > 0 {
					t.Errorf("%s: left behind: %v", what, left)
				}
				return seen
			}

			s.Set(first.JSON(), 1)
			expect("rights that arrive late", 0, first, "certificate", "done")
			for name, mode := range map[string]os.FileMode{"tls": 0o700, "tls/key.pem": 0o600, "tls/cert.pem": 0o644} {
				if info, err := os.Stat(m.path(name)); err != nil || info.Mode().Perm() != mode {
					t.Errorf("%s: %v %v, want mode %o", name, info, err, mode)
				}
			}
			expect("a reboot", 0, first, "certificate", "done")
			s.Set(second.JSON(), 0)
			expect("a new certificate in the store", 0, second, "certificate", "done")

			m.patience = "0.5"
			s.Set(second.JSON(), -1)
			if seen := expect("a store that is down", 0, second, "certificate", "done"); !strings.Contains(seen, "kept the one from before") {
				t.Errorf("does not say that it kept the old one:\n%s", seen)
			}
			s.Set(Bundle{CA: first.CA, Cert: first.Cert, Key: second.Key}.JSON(), 0)
			expect("a key of another certificate", 0, second, "certificate", "done")
			s.Set("no JSON", 0)
			expect("a value that is none", 0, second, "certificate", "done")

			if err := os.RemoveAll(m.path("tls")); err != nil {
				t.Fatal(err)
			}
			s.Set(second.JSON(), -1)
			seen := expect("a new machine without rights", 1, Bundle{}, "certificate", "failed")
			if !strings.Contains(seen, "AccessDenied") && !strings.Contains(seen, "PERMISSION_DENIED") {
				t.Errorf("does not say why:\n%s", seen)
			}
			s.Close()
			expect("no network", 1, Bundle{}, "certificate", "failed")
		})
	}
}

// TestReport asks a real daemon. Only systemd is stood in for, by a script.
func TestReport(t *testing.T) {
	dir, address := startDaemon(t, authority(t, "Pilot test"))
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	m := newMachine(t, GCPSecretManager, newStore(t, GCPSecretManager))
	for name, script := range map[string]string{
		"good/systemctl": "exit 0", "bad/systemctl": "exit 1", "bad/journalctl": "echo 'failed to load listeners: no such file'",
	} {
		if err := os.MkdirAll(filepath.Dir(m.path(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		m.write(name, "#!/bin/sh\n"+script+"\n")
		if err := os.Chmod(m.path(name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	at := func(tools string) []string {
		return []string{
			"PATH=" + m.path(tools) + ":" + os.Getenv("PATH"),
			"PILOT_TLS_DIR=" + dir, "PILOT_SOCKET=" + filepath.Join(dir, "docker.sock"), "PILOT_PORT=" + port,
		}
	}
	// A folder with Python alone has no dockerd.
	if err := os.Mkdir(m.path("empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		env    []string
		code   int
		step   Step
		state  State
		detail string
	}{
		{"up", at("good"), 0, StepReady, Done, ""},
		{"not started", at("bad"), 1, StepDocker, Failed, "failed to load listeners: no such file"},
		{"another certificate", append(at("good"), "PILOT_TLS_DIR="+certificates(t)), 1, StepDocker, Failed, "another certificate than the one from the store"},
		{"no packages", []string{"PATH=" + m.path("empty")}, 1, StepPackages, Failed, "docker.io is not installed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command(python, m.path("endpoint.py"), "report")
			cmd.Env = append(append(os.Environ(), "PILOT_CONSOLE="+m.path("console"), "PILOT_LOG="+m.path("log")), c.env...)
			out, err := cmd.CombinedOutput()
			if cmd.ProcessState == nil {
				t.Fatal(err)
			}
			p := ParseProgress(m.read("console"))
			if cmd.ProcessState.ExitCode() != c.code || p.Step != c.step || p.State != c.state || !strings.Contains(p.Detail, c.detail) {
				t.Errorf("exit code %d, %+v\n%s", cmd.ProcessState.ExitCode(), p, out)
			}
		})
	}
	if !regexp.MustCompile(`step=docker state=done detail="Docker [0-9.]+.*, API 1\.[0-9]+ to 1\.[0-9]+"`).MatchString(m.read("log")) {
		t.Errorf("the versions are not in the log:\n%s", m.read("log"))
	}
}

// certificates is a folder with a certificate that no daemon here shows.
func certificates(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "cert.pem"), []byte(bundle(t).Cert), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

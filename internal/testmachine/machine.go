// Package testmachine gives tests a machine of a platform without a cloud: a
// network of its own, and in it a real Docker daemon with the configuration
// that a machine boots with, kept running as systemd would.
package testmachine

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/server/cloudinit"
)

// Machine is one machine. It needs root.
type Machine struct {
	// IP is its address, which this machine reaches.
	IP string
	// Socket is the daemon's own socket.
	Socket string

	t     testing.TB
	dir   string
	space string

	mu      sync.Mutex
	bundle  cloudinit.Bundle
	cmd     *exec.Cmd
	starts  int
	stopped bool
	ended   chan struct{}
}

// New makes a machine that has not booted yet. number, 0 to 250, tells it from
// those of other tests.
func New(t testing.TB, number int) *Machine {
	t.Helper()
	// A socket's path must be short, which t.TempDir's is not.
	dir, err := os.MkdirTemp("", "pilot-tm")
	if err != nil {
		t.Fatal(err)
	}
	m := &Machine{
		t: t, dir: dir, Socket: filepath.Join(dir, "docker.sock"),
		IP: fmt.Sprintf("10.231.%d.2", number), space: fmt.Sprintf("pilot-tm-%d", number),
	}
	_ = exec.Command("ip", "netns", "delete", m.space).Run()
	link := fmt.Sprintf("pilottm%d", number)
	_ = exec.Command("ip", "link", "delete", link).Run()
	m.run("ip", "netns", "add", m.space)
	t.Cleanup(m.remove)
	m.run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", m.space)
	m.run("ip", "address", "add", fmt.Sprintf("10.231.%d.1/30", number), "dev", link)
	m.run("ip", "link", "set", link, "up")
	for _, args := range []string{"link set lo up", "address add " + m.IP + "/30 dev eth0", "link set eth0 up"} {
		m.run("ip", append([]string{"-n", m.space}, strings.Fields(args)...)...)
	}
	return m
}

func (m *Machine) run(name string, args ...string) {
	m.t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		m.t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

// Store puts a secret into the machine's secret store. The daemon fetches it
// at each start; the first one boots the machine.
func (m *Machine) Store(secret string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := json.Unmarshal([]byte(secret), &m.bundle); err != nil {
		return err
	}
	if m.ended != nil {
		return nil
	}
	config := cloudinit.NewDaemon(m.Socket, fmt.Sprintf("0.0.0.0:%d", cloudinit.Port), m.dir).JSON()
	if err := os.WriteFile(filepath.Join(m.dir, "daemon.json"), []byte(config), 0o600); err != nil {
		return err
	}
	m.ended = make(chan struct{})
	if err := m.start(); err != nil {
		return err
	}
	go m.supervise()
	return nil
}

// start is one start of the service: fetch the certificate, run the daemon.
func (m *Machine) start() error {
	for name, content := range map[string]string{"ca.pem": m.bundle.CA, "cert.pem": m.bundle.Cert, "key.pem": m.bundle.Key} {
		if err := os.WriteFile(filepath.Join(m.dir, name), []byte(content), 0o600); err != nil {
			return err
		}
	}
	log, err := os.OpenFile(filepath.Join(m.dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	at := func(name string) string { return filepath.Join(m.dir, name) }
	m.cmd = exec.Command("nsenter", "--net=/var/run/netns/"+m.space, "dockerd", "--config-file", at("daemon.json"),
		"--data-root", at("data"), "--exec-root", at("exec"), "--pidfile", at("pid"))
	m.cmd.Env = append(os.Environ(), "DOCKER_MIN_API_VERSION="+cloudinit.MinAPIVersion)
	m.cmd.Stdout, m.cmd.Stderr = log, log
	m.starts++
	return m.cmd.Start()
}

// supervise is systemd's Restart=always.
func (m *Machine) supervise() {
	defer close(m.ended)
	for {
		_ = m.cmd.Wait()
		m.mu.Lock()
		if m.stopped {
			m.mu.Unlock()
			return
		}
		err := m.start()
		m.mu.Unlock()
		if err != nil {
			m.t.Errorf("start dockerd again: %v", err)
			return
		}
	}
}

// Starts is how often the daemon was started.
func (m *Machine) Starts() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.starts
}

// Key is the daemon's own private key, PEM, as the secret store has it.
func (m *Machine) Key() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.bundle.Key
}

// Log is what the daemon wrote.
func (m *Machine) Log() string {
	text, _ := os.ReadFile(filepath.Join(m.dir, "log"))
	return string(text)
}

// Remove takes the machine away, with all that is on it, before the test ends.
func (m *Machine) Remove() { m.remove() }

func (m *Machine) remove() {
	m.mu.Lock()
	m.stopped = true
	running := m.ended
	m.mu.Unlock()
	if running != nil {
		// Containers go first: they would outlive the daemon.
		_ = exec.Command("sh", "-c", "docker -H unix://"+m.Socket+" ps -aq | xargs -r docker -H unix://"+m.Socket+" rm -fv").Run()
		_ = m.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-running:
		case <-time.After(20 * time.Second):
			_ = m.cmd.Process.Kill()
		}
	}
	_ = exec.Command("ip", "netns", "delete", m.space).Run()
	_ = exec.Command("sh", "-c", "grep -o ' "+m.dir+"[^ ]*' /proc/mounts | sort -r | xargs -r umount -l").Run()
	if err := os.RemoveAll(m.dir); err != nil {
		m.t.Logf("leave %s behind: %v", m.dir, err)
	}
}

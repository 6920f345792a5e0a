package provider

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/internal/testdocker"
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server/certs"
	"github.com/pilot-framework/pilot/pkg/server/daemon"
)

// machine is a machine whose daemon does not listen until it is started.
type machine struct {
	*testing.T
	ca     *certs.Authority
	server certs.Pair
	in     pilot.DaemonInputs
}

// newMachine has an address of its own, so that nobody else takes its port.
func newMachine(t *testing.T, ip string) *machine {
	t.Helper()
	ca, err := certs.NewAuthority(certs.AuthorityRequest{CommonName: "Pilot test"})
	if err != nil {
		t.Fatal(err)
	}
	server, err := ca.Issue(certs.Request{CommonName: "daemon", Role: "server", Server: true, IPs: []string{ip}})
	if err != nil {
		t.Fatal(err)
	}
	operator, err := ca.Issue(certs.Request{CommonName: "operator", Role: "operator", Client: true})
	if err != nil {
		t.Fatal(err)
	}
	trust := string(ca.Pair().Cert)
	return &machine{T: t, ca: ca, server: server, in: pilot.DaemonInputs{
		Endpoint:   pilot.Endpoint{Host: "tcp://" + ip + ":22376", CA: trust, Cert: string(operator.Cert), Key: string(operator.Key), Daemon: "i-1"},
		ServerCert: string(server.Cert), ClientCA: trust,
	}}
}

func (m *machine) address() string { return strings.TrimPrefix(m.in.Endpoint.Host, "tcp://") }

func (m *machine) start(oldest string) {
	cfg, err := certs.ServerConfig(m.server, m.ca.Pair().Cert)
	if err != nil {
		m.Fatal(err)
	}
	testdocker.Serve(m.T, m.address(), cfg, oldest)
}

// wait waits for the daemon and returns what was said meanwhile.
func (m *machine) wait(limit time.Duration, console Console) ([]string, error) {
	var said []string
	w := &wait{in: m.in, console: console, limit: limit, every: time.Millisecond, say: func(s string) { said = append(said, s) }}
	_, err := w.until(m.Context(), func(daemon.Seen) bool { return true })
	return said, err
}

// TestBootWords follows a boot by the machine's console until TLS is ready.
func TestBootWords(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "127.76.0.1")
	steps := []string{"booting", "installing Docker", "fetching the certificate", "starting Docker"}
	next := 0
	said, err := m.wait(time.Minute, func(context.Context, string) (Boot, error) {
		next++
		if next == len(steps) {
			m.start("1.24")
		}
		return Boot{Step: steps[next-1]}, nil
	})
	if want := append(steps, "TLS ready: Docker "+testdocker.Version); err != nil || !slices.Equal(said, want) {
		t.Errorf("said %q, %v; want %q", said, err, want)
	}
}

// TestBootWordsFromOutside is without a console: by what the network tells.
func TestBootWordsFromOutside(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "127.76.0.2")
	host := m.in.Endpoint.Host
	// No machine has the broadcast address, and a connection to it fails at once.
	m.in.Endpoint.Host = "tcp://255.255.255.255:22376"
	said, err := m.wait(time.Second, nil)
	if err == nil || !strings.Contains(err.Error(), "was not ready after 1s; it came as far as: booting (") || !slices.Equal(said, []string{"booting"}) {
		t.Errorf("no machine: said %q, %v", said, err)
	}
	m.in.Endpoint.Host = host
	if said, err = m.wait(time.Second, nil); err == nil || !strings.Contains(err.Error(), "came as far as: installing Docker (") {
		t.Errorf("no daemon: said %q, %v", said, err)
	}
	half, err := net.Listen("tcp", m.address())
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			conn, err := half.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	if said, err = m.wait(time.Second, nil); err == nil || !strings.Contains(err.Error(), "came as far as: starting Docker (") {
		t.Errorf("no TLS: said %q, %v", said, err)
	}
	half.Close()
	m.start("1.24")
	if said, err = m.wait(time.Minute, nil); err != nil || !slices.Equal(said, []string{"TLS ready: Docker " + testdocker.Version}) {
		t.Errorf("all is well: said %q, %v", said, err)
	}
}

// TestBootFails shows the step that failed, long before the time is out, and
// also when the console is next asked only as it runs out.
func TestBootFails(t *testing.T) {
	t.Parallel()
	const want = "failed: starting Docker failed: unit docker.service is failed; mend it and run setup again"
	m := newMachine(t, "127.76.0.3")
	asked := 0
	console := func(context.Context, string) (Boot, error) {
		if asked++; asked == 1 {
			return Boot{Step: "fetching the certificate"}, nil
		}
		return Boot{Step: "starting Docker failed: unit docker.service is failed", Failed: true}, nil
	}
	begin := time.Now()
	said, err := m.wait(time.Hour, console)
	if err == nil || !strings.Contains(err.Error(), want) || !slices.Equal(said, []string{"fetching the certificate"}) {
		t.Errorf("said %q, %v", said, err)
	}
	if took := time.Since(begin); took > time.Minute {
		t.Errorf("it took %s to tell", took)
	}
	asked = 0
	w := &wait{in: m.in, console: console, limit: time.Second, every: time.Hour, say: func(string) {}}
	if _, err := w.until(t.Context(), func(daemon.Seen) bool { return true }); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("at the end: %v", err)
	}
}

// TestConsoleIsNoMust waits on although the console cannot be read, and says so
// once.
func TestConsoleIsNoMust(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "127.76.0.4")
	asked := 0
	said, err := m.wait(time.Minute, func(context.Context, string) (Boot, error) {
		if asked++; asked == 3 {
			m.start("1.24")
		}
		return Boot{}, errors.New("no credentials")
	})
	want := []string{"no credentials", "installing Docker", "TLS ready: Docker " + testdocker.Version}
	if err != nil || !slices.Equal(said, want) {
		t.Errorf("said %q, %v; want %q", said, err, want)
	}
	// One that hangs holds nothing up either.
	m = newMachine(t, "127.76.0.5")
	begin := time.Now()
	said, err = m.wait(time.Second, func(ctx context.Context, _ string) (Boot, error) {
		<-ctx.Done()
		return Boot{}, ctx.Err()
	})
	if err == nil || !strings.Contains(err.Error(), "came as far as: installing Docker") || time.Since(begin) > 30*time.Second {
		t.Errorf("said %q, %v after %s", said, err, time.Since(begin))
	}
}

// TestNewEngine is given up at once: waiting does not widen a daemon's range.
func TestNewEngine(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "127.76.0.6")
	m.start("1.44")
	begin := time.Now()
	_, err := m.wait(time.Hour, nil)
	for _, want := range []string{"is of no use to deploys", "Docker " + testdocker.Version + " serves API versions 1.44 to " + testdocker.Newest, "deploys need 1.41", "DOCKER_MIN_API_VERSION"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not said: %v", want, err)
		}
	}
	if took := time.Since(begin); took > time.Minute {
		t.Errorf("it took %s to tell", took)
	}
}

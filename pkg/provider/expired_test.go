package provider

import (
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server/certs"
	"github.com/pilot-framework/pilot/pkg/server/daemon"
)

// TestExpiredDaemon has a daemon whose certificate has expired. The resource of
// the daemon restarts it for a newer one, and nothing else speaks to it.
func TestExpiredDaemon(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "127.76.0.7")
	newer := m.server
	expired, err := m.ca.Issue(certs.Request{
		CommonName: "daemon", Role: "server", Server: true, IPs: []string{"127.76.0.7"},
		Now: time.Now().Add(-2 * time.Minute), ValidFor: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	m.server = expired
	m.start("1.24")
	e := m.in.Endpoint
	endpoint := props{"host": e.Host, "ca": e.CA, "cert": e.Cert, "key": e.Key, "daemon": e.Daemon}
	r := newRig(t)
	create := func(typ string, in props) string {
		t.Helper()
		err := r.res(typ, "x").tryCreate(r.ctx, with(in, props{"endpoint": endpoint}))
		if err == nil {
			t.Fatalf("%s is created", typ)
		}
		return err.Error()
	}
	for _, c := range []struct{ name, serverCert, want string }{
		// The front has no containers: there is no more than the order.
		{"a newer one", string(newer.Cert), "restart Docker at " + e.Host + ": image pilot-gateway:0 is not on the Docker daemon"},
		{"no newer one", string(expired.Cert), "and there is no newer one for it: run pilot server rotate-certs"},
	} {
		in := props{"serverCert": c.serverCert, "clientCA": m.in.ClientCA, "agent": "pilot-gateway:0", "bootTimeout": "1m"}
		if got := create(pilot.TypeDaemon, in); !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	if got := create(pilot.TypeNetwork, props{"name": testPrefix + "expired"}); !strings.Contains(got, "certificate has expired") {
		t.Errorf("a network: got %q", got)
	}
	seen, err := daemon.LookToRestart(t.Context(), lookAt(e))
	if err != nil || current(seen, pilot.DaemonInputs{ServerCert: string(expired.Cert), ClientCA: m.in.ClientCA}) {
		t.Errorf("a daemon with an expired certificate is taken for current, or not seen: %v", err)
	}
}

package provider

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server/certs"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// TestDaemonWait waits for a machine that does not get ready, and says how far
// it came.
func TestDaemonWait(t *testing.T) {
	ca, err := certs.NewAuthority(certs.AuthorityRequest{CommonName: "Pilot test"})
	if err != nil {
		t.Fatal(err)
	}
	operator, err := ca.Issue(certs.Request{CommonName: "operator", Role: "operator", Client: true})
	if err != nil {
		t.Fatal(err)
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	in := props{
		"endpoint": props{
			"host": "tcp://" + closed.Addr().String(), "ca": string(ca.Pair().Cert), "cert": string(operator.Cert), "key": string(operator.Key),
			"daemon": "i-1",
		},
		"serverCert": string(operator.Cert), "clientCA": string(ca.Pair().Cert), "agent": "pilot-gateway:0", "bootTimeout": "1s",
	}
	for _, c := range []struct {
		name    string
		console Console
		want    string
	}{
		{"no console", nil, "came as far as: installing Docker"},
		{"a console", func(_ context.Context, machine string) (Boot, error) {
			return Boot{Step: "fetching the certificate of " + machine}, nil
		}, "came as far as: fetching the certificate of i-1"},
		{"a failed boot", func(context.Context, string) (Boot, error) {
			return Boot{Step: "installing Docker failed: E: no such package", Failed: true}, nil
		}, "the boot of the machine behind tcp://" + closed.Addr().String() + " failed: installing Docker failed: E: no such package"},
		{"a console that does not answer", func(context.Context, string) (Boot, error) {
			return Boot{}, context.DeadlineExceeded
		}, "came as far as: installing Docker"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, WithConsole(c.console))
			err := r.res(pilot.TypeDaemon, "docker").tryCreate(r.ctx, in)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "PRIVATE KEY") {
				t.Error("the error shows a key")
			}
		})
	}
	r := newRig(t)
	if _, wrong := r.res(pilot.TypeDaemon, "docker").check(resource.NewPropertyMapFromMap(with(in, props{"endpoint": local(), "agent": "", "socket": "/etc/passwd", "bootTimeout": "0s"}))); wrong == "" {
		t.Error("bad inputs are taken")
	} else {
		for _, want := range []string{"want tcp://host:port", "agent is empty", "/etc/passwd", "bootTimeout"} {
			if !strings.Contains(wrong, want) {
				t.Errorf("%q is not said of bad inputs: %s", want, wrong)
			}
		}
	}
}

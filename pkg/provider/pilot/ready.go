package pilot

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// DaemonInputs are the arguments of a Daemon.
type DaemonInputs struct {
	// Endpoint is tcp and behind mutual TLS.
	Endpoint Endpoint `pulumi:"endpoint"`
	// ServerCert is the PEM of the certificate that the daemon is to show, and
	// ClientCA of the authorities whose clients it is to let in. Where the
	// daemon has others, it is restarted, which makes it read its files again.
	ServerCert string `pulumi:"serverCert"`
	ClientCA   string `pulumi:"clientCA"`
	// Agent is the reference of the image that restarts it, which the builder
	// "gateway" of the provider writes.
	Agent string `pulumi:"agent"`
	// Socket is the daemon's own socket on its machine; the default is
	// /var/run/docker.sock.
	Socket string `pulumi:"socket,optional"`
	// BootTimeout bounds the wait for the machine's first boot, RestartTimeout
	// that for a restart; durations, 15m and 5m by default.
	BootTimeout    string `pulumi:"bootTimeout,optional"`
	RestartTimeout string `pulumi:"restartTimeout,optional"`
}

// DaemonArgs is DaemonInputs with inputs.
type DaemonArgs struct {
	Endpoint       EndpointArgs       `pulumi:"endpoint"`
	ServerCert     pulumi.StringInput `pulumi:"serverCert"`
	ClientCA       pulumi.StringInput `pulumi:"clientCA"`
	Agent          pulumi.StringInput `pulumi:"agent"`
	Socket         pulumi.StringInput `pulumi:"socket"`
	BootTimeout    pulumi.StringInput `pulumi:"bootTimeout"`
	RestartTimeout pulumi.StringInput `pulumi:"restartTimeout"`
}

// ElementType is the plain form.
func (DaemonArgs) ElementType() reflect.Type { return elementType[DaemonInputs]() }

// Daemon is a Docker daemon on a machine of its own. Creating it waits until
// the daemon answers; deleting it does nothing.
type Daemon struct {
	pulumi.CustomResourceState
	// Host is the endpoint's. It is known in a preview, and what uses it waits
	// for the daemon.
	Host pulumi.StringOutput `pulumi:"host"`
	// Version is Docker's version.
	Version pulumi.StringOutput `pulumi:"version"`
}

// NewDaemon registers a daemon.
func NewDaemon(ctx *pulumi.Context, name string, args *DaemonArgs, opts ...pulumi.ResourceOption) (*Daemon, error) {
	res := &Daemon{}
	if err := register(ctx, TypeDaemon, name, args, res, opts); err != nil {
		return nil, err
	}
	return res, nil
}

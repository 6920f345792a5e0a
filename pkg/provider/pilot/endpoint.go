package pilot

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Endpoint says which Docker daemon to talk to, and with which credentials.
type Endpoint struct {
	// Host is unix:///path/to/docker.sock or tcp://host:port. A tcp host is
	// always spoken to with mutual TLS.
	Host string `pulumi:"host"`
	// CA, Cert and Key are PEM: the authority to trust and the client's
	// certificate and key. They are required with a tcp host, and only there.
	CA   string `pulumi:"ca,optional"`
	Cert string `pulumi:"cert,optional"`
	Key  string `pulumi:"key,optional" provider:"secret"`
	// Fallback is another way to the same daemon, such as its local socket.
	// It is used to look at and to delete things while Host can't be reached.
	Fallback string `pulumi:"fallback,optional"`
	// Daemon identifies the daemon, such as by its machine's ID: where it stays
	// the same, another Host is another way to the same daemon, and nothing on
	// it is replaced. Without it the same Fallback says so; without either,
	// another Host counts as another daemon.
	Daemon string `pulumi:"daemon,optional"`
}

// EndpointArgs is Endpoint with inputs.
type EndpointArgs struct {
	Host     pulumi.StringInput `pulumi:"host"`
	CA       pulumi.StringInput `pulumi:"ca"`
	Cert     pulumi.StringInput `pulumi:"cert"`
	Key      pulumi.StringInput `pulumi:"key"`
	Fallback pulumi.StringInput `pulumi:"fallback"`
	Daemon   pulumi.StringInput `pulumi:"daemon"`
}

// ElementType is the plain form.
func (EndpointArgs) ElementType() reflect.Type { return elementType[Endpoint]() }

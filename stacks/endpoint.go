package stacks

import (
	"encoding/json"

	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// EndpointArgs say for whom the certificates of a Docker endpoint are.
type EndpointArgs struct {
	// Name is the platform's name; it is the authority's too.
	Name string
	// Addresses are the IP addresses that people and containers dial.
	Addresses pulumi.StringArray
}

// DockerEndpoint is a machine's Docker daemon behind mutual TLS, as whatever
// stands above the machine sees it.
type DockerEndpoint struct {
	pulumi.ResourceState

	// Name is the platform's name.
	Name string
	// Host is the daemon's address, tcp://host:2376. It is known when the
	// machine is there; that its daemon answers is to be waited for.
	Host pulumi.StringOutput
	// CA, Cert and Key are PEM: the authority to trust and the operator's
	// certificate and key.
	CA, Cert, Key pulumi.StringOutput
	// Authority signs the certificates, and those of what stands above.
	Authority *pilot.CertificateAuthority
	// PublicIP and PrivateIP are the machine's addresses.
	PublicIP, PrivateIP pulumi.StringOutput
	// Machine is the machine itself, no component around it, and Instance what
	// the cloud calls it. What stands above waits for the one, goes with it, and
	// is known by the other.
	Machine  pulumi.Resource
	Instance pulumi.StringOutput
	// Database is the platform's PostgreSQL, as the machine reaches it.
	Database DatabaseEndpoint
	// Identity is how deploys use the machine's identity.
	Identity *server.Identity

	daemonCert, daemonKey pulumi.StringOutput
}

// Above is what stands above a Docker endpoint, such as the Pilot server. It is
// the same on every target.
type Above func(ctx *pulumi.Context, e *DockerEndpoint) error

// DatabaseEndpoint is where a platform's PostgreSQL is.
type DatabaseEndpoint struct {
	Host                 pulumi.StringOutput
	Port                 pulumi.IntOutput
	Name, User, Password pulumi.StringOutput
}

// endpointNames are what the daemon is called on its own machine, and by
// containers there. They are in its certificate beside the addresses.
var endpointNames = []string{"localhost", "host.docker.internal"}

// NewDockerEndpoint makes the authority, the daemon's certificate and the
// operator's. The machine does not exist yet: its addresses must be known
// before it boots.
func NewDockerEndpoint(ctx *pulumi.Context, name string, args *EndpointArgs, opts ...pulumi.ResourceOption) (*DockerEndpoint, error) {
	e := &DockerEndpoint{Name: args.Name}
	if err := ctx.RegisterComponentResource("pilot:stacks:DockerEndpoint", name, e, opts...); err != nil {
		return nil, err
	}
	parent := pulumi.Parent(e)
	ca, err := pilot.NewCertificateAuthority(ctx, name+"-authority", &pilot.CertificateAuthorityArgs{
		CommonName: pulumi.String("Pilot " + args.Name),
	}, parent)
	if err != nil {
		return nil, err
	}
	daemon, err := pilot.NewCertificate(ctx, name+"-daemon", &pilot.CertificateArgs{
		CACert: ca.CertPEM, CAKey: ca.KeyPEM, CommonName: pulumi.String(args.Name), Role: pulumi.String("server"),
		Server: pulumi.Bool(true), DNSNames: pulumi.ToStringArray(endpointNames),
		IPAddresses: append(pulumi.StringArray{pulumi.String("127.0.0.1")}, args.Addresses...),
	}, parent)
	if err != nil {
		return nil, err
	}
	operator, err := pilot.NewCertificate(ctx, name+"-operator", &pilot.CertificateArgs{
		CACert: ca.ClientCertPEM, CAKey: ca.ClientKeyPEM, CommonName: pulumi.String("operator"), Role: pulumi.String("operator"),
		Client: pulumi.Bool(true),
	}, parent)
	if err != nil {
		return nil, err
	}
	e.CA, e.Authority, e.Cert, e.Key = ca.TrustPEM, ca, operator.CertPEM, operator.KeyPEM
	e.daemonCert, e.daemonKey = daemon.CertPEM, daemon.KeyPEM
	return e, ctx.RegisterResourceOutputs(e, pulumi.Map{"ca": e.CA})
}

// Secret is what goes into the cloud's secret store for the daemon to fetch: a
// JSON object with ca, whose clients are let in, cert and key.
func (e *DockerEndpoint) Secret() pulumi.StringOutput {
	return pulumi.ToSecret(pulumi.All(e.Authority.ClientTrustPEM, e.daemonCert, e.daemonKey).ApplyT(infra.Guard(func(v []any) (string, error) {
		b, err := json.Marshal(map[string]any{"ca": v[0], "cert": v[1], "key": v[2]})
		return string(b), err
	}))).(pulumi.StringOutput)
}

// At tells the endpoint where its machine is.
func (e *DockerEndpoint) At(public, private pulumi.StringOutput) {
	e.PublicIP, e.PrivateIP = public, private
	e.Host = pulumi.Sprintf("tcp://%s:2376", public)
}

// On tells the endpoint which machine it is on. What is above a component would
// not be known to go when the machine within is replaced.
func (e *DockerEndpoint) On(machine pulumi.Resource, instance pulumi.StringOutput) {
	e.Machine, e.Instance = machine, instance
}

// Export makes the endpoint and the database outputs of the stack.
func (e *DockerEndpoint) Export(ctx *pulumi.Context) {
	ctx.Export(OutputDockerHost, e.Host)
	ctx.Export(OutputDockerCA, e.CA)
	ctx.Export(OutputDockerCert, e.Cert)
	ctx.Export(OutputDockerKey, pulumi.ToSecret(e.Key))
	ctx.Export(OutputDBHost, e.Database.Host)
	ctx.Export(OutputDBPort, e.Database.Port)
	ctx.Export(OutputDBName, e.Database.Name)
	ctx.Export(OutputDBUser, e.Database.User)
	ctx.Export(OutputDBPassword, pulumi.ToSecret(e.Database.Password))
}

package local

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
)

// IdentityArgs say for whom certificates are made.
type IdentityArgs struct {
	// Name is the platform's, such as pilot-local. It names the authority.
	Name string
	// GatewayNames are further DNS names of the gateway, next to GatewayName
	// and localhost.
	GatewayNames []string
}

// Identity is the platform's certificate authority and the certificates of
// the endpoint and of those who may use it.
type Identity struct {
	pulumi.ResourceState

	// Authority signed them all.
	Authority *pilot.CertificateAuthority
	// Gateway is the endpoint's server certificate, which is good for its
	// health check too; Operator and Runner are client certificates.
	Gateway, Operator, Runner *pilot.Certificate
}

// NewIdentity creates the authority and the certificates.
func NewIdentity(ctx *pulumi.Context, name string, args *IdentityArgs, opts ...pulumi.ResourceOption) (*Identity, error) {
	i := &Identity{}
	if err := ctx.RegisterComponentResource("pilot:local:Identity", name, i, opts...); err != nil {
		return nil, err
	}
	parent := pulumi.Parent(i)
	authority, err := pilot.NewCertificateAuthority(ctx, name+"-authority", &pilot.CertificateAuthorityArgs{
		CommonName: pulumi.String(fmt.Sprintf("Pilot %s", args.Name)),
	}, parent)
	if err != nil {
		return nil, err
	}
	i.Authority = authority
	issue := func(role string, extra func(*pilot.CertificateArgs)) (*pilot.Certificate, error) {
		request := &pilot.CertificateArgs{
			CACert: authority.ClientCertPEM, CAKey: authority.ClientKeyPEM,
			CommonName: pulumi.String(args.Name + "-" + role), Role: pulumi.String(role), Client: pulumi.Bool(true),
		}
		if extra != nil {
			extra(request)
		}
		return pilot.NewCertificate(ctx, name+"-"+role, request, parent)
	}
	if i.Gateway, err = issue("gateway", func(r *pilot.CertificateArgs) {
		r.CACert, r.CAKey, r.Server = authority.CertPEM, authority.KeyPEM, pulumi.Bool(true)
		r.DNSNames = pulumi.ToStringArray(append([]string{GatewayName(args.Name), "localhost"}, args.GatewayNames...))
		r.IPAddresses = pulumi.ToStringArray([]string{Loopback, "::1"})
	}); err != nil {
		return nil, err
	}
	if i.Operator, err = issue("operator", nil); err != nil {
		return nil, err
	}
	if i.Runner, err = issue("runner", nil); err != nil {
		return nil, err
	}
	return i, ctx.RegisterResourceOutputs(i, pulumi.Map{"authority": authority.CertPEM})
}

// GatewayName is the gateway container's name, for a platform's name.
func GatewayName(platform string) string { return platform + "-gateway" }

package local

import (
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// IdentityArgs are the arguments of an Identity.
type IdentityArgs struct {
	Common
}

// Identity is who may do what: the platform's own authority, and the client
// certificates that open its Docker endpoint.
type Identity struct {
	pulumi.ResourceState
	// Authority signs every certificate of the platform.
	Authority *pilot.CertificateAuthority
	// Operator and Runner are client certificates.
	Operator, Runner *pilot.Certificate
}

// NewIdentity registers an Identity.
func NewIdentity(ctx *pulumi.Context, name string, args *IdentityArgs, opts ...pulumi.ResourceOption) (*Identity, error) {
	i := &Identity{}
	if err := ctx.RegisterComponentResource("pilot:local:Identity", name, i, opts...); err != nil {
		return nil, err
	}
	var err error
	i.Authority, err = pilot.NewCertificateAuthority(ctx, name+"-authority", &pilot.CertificateAuthorityArgs{
		CommonName: pulumi.String(args.Prefix),
	}, pulumi.Parent(i))
	if err != nil {
		return nil, err
	}
	if i.Operator, err = i.client(ctx, name, "operator", args.Prefix); err != nil {
		return nil, err
	}
	if i.Runner, err = i.client(ctx, name, "runner", args.Prefix); err != nil {
		return nil, err
	}
	return i, ctx.RegisterResourceOutputs(i, pulumi.Map{"authority": i.Authority.CertPEM})
}

func (i *Identity) client(ctx *pulumi.Context, name, role, prefix string) (*pilot.Certificate, error) {
	return pilot.NewCertificate(ctx, name+"-"+role, &pilot.CertificateArgs{
		CACert:     i.Authority.CertPEM,
		CAKey:      i.Authority.KeyPEM,
		CommonName: pulumi.String(prefix + "-" + role),
		Role:       pulumi.String(role),
		Client:     pulumi.Bool(true),
	}, pulumi.Parent(i))
}

package pilot

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// BootstrapTokenInputs are the arguments of a BootstrapToken.
type BootstrapTokenInputs struct {
	// Address is the server's host:port.
	Address string `pulumi:"address"`
	// CA is the PEM of the authority that signed the server's certificate.
	CA string `pulumi:"ca"`
	// Instance identifies the server's data, such as its volume's instance. A
	// server gives its first token once, so only new data makes a new token.
	Instance string `pulumi:"instance,optional"`
}

// BootstrapTokenArgs is BootstrapTokenInputs with inputs.
type BootstrapTokenArgs struct {
	Address  pulumi.StringInput `pulumi:"address"`
	CA       pulumi.StringInput `pulumi:"ca"`
	Instance pulumi.StringInput `pulumi:"instance"`
}

// ElementType is the plain form.
func (BootstrapTokenArgs) ElementType() reflect.Type { return elementType[BootstrapTokenInputs]() }

// BootstrapToken is the first token of a new server. It has all rights.
type BootstrapToken struct {
	pulumi.CustomResourceState
	// Token is the token; it is a secret.
	Token pulumi.StringOutput `pulumi:"token"`
}

// NewBootstrapToken registers the taking of a server's first token.
func NewBootstrapToken(ctx *pulumi.Context, name string, args *BootstrapTokenArgs, opts ...pulumi.ResourceOption) (*BootstrapToken, error) {
	res := &BootstrapToken{}
	if err := register(ctx, TypeBootstrapToken, name, args, res, opts); err != nil {
		return nil, err
	}
	return res, nil
}

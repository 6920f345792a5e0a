package pilot

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// PasswordInputs are the arguments of a Password.
type PasswordInputs struct {
	// Length is the number of characters, 12 to 128; the default is 32.
	Length int `pulumi:"length,optional"`
	// Charset is the characters to draw from, each once: at least 10
	// printable ASCII characters. The default is letters and digits.
	Charset string `pulumi:"charset,optional"`
	// Keepers are values whose change makes a new password.
	Keepers map[string]string `pulumi:"keepers,optional"`
}

// PasswordArgs is PasswordInputs with inputs.
type PasswordArgs struct {
	Length  pulumi.IntInput       `pulumi:"length"`
	Charset pulumi.StringInput    `pulumi:"charset"`
	Keepers pulumi.StringMapInput `pulumi:"keepers"`
}

// ElementType is the plain form.
func (PasswordArgs) ElementType() reflect.Type { return elementType[PasswordInputs]() }

// Password is a random password. It stays the same until an argument changes.
type Password struct {
	pulumi.CustomResourceState
	// Result is the password; it is a secret.
	Result pulumi.StringOutput `pulumi:"result"`
}

// NewPassword registers a password. args may be nil.
func NewPassword(ctx *pulumi.Context, name string, args *PasswordArgs, opts ...pulumi.ResourceOption) (*Password, error) {
	if args == nil {
		args = &PasswordArgs{}
	}
	res := &Password{}
	if err := register(ctx, TypePassword, name, args, res, opts); err != nil {
		return nil, err
	}
	return res, nil
}

package testprovider

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Thing is the provider's resource.
type Thing struct {
	pulumi.CustomResourceState
	// Value is what the Thing holds.
	Value pulumi.StringOutput `pulumi:"value"`
	// Secret is the same, as a secret.
	Secret pulumi.StringOutput `pulumi:"secret"`
}

// ThingArgs are the inputs of a Thing.
type ThingArgs struct {
	// Value is required; a change updates the Thing.
	Value string
	// Place is optional; a change replaces the Thing.
	Place string
	// Secret is optional.
	Secret pulumi.StringInput
}

// NewThing registers a Thing.
func NewThing(ctx *pulumi.Context, name string, args ThingArgs, opts ...pulumi.ResourceOption) (*Thing, error) {
	props := pulumi.Map{"value": pulumi.String(args.Value)}
	if args.Place != "" {
		props["place"] = pulumi.String(args.Place)
	}
	if args.Secret != nil {
		props["secret"] = pulumi.ToSecret(args.Secret)
	}
	t := &Thing{}
	opts = append(opts, pulumi.Version(Version))
	if err := ctx.RegisterResource(Token, name, props, t, opts...); err != nil {
		return nil, err
	}
	return t, nil
}

// Many gives a program of n Things, in chains of ten that depend on each
// other, with the first one's value as the output "first".
func Many(n int, value string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		var before *Thing
		for i := range n {
			var opts []pulumi.ResourceOption
			if before != nil && i%10 != 0 {
				opts = append(opts, pulumi.DependsOn([]pulumi.Resource{before}))
			}
			t, err := NewThing(ctx, fmt.Sprintf("thing-%d", i), ThingArgs{Value: value}, opts...)
			if err != nil {
				return err
			}
			if i == 0 {
				ctx.Export("first", t.Value)
			}
			before = t
		}
		return nil
	}
}

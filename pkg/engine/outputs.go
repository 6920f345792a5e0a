package engine

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/pkg/v3/backend/display"
	pkgstack "github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
)

// outputs reads the stack's outputs from a deployment without decrypting the
// rest of it.
func (s *stack) outputs(ctx context.Context, d *apitype.DeploymentV3) (auto.OutputMap, error) {
	out := auto.OutputMap{}
	if d == nil {
		return out, nil
	}
	props, err := pkgstack.DeserializeStackOutputs(ctx, *d, s.secrets)
	if err != nil {
		return nil, fmt.Errorf("outputs of stack %s: %w", s.spec.Ref, err)
	}
	for k, v := range props {
		plain, err := plainValue(ctx, v)
		if err != nil {
			return nil, fmt.Errorf("output %s of stack %s: %w", k, s.spec.Ref, err)
		}
		// A value that holds a secret somewhere inside is one as a whole.
		out[string(k)] = auto.OutputValue{Value: plain, Secret: v.ContainsSecrets()}
	}
	return out, nil
}

// plainValue gives a value in the form that decoding JSON would give it.
func plainValue(ctx context.Context, v resource.PropertyValue) (any, error) {
	shown := display.MassageSecrets(resource.FromResourcePropertyMap(resource.PropertyMap{"v": v}), true)
	p := resource.ToResourcePropertyMap(shown)["v"]
	plain, err := pkgstack.SerializePropertyValue(ctx, p, config.NewPanicCrypter(), true)
	return plain, err
}

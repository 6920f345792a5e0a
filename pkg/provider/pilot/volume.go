package pilot

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// VolumeInputs are the arguments of a Volume.
type VolumeInputs struct {
	Endpoint Endpoint `pulumi:"endpoint"`
	// Name is the volume's name on the daemon; no other volume may have it.
	Name string `pulumi:"name"`
	// Labels are given to the volume when it is made. Docker can't change them
	// afterwards, and they are no reason to lose what it holds.
	Labels map[string]string `pulumi:"labels,optional"`
}

// VolumeArgs is VolumeInputs with inputs. Another name or another daemon
// replaces the volume, and with it what it holds.
type VolumeArgs struct {
	Endpoint EndpointArgs          `pulumi:"endpoint"`
	Name     pulumi.StringInput    `pulumi:"name"`
	Labels   pulumi.StringMapInput `pulumi:"labels"`
}

// ElementType is the plain form.
func (VolumeArgs) ElementType() reflect.Type { return elementType[VolumeInputs]() }

// Volume is a local volume of a Docker daemon.
type Volume struct {
	pulumi.CustomResourceState
	// Name is the volume's name on the daemon.
	Name pulumi.StringOutput `pulumi:"name"`
	// Instance is a random word that stays with this volume: another volume
	// of the same name has another one.
	Instance pulumi.StringOutput `pulumi:"instance"`
}

// NewVolume registers a volume.
func NewVolume(ctx *pulumi.Context, name string, args *VolumeArgs, opts ...pulumi.ResourceOption) (*Volume, error) {
	res := &Volume{}
	if err := register(ctx, TypeVolume, name, args, res, opts); err != nil {
		return nil, err
	}
	return res, nil
}

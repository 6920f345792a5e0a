package pilot

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// ImageInputs are the arguments of an Image. Exactly one of Builder, Source
// and Pull says where the image comes from.
type ImageInputs struct {
	Endpoint Endpoint `pulumi:"endpoint"`
	// Name is the image's name and tag, such as pilot/server:1.2 or postgres:17.
	Name string `pulumi:"name"`
	// Builder names a function that was given to the provider (WithImages)
	// and writes the image as a tar for "docker load".
	Builder string `pulumi:"builder,optional"`
	// Source is the absolute path of a tar for "docker load".
	Source string `pulumi:"source,optional"`
	// Pull takes the image from the daemon if it is there, and from its
	// registry if not.
	Pull bool `pulumi:"pull,optional"`
	// Digest identifies the content of Builder or Source; its change loads
	// the image anew.
	Digest string `pulumi:"digest,optional"`
}

// ImageArgs is ImageInputs with inputs. A change of anything but the
// endpoint's credentials replaces the image: the new one is loaded first, and
// the old one stays for as long as a container uses it.
type ImageArgs struct {
	Endpoint EndpointArgs       `pulumi:"endpoint"`
	Name     pulumi.StringInput `pulumi:"name"`
	Builder  pulumi.StringInput `pulumi:"builder"`
	Source   pulumi.StringInput `pulumi:"source"`
	Pull     pulumi.BoolInput   `pulumi:"pull"`
	Digest   pulumi.StringInput `pulumi:"digest"`
}

// ElementType is the plain form.
func (ImageArgs) ElementType() reflect.Type { return elementType[ImageInputs]() }

// Image is an image of a Docker daemon.
type Image struct {
	pulumi.CustomResourceState
	// Name is the image's name and tag.
	Name pulumi.StringOutput `pulumi:"name"`
	// ImageID is what a container should be made from: sha256:...
	ImageID pulumi.StringOutput `pulumi:"imageId"`
}

// NewImage registers an image.
func NewImage(ctx *pulumi.Context, name string, args *ImageArgs, opts ...pulumi.ResourceOption) (*Image, error) {
	res := &Image{}
	if err := register(ctx, TypeImage, name, args, res, opts); err != nil {
		return nil, err
	}
	return res, nil
}

package server

import (
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Image says what the server's containers run: our own image, assembled on the
// caller's machine and loaded over the endpoint, or one that is pulled.
type Image struct {
	// Reference is the image's name and tag.
	Reference string
	// Digest is the content of our own image (package image). Where it is
	// empty, Reference is pulled.
	Digest string
	// Agent is our agent's image, which the source receiver runs where Reference
	// is the stock image (IsStock): that one has no agent.
	Agent *Agent
}

// Agent is the image that holds our agent alone.
type Agent struct {
	// Reference and Digest are the image's (package image).
	Reference, Digest string
	// Builder is the name under which the provider knows how to write it.
	Builder string
}

// ImageBuilder is the name under which the provider must know how to write our
// own image (provider.WithImages).
const ImageBuilder = "server"

// image puts the image on the endpoint.
func (b *builder) image() error {
	args := &pilot.ImageArgs{Endpoint: b.args.Endpoint, Name: pulumi.String(b.args.Image.Reference)}
	if b.args.Image.Digest == "" {
		args.Pull = pulumi.Bool(true)
	} else {
		args.Builder, args.Digest = pulumi.String(ImageBuilder), pulumi.String(b.args.Image.Digest)
	}
	img, err := pilot.NewImage(b.ctx, b.name+"-image", args, b.under)
	if err != nil {
		return err
	}
	b.imageRef = img.ImageID
	if !b.args.Image.stock() {
		return nil
	}
	own, err := pilot.NewImage(b.ctx, b.name+"-agent-image", &pilot.ImageArgs{
		Endpoint: b.args.Endpoint, Name: pulumi.String(b.args.Image.Agent.Reference),
		Builder: pulumi.String(b.args.Image.Agent.Builder), Digest: pulumi.String(b.args.Image.Agent.Digest),
	}, b.under)
	if err != nil {
		return err
	}
	b.agentRef = own.ImageID
	return nil
}

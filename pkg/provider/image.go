package provider

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/image"
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
)

// ImageState is what is recorded of an image.
type ImageState struct {
	pilot.ImageInputs
	// ImageID is the daemon's ID: sha256:...
	ImageID string `pulumi:"imageId"`
	// Owned tells that this resource brought the image to the daemon, so that
	// its deletion removes it.
	Owned bool `pulumi:"owned,optional"`
}

type imageResource struct {
	daemons  *daemons
	builders map[string]ImageWriter
}

func (*imageResource) Annotate(a infer.Annotator) { a.SetToken("docker", "Image") }

func (*imageResource) WireDependencies(f infer.FieldSelector, in *pilot.ImageInputs, state *ImageState) {
	f.OutputField(&state.ImageID).DependsOn(f.InputField(&in.Digest).Computed())
}

func (r *imageResource) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[pilot.ImageInputs], error) {
	return check(ctx, req, func(c *checker, in *pilot.ImageInputs) {
		checkEndpoint(c, in.Endpoint)
		if ref, err := reference.ParseNormalizedNamed(in.Name); err != nil || reference.IsNameOnly(ref) {
			c.fail(at("name"), "%q: want an image's name and tag, such as postgres:17", in.Name)
		}
		if !c.known("builder") || !c.known("source") || !c.known("pull") {
			return
		}
		ways := 0
		for _, set := range []bool{in.Builder != "", in.Source != "", in.Pull} {
			if set {
				ways++
			}
		}
		if ways != 1 {
			c.fail(nil, "builder, source, pull: %d of them are set: want exactly one", ways)
			return
		}
		if _, ok := r.builders[in.Builder]; in.Builder != "" && !ok {
			c.fail(at("builder"), "%q: want one of %v", in.Builder, r.names())
		}
		if in.Source != "" && !filepath.IsAbs(in.Source) {
			c.fail(at("source"), "%q: want an absolute path of a tar made by docker save", in.Source)
		}
		if !in.Pull && in.Digest == "" {
			c.fail(at("digest"), "is empty: want a word that changes with the image's content, such as its SHA-256")
		}
	})
}

func (r *imageResource) names() []string {
	var names []string
	for name := range r.builders {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Diff leaves out where the tar comes from: the digest speaks for the content.
func (*imageResource) Diff(_ context.Context, req infer.DiffRequest[pilot.ImageInputs, ImageState]) (infer.DiffResponse, error) {
	d := newDiffer("builder", "source")
	diffEndpoint(d, req.State.Endpoint, req.Inputs.Endpoint)
	d.compare(req.State.ImageInputs, req.Inputs)
	return d.response(false), nil
}

func (r *imageResource) Create(ctx context.Context, req infer.CreateRequest[pilot.ImageInputs]) (infer.CreateResponse[ImageState], error) {
	resp := infer.CreateResponse[ImageState]{Output: ImageState{ImageInputs: req.Inputs}}
	if req.DryRun {
		return resp, nil
	}
	docker, err := r.daemons.get(req.Inputs.Endpoint)
	if err != nil {
		return resp, err
	}
	if req.Inputs.Pull {
		resp.Output.Owned, err = pull(ctx, docker, req.Inputs.Name)
	} else {
		resp.Output.Owned, err = true, r.load(ctx, docker, req.Inputs)
	}
	if err != nil {
		return resp, err
	}
	found, err := docker.ImageInspect(ctx, req.Inputs.Name)
	if err != nil {
		return resp, fmt.Errorf("look for image %s: %w", req.Inputs.Name, err)
	}
	r.daemons.claim(found.ID)
	resp.ID, resp.Output.ImageID = found.ID, found.ID
	return resp, nil
}

func (r *imageResource) Read(ctx context.Context, req infer.ReadRequest[pilot.ImageInputs, ImageState]) (infer.ReadResponse[pilot.ImageInputs, ImageState], error) {
	resp := infer.ReadResponse[pilot.ImageInputs, ImageState](req)
	docker, err := r.daemons.reachable(ctx, req.State.Endpoint)
	if err != nil {
		return resp, unlessRemote(ctx, err)
	}
	if _, err := docker.ImageInspect(ctx, req.ID); gone(err) {
		resp.ID = ""
	} else if err != nil {
		return resp, fmt.Errorf("look at image %s: %w", req.State.Name, err)
	}
	return resp, nil
}

// Update records other credentials of the endpoint.
func (*imageResource) Update(_ context.Context, req infer.UpdateRequest[pilot.ImageInputs, ImageState]) (infer.UpdateResponse[ImageState], error) {
	state := req.State
	state.ImageInputs = req.Inputs
	return infer.UpdateResponse[ImageState]{Output: state}, nil
}

// Delete removes the image unless somebody still needs it: a container, a
// resource of this operation, or another name that was given to it.
func (r *imageResource) Delete(ctx context.Context, req infer.DeleteRequest[ImageState]) (infer.DeleteResponse, error) {
	if !req.State.Owned || r.daemons.isClaimed(req.ID) {
		return infer.DeleteResponse{}, nil
	}
	docker, err := r.daemons.reachable(ctx, req.State.Endpoint)
	if err != nil {
		return infer.DeleteResponse{}, err
	}
	found, err := docker.ImageInspect(ctx, req.ID)
	if gone(err) {
		return infer.DeleteResponse{}, nil
	}
	if err != nil {
		return infer.DeleteResponse{}, fmt.Errorf("look at image %s: %w", req.State.Name, err)
	}
	for _, tag := range found.RepoTags {
		if tag != familiar(req.State.Name) {
			return infer.DeleteResponse{}, nil
		}
	}
	_, err = docker.ImageRemove(ctx, req.ID, image.RemoveOptions{PruneChildren: true})
	if err != nil && !gone(err) && !errdefs.IsConflict(err) {
		return infer.DeleteResponse{}, fmt.Errorf("remove image %s: %w", req.State.Name, err)
	}
	return infer.DeleteResponse{}, nil
}

// familiar is a reference the way the daemon lists it: without docker.io/library/.
func familiar(name string) string {
	ref, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return strings.TrimSpace(name)
	}
	return reference.FamiliarString(ref)
}

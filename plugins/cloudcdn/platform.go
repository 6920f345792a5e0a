package cloudcdn

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/waypoint-plugin-sdk/component"
	pb "github.com/hashicorp/waypoint-plugin-sdk/proto/gen"
	"github.com/hashicorp/waypoint-plugin-sdk/terminal"

	"github.com/pilot-framework/pilot/plugins/site"
	"github.com/pilot-framework/pilot/plugins/site/sitepb"
)

// Platform puts a site into the bucket.
type Platform struct{ config DeployConfig }

var (
	_ component.Platform           = (*Platform)(nil)
	_ component.ConfigurableNotify = (*Platform)(nil)
	_ component.Destroyer          = (*Platform)(nil)
	_ component.WorkspaceDestroyer = (*Platform)(nil)
	_ component.Status             = (*Platform)(nil)
	_ component.Documented         = (*Platform)(nil)
)

// Config is where Waypoint writes the deploy stanza.
func (p *Platform) Config() (any, error) { return &p.config, nil }

// ConfigSet refuses wrong options before anything is done.
func (p *Platform) ConfigSet(any) error { return p.config.check() }

// DeployFunc is called for a deployment.
func (p *Platform) DeployFunc() any { return p.deploy }

// DestroyFunc is called for a deployment that is no longer wanted.
func (p *Platform) DestroyFunc() any { return p.destroy }

// DestroyWorkspaceFunc is called once all deployments of the app are destroyed.
func (p *Platform) DestroyWorkspaceFunc() any { return p.destroyAll }

// StatusFunc is called for a report on a deployment.
func (p *Platform) StatusFunc() any { return p.status }

func (p *Platform) deploy(ctx context.Context, built *sitepb.Folder, src *component.Source, job *component.JobInfo,
	deployment *component.DeploymentConfig, ui terminal.UI,
) (*Deployment, error) {
	steps := site.NewSteps(ui)
	defer steps.Close()
	steps.Say("Reading the files to publish")
	in, err := site.Read(ctx, src.Path, p.config.Directory, built, p.config.index(), p.config.NotFound)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	c, err := connect(ctx, p.config.Project, p.config.Endpoint, p.config.Bucket)
	if err != nil {
		return nil, err
	}
	steps.Say("Preparing bucket %s in %s", c.bucket, p.config.Region)
	if err := c.prepare(ctx, in, p.config.Region, site.Owner(job)); err != nil {
		return nil, err
	}
	files, bytes := in.Size()
	steps.Say("Comparing %d files (%s) with what is in the bucket", files, site.Size(bytes))
	m, _, err := in.Send(ctx, &store{c}, deployment.Id, site.Options{
		Parallel: p.config.Parallel, FolderPage: p.config.index(), Progress: steps.Show(c.bucket),
	})
	if err != nil {
		return nil, fmt.Errorf("deploy to bucket %q: %w", c.bucket, err)
	}
	steps.Done()
	return &Deployment{
		Id: deployment.Id, Bucket: c.bucket, Project: c.project, Endpoint: p.config.Endpoint,
		Index: p.config.index(), NotFound: p.config.NotFound, Files: int64(len(m.Entries)), Bytes: m.Bytes(),
	}, nil
}

// destroy removes the deployment's objects alone. The one that is served stays, so
// that no order of commands takes a site off the air: it goes when another one is
// released and prunes it, or with the app.
func (p *Platform) destroy(ctx context.Context, d *Deployment, ui terminal.UI) error {
	c, err := connect(ctx, d.Project, d.Endpoint, d.Bucket)
	if err != nil {
		return err
	}
	steps := site.NewSteps(ui)
	defer steps.Close()
	steps.Say("Destroying deployment %s", d.Id)
	now, err := c.current(ctx)
	if err != nil {
		return err
	}
	if served(now) == d.Id {
		on, err := c.listening(ctx)
		if err != nil {
			return err
		}
		if on {
			steps.Update("Deployment %s is what %s serves: its files stay until another one is released", d.Id, c.mapName())
			steps.Done()
			return nil
		}
	}
	if err := site.Remove(ctx, &store{c}, d.Id); err != nil {
		return fmt.Errorf("destroy deployment %s: %w", d.Id, err)
	}
	steps.Update("Destroyed deployment %s", d.Id)
	steps.Done()
	return nil
}

// destroyAll removes the load balancer, where the releaser has not done so, and
// the bucket.
func (p *Platform) destroyAll(ctx context.Context, d *Deployment, job *component.JobInfo, ui terminal.UI) error {
	c, err := connect(ctx, d.Project, d.Endpoint, d.Bucket)
	if err != nil {
		return err
	}
	steps := site.NewSteps(ui)
	defer steps.Close()
	if err := c.removeBalancer(ctx, steps.Say); err != nil {
		return err
	}
	steps.Say("Deleting bucket %s", c.bucket)
	if err := c.removeBucket(ctx, site.Owner(job)); err != nil {
		return err
	}
	steps.Done()
	return nil
}

func (p *Platform) status(ctx context.Context, d *Deployment) (*pb.StatusReport, error) {
	c, err := connect(ctx, d.Project, d.Endpoint, d.Bucket)
	if err != nil {
		return nil, err
	}
	health, message := pb.StatusReport_READY, ""
	m, err := site.LoadManifest(ctx, &store{c}, d.Id)
	switch {
	case errors.Is(err, site.ErrNotFound):
		health, message = pb.StatusReport_DOWN, fmt.Sprintf("deployment %s is not in bucket %s", d.Id, d.Bucket)
	case err != nil:
		health, message = pb.StatusReport_UNKNOWN, err.Error()
	default:
		message = fmt.Sprintf("%d objects below gs://%s/%s", len(m.Entries), d.Bucket, site.Prefix(d.Id))
	}
	return site.Report(health, message, &pb.StatusReport_Resource{
		Id: "gs://" + d.Bucket + "/" + site.Prefix(d.Id), Name: d.Bucket, Type: "bucket", Platform: "gcp",
		CategoryDisplayHint: pb.ResourceCategoryDisplayHint_STORAGE,
		PlatformUrl:         "https://console.cloud.google.com/storage/browser/" + d.Bucket,
	}), nil
}

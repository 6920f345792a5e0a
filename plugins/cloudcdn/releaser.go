package cloudcdn

import (
	"context"
	"fmt"

	"github.com/hashicorp/waypoint-plugin-sdk/component"
	pb "github.com/hashicorp/waypoint-plugin-sdk/proto/gen"
	"github.com/hashicorp/waypoint-plugin-sdk/terminal"
	"google.golang.org/api/compute/v1"

	"github.com/pilot-framework/pilot/plugins/site"
)

// Releaser serves a deployment through an HTTPS load balancer with Cloud CDN.
type Releaser struct{ config ReleaseConfig }

var (
	_ component.ReleaseManager     = (*Releaser)(nil)
	_ component.ConfigurableNotify = (*Releaser)(nil)
	_ component.Destroyer          = (*Releaser)(nil)
	_ component.WorkspaceDestroyer = (*Releaser)(nil)
	_ component.Status             = (*Releaser)(nil)
	_ component.Documented         = (*Releaser)(nil)
	_ component.Release            = (*Release)(nil)
)

// Config is where Waypoint writes the release stanza.
func (r *Releaser) Config() (any, error) { return &r.config, nil }

// ConfigSet refuses wrong options before anything is done.
func (r *Releaser) ConfigSet(any) error { return r.config.check() }

// ReleaseFunc is called for a release.
func (r *Releaser) ReleaseFunc() any { return r.release }

// DestroyFunc is called for a release whose deployment is no longer wanted.
func (r *Releaser) DestroyFunc() any { return r.destroy }

// DestroyWorkspaceFunc is called once all releases and deployments of the app are
// destroyed.
func (r *Releaser) DestroyWorkspaceFunc() any { return r.destroyAll }

// StatusFunc is called for a report on a release.
func (r *Releaser) StatusFunc() any { return r.status }

func (r *Releaser) release(ctx context.Context, d *Deployment, ui terminal.UI) (*Release, error) {
	c, err := connect(ctx, d.Project, d.Endpoint, d.Bucket)
	if err != nil {
		return nil, err
	}
	steps := site.NewSteps(ui)
	defer steps.Close()
	done, err := c.switchTo(ctx, d, r.config.Domain, steps.Say)
	if err != nil {
		return nil, fmt.Errorf("release deployment %s: %w", d.Id, err)
	}
	out := &Release{
		Url: "https://" + r.config.Domain, Address: done.address, DeploymentId: d.Id,
		Bucket: d.Bucket, Project: d.Project, Endpoint: d.Endpoint,
	}
	steps.Say("Pruning old deployments")
	removed, err := site.Prune(ctx, &store{c}, d.Id, r.config.keep())
	if err != nil {
		// The release is done: what is left is found again by the next one.
		steps.Update("Old deployments could not be removed, the next release tries again: %v", err)
	} else {
		steps.Update("Pruned %d old deployments", len(removed))
	}
	steps.Say("%s serves deployment %s at %s", out.Url, d.Id, out.Address)
	if !issued(done.certificate) {
		steps.Say("Let the DNS of %s have an A record for %s: then the certificate is issued, which takes up to an hour", r.config.Domain, out.Address)
	}
	steps.Done()
	return out, nil
}

func issued(c *compute.SslCertificate) bool {
	return c != nil && c.Managed != nil && c.Managed.Status == active
}

// destroy stops serving when the release is the current one, which is what
// Waypoint asks for when the app is destroyed. When it prunes, the release is an
// old one, and the load balancer that it shares with the new one stays.
func (r *Releaser) destroy(ctx context.Context, rel *Release, ui terminal.UI) error {
	c, err := connect(ctx, rel.Project, rel.Endpoint, rel.Bucket)
	if err != nil {
		return err
	}
	now, err := c.current(ctx)
	if err != nil || served(now) != rel.DeploymentId {
		return err
	}
	steps := site.NewSteps(ui)
	defer steps.Close()
	steps.Say("Switching off %s", c.mapName())
	if err := c.switchOff(ctx); err != nil {
		return err
	}
	steps.Done()
	return nil
}

func (r *Releaser) destroyAll(ctx context.Context, rel *Release, ui terminal.UI) error {
	c, err := connect(ctx, rel.Project, rel.Endpoint, rel.Bucket)
	if err != nil {
		return err
	}
	steps := site.NewSteps(ui)
	defer steps.Close()
	if err := c.removeBalancer(ctx, steps.Say); err != nil {
		return err
	}
	steps.Done()
	return nil
}

func (r *Releaser) status(ctx context.Context, rel *Release) (*pb.StatusReport, error) {
	c, err := connect(ctx, rel.Project, rel.Endpoint, rel.Bucket)
	if err != nil {
		return nil, err
	}
	health, message := c.health(ctx, rel, r.config.Domain)
	return site.Report(health, message, &pb.StatusReport_Resource{
		Id: c.link("urlMaps", c.mapName()), Name: c.mapName(), Type: "load balancer", Platform: "gcp",
		CategoryDisplayHint: pb.ResourceCategoryDisplayHint_ROUTER,
		PlatformUrl:         "https://console.cloud.google.com/net-services/loadbalancing/list/loadBalancers?project=" + rel.Project,
	}), nil
}

// health says whether the load balancer serves the release's deployment with a
// certificate, and whether that deployment is there.
func (c *cloud) health(ctx context.Context, rel *Release, domain string) (pb.StatusReport_Health, string) {
	now, err := c.current(ctx)
	if err != nil {
		return pb.StatusReport_UNKNOWN, err.Error()
	}
	if now == nil {
		return pb.StatusReport_DOWN, fmt.Sprintf("the load balancer %s is gone", c.mapName())
	}
	on, err := c.listening(ctx)
	if err != nil {
		return pb.StatusReport_UNKNOWN, err.Error()
	}
	if !on {
		return pb.StatusReport_DOWN, fmt.Sprintf("the load balancer %s is switched off", c.mapName())
	}
	if id := served(now); id != rel.DeploymentId {
		return pb.StatusReport_PARTIAL, fmt.Sprintf("%s serves deployment %s, not %s", rel.URL(), id, rel.DeploymentId)
	}
	if _, err := site.LoadManifest(ctx, &store{c}, rel.DeploymentId); err != nil {
		return pb.StatusReport_DOWN, fmt.Sprintf("deployment %s is not in bucket %s: %v", rel.DeploymentId, c.bucket, err)
	}
	name := c.certificateName(domain)
	certificate, err := find(ctx, "certificate "+name, func() (*compute.SslCertificate, error) {
		return c.compute.SslCertificates.Get(c.project, name).Context(ctx).Do()
	})
	if err != nil {
		return pb.StatusReport_UNKNOWN, err.Error()
	}
	if !issued(certificate) {
		return pb.StatusReport_PARTIAL, fmt.Sprintf("the certificate of %s is not issued yet: its DNS must have an A record for %s", domain, rel.Address)
	}
	return pb.StatusReport_READY, fmt.Sprintf("%s serves deployment %s", rel.URL(), rel.DeploymentId)
}

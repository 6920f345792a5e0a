package cloudfront

import (
	"context"
	"fmt"

	"github.com/hashicorp/waypoint-plugin-sdk/component"
	pb "github.com/hashicorp/waypoint-plugin-sdk/proto/gen"
	"github.com/hashicorp/waypoint-plugin-sdk/terminal"

	"github.com/pilot-framework/pilot/plugins/site"
)

// Releaser serves a deployment through CloudFront.
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

func (r *Releaser) release(ctx context.Context, d *Deployment, job *component.JobInfo, ui terminal.UI) (*Release, error) {
	a, err := connect(ctx, d.Region, d.Endpoint, d.Bucket)
	if err != nil {
		return nil, err
	}
	steps := site.NewSteps(ui)
	defer steps.Close()
	s, err := a.switchTo(ctx, d.Id, site.Owner(job), &r.config, steps.Say)
	if err != nil {
		return nil, fmt.Errorf("release deployment %s: %w", d.Id, err)
	}
	out := &Release{
		Url: "https://" + s.domain, DistributionId: s.id, DeploymentId: d.Id,
		Bucket: d.Bucket, Region: d.Region, Endpoint: d.Endpoint,
	}
	if len(r.config.Aliases) > 0 {
		out.Url = "https://" + r.config.Aliases[0]
		steps.Say("%s is ready: let the DNS of each alias point there with a CNAME or an alias record", s.domain)
	}
	steps.Say("Pruning old deployments")
	removed, err := site.Prune(ctx, &store{a}, d.Id, r.config.keep())
	if err != nil {
		// The release is done: what is left is found again by the next one.
		steps.Update("Old deployments could not be removed, the next release tries again: %v", err)
	} else {
		steps.Update("Pruned %d old deployments", len(removed))
	}
	steps.Say("%s serves deployment %s", out.Url, d.Id)
	steps.Done()
	return out, nil
}

// destroy stops serving when the release is the current one, which is what
// Waypoint asks for when the app is destroyed. When it prunes, the release is an
// old one, and the distribution that it shares with the new one stays.
func (r *Releaser) destroy(ctx context.Context, rel *Release, ui terminal.UI) error {
	a, err := connect(ctx, rel.Region, rel.Endpoint, rel.Bucket)
	if err != nil {
		return err
	}
	s, err := a.get(ctx)
	if err != nil {
		return err
	}
	if id, _ := served(s.path()); id != rel.DeploymentId || !s.enabled() {
		return nil
	}
	steps := site.NewSteps(ui)
	defer steps.Close()
	steps.Say("Switching off distribution %s", s.id)
	if _, err := a.disable(ctx, s); err != nil {
		return err
	}
	steps.Done()
	return nil
}

func (r *Releaser) destroyAll(ctx context.Context, rel *Release, ui terminal.UI) error {
	a, err := connect(ctx, rel.Region, rel.Endpoint, rel.Bucket)
	if err != nil {
		return err
	}
	steps := site.NewSteps(ui)
	defer steps.Close()
	steps.Say("Deleting the distribution of bucket %s", a.bucket)
	if err := a.removeDistribution(ctx, steps.Say); err != nil {
		return err
	}
	steps.Done()
	return nil
}

func (r *Releaser) status(ctx context.Context, rel *Release) (*pb.StatusReport, error) {
	a, err := connect(ctx, rel.Region, rel.Endpoint, rel.Bucket)
	if err != nil {
		return nil, err
	}
	health, message := a.health(ctx, rel)
	return site.Report(health, message, &pb.StatusReport_Resource{
		Id: rel.DistributionId, Name: rel.DistributionId, Type: "distribution", Platform: "aws",
		CategoryDisplayHint: pb.ResourceCategoryDisplayHint_ROUTER,
		PlatformUrl:         "https://console.aws.amazon.com/cloudfront/v4/home#/distributions/" + rel.DistributionId,
	}), nil
}

// health says whether the distribution serves the release's deployment, and
// whether that is there.
func (a *account) health(ctx context.Context, rel *Release) (pb.StatusReport_Health, string) {
	s, err := a.get(ctx)
	if err != nil {
		return pb.StatusReport_UNKNOWN, err.Error()
	}
	if s == nil {
		return pb.StatusReport_DOWN, fmt.Sprintf("distribution %s is gone", rel.DistributionId)
	}
	id, _ := served(s.path())
	switch {
	case !s.enabled():
		return pb.StatusReport_DOWN, fmt.Sprintf("distribution %s is switched off", s.id)
	case id != rel.DeploymentId:
		return pb.StatusReport_PARTIAL, fmt.Sprintf("%s serves deployment %s, not %s", rel.URL(), id, rel.DeploymentId)
	}
	if _, err := site.LoadManifest(ctx, &store{a}, id); err != nil {
		return pb.StatusReport_DOWN, fmt.Sprintf("deployment %s is not in bucket %s: %v", id, a.bucket, err)
	}
	if !s.deployed {
		return pb.StatusReport_PARTIAL, fmt.Sprintf("CloudFront is still changing to deployment %s", id)
	}
	return pb.StatusReport_READY, fmt.Sprintf("%s serves deployment %s", rel.URL(), id)
}

package cloudcdn

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"google.golang.org/api/compute/v1"

	"github.com/pilot-framework/pilot/plugins/site"
)

// mostPaths is how many addresses a release invalidates one by one: each is a
// request and an operation of its own. Above it, everything is invalidated at
// once.
const mostPaths = 50

// matcher is the name of the URL map's only list of rules.
const matcher = "site"

// urlMap is the URL map that serves a deployment: every path is rewritten to the
// deployment's folder.
func (c *cloud) urlMap(d *Deployment) *compute.UrlMap {
	backend, folder := c.link("backendBuckets", c.backendName()), "/"+site.Prefix(d.Id)
	rewrite := func(to string) *compute.HttpRouteAction {
		return &compute.HttpRouteAction{UrlRewrite: &compute.UrlRewrite{PathPrefixRewrite: to}}
	}
	// Cloud Storage says 403 for what is not there, because nobody may list the
	// bucket.
	missing := &compute.CustomErrorResponsePolicyCustomErrorResponseRule{
		MatchResponseCodes: []string{"403", "404"}, Path: folder + d.Index, OverrideResponseCode: http.StatusOK,
	}
	if d.NotFound != "" {
		missing.Path, missing.OverrideResponseCode = folder+d.NotFound, http.StatusNotFound
	}
	onError := &compute.CustomErrorResponsePolicy{
		ErrorService: backend, ErrorResponseRules: []*compute.CustomErrorResponsePolicyCustomErrorResponseRule{missing},
	}
	return &compute.UrlMap{
		Name: c.mapName(), Description: c.description(), DefaultService: backend,
		HostRules: []*compute.HostRule{{Hosts: []string{"*"}, PathMatcher: matcher}},
		PathMatchers: []*compute.PathMatcher{{
			Name: matcher, DefaultService: backend,
			RouteRules: []*compute.HttpRouteRule{
				{
					Priority: 1, MatchRules: []*compute.HttpRouteRuleMatch{{FullPathMatch: "/"}},
					Service: backend, RouteAction: rewrite(folder + d.Index), CustomErrorResponsePolicy: onError,
				},
				{
					Priority: 2, MatchRules: []*compute.HttpRouteRuleMatch{{PrefixMatch: "/"}},
					Service: backend, RouteAction: rewrite(folder), CustomErrorResponsePolicy: onError,
				},
			},
		}},
	}
}

// served is the deployment that a URL map serves.
func served(m *compute.UrlMap) string {
	if m == nil {
		return ""
	}
	for _, p := range m.PathMatchers {
		for _, r := range p.RouteRules {
			if r.RouteAction == nil || r.RouteAction.UrlRewrite == nil {
				continue
			}
			below, ok := strings.CutPrefix(r.RouteAction.UrlRewrite.PathPrefixRewrite, "/"+site.Releases)
			if id, _, found := strings.Cut(below, "/"); ok && found {
				return id
			}
		}
	}
	return ""
}

func (c *cloud) current(ctx context.Context) (*compute.UrlMap, error) {
	return find(ctx, "URL map "+c.mapName(), func() (*compute.UrlMap, error) {
		return c.compute.UrlMaps.Get(c.project, c.mapName()).Context(ctx).Do()
	})
}

// result is what a release made.
type result struct {
	address     string
	certificate *compute.SslCertificate
}

// switchTo serves the deployment. say tells what is being done.
func (c *cloud) switchTo(ctx context.Context, d *Deployment, domain string, say func(string, ...any)) (*result, error) {
	next, err := site.LoadManifest(ctx, &store{c}, d.Id)
	if errors.Is(err, site.ErrNotFound) {
		return nil, fmt.Errorf("it is not in bucket %q any more: deploy again, or release a newer one", c.bucket)
	}
	if err != nil {
		return nil, fmt.Errorf("read its manifest: %w", err)
	}
	out := &result{}
	say("Preparing the load balancer %s", c.mapName())
	if out.address, err = c.ensureAddress(ctx); err != nil {
		return nil, err
	}
	if err := c.ensureBackend(ctx); err != nil {
		return nil, err
	}
	if out.certificate, err = c.ensureCertificate(ctx, domain); err != nil {
		return nil, err
	}
	stale, err := c.serve(ctx, d, next, say)
	if err != nil {
		return nil, err
	}
	if err := c.ensureFront(ctx, out.address, out.certificate); err != nil {
		return nil, err
	}
	if len(stale) > 0 {
		say("Invalidating %d addresses", len(stale))
		if err := c.invalidate(ctx, stale); err != nil {
			return nil, err
		}
		if err := site.ClearPending(ctx, &store{c}); err != nil {
			return nil, fmt.Errorf("forget the invalidated addresses: %w", err)
		}
	}
	return out, nil
}

// serve points the URL map at the deployment, and returns the addresses that
// caches hold wrongly then. They are noted in the bucket before the switch, so
// that a release that is cut short between the two does not forget them.
func (c *cloud) serve(ctx context.Context, d *Deployment, next site.Manifest, say func(string, ...any)) ([]string, error) {
	name := c.mapName()
	for attempt := 0; ; attempt++ {
		now, err := c.current(ctx)
		if err != nil {
			return nil, err
		}
		if now == nil {
			say("Serving deployment %s", d.Id)
			_, err := ensure(ctx, c, "URL map "+name,
				func() (*compute.UrlMap, error) { return c.compute.UrlMaps.Get(c.project, name).Context(ctx).Do() },
				func() (*compute.Operation, error) {
					return c.compute.UrlMaps.Insert(c.project, c.urlMap(d)).Context(ctx).Do()
				})
			return nil, err
		}
		stale, err := c.stale(ctx, served(now), d, next)
		if err != nil {
			return nil, err
		}
		say("Switching %s to deployment %s", name, d.Id)
		want := c.urlMap(d)
		want.Fingerprint = now.Fingerprint
		err = c.do(ctx, "change URL map "+name, func() (*compute.Operation, error) {
			return c.compute.UrlMaps.Update(c.project, name, want).Context(ctx).Do()
		})
		if err == nil {
			return stale, nil
		}
		// The fingerprint is an old one when somebody changed the map meanwhile,
		// or when a retried request was done before.
		if !is(err, http.StatusPreconditionFailed, http.StatusConflict) || attempt == 4 {
			return nil, err
		}
	}
}

func (c *cloud) stale(ctx context.Context, old string, d *Deployment, next site.Manifest) ([]string, error) {
	paths := []string{"/*"}
	before, err := site.LoadManifest(ctx, &store{c}, old)
	switch {
	case err == nil:
		paths = before.Changed(next, "", d.Index)
	case !errors.Is(err, site.ErrNotFound):
		return nil, fmt.Errorf("read deployment %s: %w", old, err)
	}
	paths, err = site.AddPending(ctx, &store{c}, paths)
	if err != nil {
		return nil, fmt.Errorf("note what is to be invalidated: %w", err)
	}
	return paths, nil
}

func (c *cloud) invalidate(ctx context.Context, paths []string) error {
	if len(paths) > mostPaths {
		paths = []string{"/*"}
	}
	var started []*compute.Operation
	for _, p := range paths {
		if p != "/*" {
			p = (&url.URL{Path: p}).EscapedPath()
		}
		op, err := try(ctx, func() (*compute.Operation, error) {
			return c.compute.UrlMaps.InvalidateCache(c.project, c.mapName(), &compute.CacheInvalidationRule{Path: p}).Context(ctx).Do()
		})
		if err != nil {
			return fmt.Errorf("invalidate %s: %w", p, err)
		}
		started = append(started, op)
	}
	for _, op := range started {
		if err := c.done(ctx, op); err != nil {
			return fmt.Errorf("invalidate: %w", err)
		}
	}
	return nil
}

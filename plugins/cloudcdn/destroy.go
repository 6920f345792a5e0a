package cloudcdn

import (
	"context"
	"fmt"

	"google.golang.org/api/compute/v1"
)

// listening reports whether the site's address answers.
func (c *cloud) listening(ctx context.Context) (bool, error) {
	rule, err := find(ctx, "forwarding rule "+c.httpsName(), func() (*compute.ForwardingRule, error) {
		return c.compute.GlobalForwardingRules.Get(c.project, c.httpsName()).Context(ctx).Do()
	})
	return rule != nil, err
}

// switchOff stops serving and keeps the rest, the address above all.
func (c *cloud) switchOff(ctx context.Context) error {
	for _, name := range []string{c.httpsName(), c.httpName()} {
		if err := c.remove(ctx, "forwarding rule "+name, func() (*compute.Operation, error) {
			return c.compute.GlobalForwardingRules.Delete(c.project, name).Context(ctx).Do()
		}); err != nil {
			return err
		}
	}
	return nil
}

// removeBalancer deletes all parts of the load balancer, each after what uses it.
// It may be called again after a failure.
func (c *cloud) removeBalancer(ctx context.Context, say func(string, ...any)) error {
	say("Deleting the load balancer %s", c.mapName())
	if err := c.switchOff(ctx); err != nil {
		return err
	}
	certificates, err := c.certificates(ctx)
	if err != nil {
		return fmt.Errorf("list the certificates: %w", err)
	}
	p, svc := c.project, c.compute
	type part struct {
		what string
		send func() (*compute.Operation, error)
	}
	parts := []part{
		{"HTTPS proxy " + c.httpsName(), func() (*compute.Operation, error) {
			return svc.TargetHttpsProxies.Delete(p, c.httpsName()).Context(ctx).Do()
		}},
		{"HTTP proxy " + c.httpName(), func() (*compute.Operation, error) {
			return svc.TargetHttpProxies.Delete(p, c.httpName()).Context(ctx).Do()
		}},
		{"URL map " + c.redirectName(), func() (*compute.Operation, error) {
			return svc.UrlMaps.Delete(p, c.redirectName()).Context(ctx).Do()
		}},
		{"URL map " + c.mapName(), func() (*compute.Operation, error) { return svc.UrlMaps.Delete(p, c.mapName()).Context(ctx).Do() }},
		{"backend bucket " + c.backendName(), func() (*compute.Operation, error) {
			return svc.BackendBuckets.Delete(p, c.backendName()).Context(ctx).Do()
		}},
		{"TLS policy " + c.policyName(), func() (*compute.Operation, error) {
			return svc.SslPolicies.Delete(p, c.policyName()).Context(ctx).Do()
		}},
		{"address " + c.addressName(), func() (*compute.Operation, error) {
			return svc.GlobalAddresses.Delete(p, c.addressName()).Context(ctx).Do()
		}},
	}
	for _, name := range certificates {
		parts = append(parts, part{"certificate " + name, func() (*compute.Operation, error) {
			return svc.SslCertificates.Delete(p, name).Context(ctx).Do()
		}})
	}
	for _, part := range parts {
		if err := c.remove(ctx, part.what, part.send); err != nil {
			return err
		}
	}
	return nil
}

package cloudcdn

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"google.golang.org/api/compute/v1"
	"google.golang.org/api/googleapi"
)

var notInNames = regexp.MustCompile(`[^a-z0-9-]+`)

// longestBase leaves room for the longest suffix: names of Compute Engine have 63
// characters at most.
const longestBase = 40

// base is what the names of all parts of the load balancer begin with. It is made
// from the bucket's name, so each part is found again by its name.
func (c *cloud) base() string {
	name := "pilot-" + strings.Trim(notInNames.ReplaceAllString(c.bucket, "-"), "-")
	if name == "pilot-"+c.bucket && len(name) <= longestBase {
		return name
	}
	sum := sha256.Sum256([]byte(c.bucket))
	return strings.TrimRight(name[:min(len(name), longestBase-9)], "-") + "-" + hex.EncodeToString(sum[:4])
}

// Names of the parts.
func (c *cloud) addressName() string  { return c.base() + "-ip" }
func (c *cloud) backendName() string  { return c.base() + "-files" }
func (c *cloud) mapName() string      { return c.base() + "-lb" }
func (c *cloud) redirectName() string { return c.base() + "-redirect" }
func (c *cloud) policyName() string   { return c.base() + "-tls" }
func (c *cloud) httpsName() string    { return c.base() + "-https" }
func (c *cloud) httpName() string     { return c.base() + "-http" }

// certificateName has a hash of the domain in it, for a certificate can't be
// changed: another domain is another certificate.
func (c *cloud) certificateName(domain string) string {
	sum := sha256.Sum256([]byte(domain))
	return c.base() + "-cert-" + hex.EncodeToString(sum[:4])
}

// link is the name of a part as other parts refer to it.
func (c *cloud) link(kind, name string) string {
	return "https://www.googleapis.com/compute/v1/projects/" + c.project + "/global/" + kind + "/" + name
}

// managed is the scheme of the global external Application Load Balancer, which
// alone rewrites paths and answers errors with pages.
const managed = "EXTERNAL_MANAGED"

// find reads a part, or returns nil when it is not there.
func find[T any](ctx context.Context, what string, get func() (*T, error)) (*T, error) {
	got, err := try(ctx, get)
	if is(err, http.StatusNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for %s: %w", what, err)
	}
	return got, nil
}

// ensure finds a part by its name or makes it, and waits until it is there.
func ensure[T any](ctx context.Context, c *cloud, what string, get func() (*T, error), insert func() (*compute.Operation, error)) (*T, error) {
	got, err := find(ctx, what, get)
	if got != nil || err != nil {
		return got, err
	}
	// Whoever asks twice, because an answer got lost, gets 409 the second time.
	if err := c.do(ctx, "create "+what, insert); err != nil && !is(err, http.StatusConflict) {
		return nil, err
	}
	for n := 1; ; n++ { // of an insert whose answer got lost
		if got, err = find(ctx, what, get); got != nil || err != nil || n == attempts {
			break
		}
		if err := sleep(ctx, n); err != nil {
			return nil, err
		}
	}
	if got == nil && err == nil {
		err = fmt.Errorf("%s is not there after it was made", what)
	}
	return got, err
}

// do sends a change and waits for its end.
func (c *cloud) do(ctx context.Context, what string, send func() (*compute.Operation, error)) error {
	for n := 1; ; n++ {
		op, err := try(ctx, send)
		if err == nil {
			err = c.done(ctx, op)
			var failed *googleapi.Error
			if errors.As(err, &failed) && passing(err) && n < attempts { // it began, and did not end well
				if err = sleep(ctx, n); err == nil {
					continue
				}
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		return nil
	}
}

// headers are added to every answer (OWASP, secure headers).
var headers = []string{
	"Strict-Transport-Security: max-age=31536000",
	"X-Content-Type-Options: nosniff",
	"X-Frame-Options: SAMEORIGIN",
	"Referrer-Policy: strict-origin-when-cross-origin",
}

func (c *cloud) ensureAddress(ctx context.Context) (string, error) {
	name := c.addressName()
	a, err := ensure(ctx, c, "address "+name,
		func() (*compute.Address, error) {
			return c.compute.GlobalAddresses.Get(c.project, name).Context(ctx).Do()
		},
		func() (*compute.Operation, error) {
			return c.compute.GlobalAddresses.Insert(c.project, &compute.Address{
				Name: name, IpVersion: "IPV4", NetworkTier: "PREMIUM", Description: c.description(),
			}).Context(ctx).Do()
		})
	if err != nil {
		return "", err
	}
	return a.Address, nil
}

func (c *cloud) description() string { return "Pilot site in bucket " + c.bucket }

func (c *cloud) ensureBackend(ctx context.Context) error {
	name := c.backendName()
	_, err := ensure(ctx, c, "backend bucket "+name,
		func() (*compute.BackendBucket, error) {
			return c.compute.BackendBuckets.Get(c.project, name).Context(ctx).Do()
		},
		func() (*compute.Operation, error) {
			return c.compute.BackendBuckets.Insert(c.project, &compute.BackendBucket{
				Name: name, BucketName: c.bucket, Description: c.description(), EnableCdn: true, CompressionMode: "AUTOMATIC",
				CustomResponseHeaders: headers,
				CdnPolicy: &compute.BackendBucketCdnPolicy{
					// The objects say how long they are kept. What is not there is
					// not kept: what a release adds must be there at once.
					CacheMode: "USE_ORIGIN_HEADERS", NegativeCaching: false, RequestCoalescing: true,
					ForceSendFields: []string{"NegativeCaching"},
				},
			}).Context(ctx).Do()
		})
	return err
}

func (c *cloud) ensureCertificate(ctx context.Context, domain string) (*compute.SslCertificate, error) {
	name := c.certificateName(domain)
	return ensure(ctx, c, "certificate "+name,
		func() (*compute.SslCertificate, error) {
			return c.compute.SslCertificates.Get(c.project, name).Context(ctx).Do()
		},
		func() (*compute.Operation, error) {
			return c.compute.SslCertificates.Insert(c.project, &compute.SslCertificate{
				Name: name, Type: "MANAGED", Description: c.description(),
				Managed: &compute.SslCertificateManagedSslCertificate{Domains: []string{domain}},
			}).Context(ctx).Do()
		})
}

func (c *cloud) ensurePolicy(ctx context.Context) error {
	name := c.policyName()
	_, err := ensure(ctx, c, "TLS policy "+name,
		func() (*compute.SslPolicy, error) {
			return c.compute.SslPolicies.Get(c.project, name).Context(ctx).Do()
		},
		func() (*compute.Operation, error) {
			return c.compute.SslPolicies.Insert(c.project, &compute.SslPolicy{
				Name: name, MinTlsVersion: "TLS_1_2", Profile: "MODERN", Description: c.description(),
			}).Context(ctx).Do()
		})
	return err
}

// ensureFront makes what listens on the address: HTTPS for the site, and HTTP that
// says where the site is.
func (c *cloud) ensureFront(ctx context.Context, address string, certificate *compute.SslCertificate) error {
	if err := c.ensurePolicy(ctx); err != nil {
		return err
	}
	https, redirect, http := c.httpsName(), c.redirectName(), c.httpName()
	proxy, err := ensure(ctx, c, "HTTPS proxy "+https,
		func() (*compute.TargetHttpsProxy, error) {
			return c.compute.TargetHttpsProxies.Get(c.project, https).Context(ctx).Do()
		},
		func() (*compute.Operation, error) {
			return c.compute.TargetHttpsProxies.Insert(c.project, &compute.TargetHttpsProxy{
				Name: https, UrlMap: c.link("urlMaps", c.mapName()), Description: c.description(),
				SslCertificates: []string{c.link("sslCertificates", certificate.Name)}, SslPolicy: c.link("sslPolicies", c.policyName()),
			}).Context(ctx).Do()
		})
	if err != nil {
		return err
	}
	if err := c.attach(ctx, proxy, certificate); err != nil {
		return err
	}
	if _, err := ensure(ctx, c, "URL map "+redirect,
		func() (*compute.UrlMap, error) { return c.compute.UrlMaps.Get(c.project, redirect).Context(ctx).Do() },
		func() (*compute.Operation, error) {
			return c.compute.UrlMaps.Insert(c.project, &compute.UrlMap{
				Name: redirect, Description: c.description(),
				DefaultUrlRedirect: &compute.HttpRedirectAction{
					HttpsRedirect: true, RedirectResponseCode: "MOVED_PERMANENTLY_DEFAULT", StripQuery: false, ForceSendFields: []string{"StripQuery"},
				},
			}).Context(ctx).Do()
		}); err != nil {
		return err
	}
	if _, err := ensure(ctx, c, "HTTP proxy "+http,
		func() (*compute.TargetHttpProxy, error) {
			return c.compute.TargetHttpProxies.Get(c.project, http).Context(ctx).Do()
		},
		func() (*compute.Operation, error) {
			return c.compute.TargetHttpProxies.Insert(c.project, &compute.TargetHttpProxy{
				Name: http, UrlMap: c.link("urlMaps", redirect), Description: c.description(),
			}).Context(ctx).Do()
		}); err != nil {
		return err
	}
	if err := c.ensureRule(ctx, https, address, "443", c.link("targetHttpsProxies", https)); err != nil {
		return err
	}
	return c.ensureRule(ctx, http, address, "80", c.link("targetHttpProxies", http))
}

func (c *cloud) ensureRule(ctx context.Context, name, address, port, target string) error {
	_, err := ensure(ctx, c, "forwarding rule "+name,
		func() (*compute.ForwardingRule, error) {
			return c.compute.GlobalForwardingRules.Get(c.project, name).Context(ctx).Do()
		},
		func() (*compute.Operation, error) {
			return c.compute.GlobalForwardingRules.Insert(c.project, &compute.ForwardingRule{
				Name: name, IPAddress: address, IPProtocol: "TCP", PortRange: port, Target: target,
				LoadBalancingScheme: managed, NetworkTier: "PREMIUM", Description: c.description(),
			}).Context(ctx).Do()
		})
	return err
}

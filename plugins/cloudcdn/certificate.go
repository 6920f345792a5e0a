package cloudcdn

import (
	"context"
	"net/http"
	"path"
	"slices"
	"strings"

	"google.golang.org/api/compute/v1"
)

// active is the status of a certificate that was issued.
const active = "ACTIVE"

// attach puts the certificate on the proxy. One of an earlier domain stays beside
// it until the new one is issued, so that the site is never without one, and is
// deleted then.
func (c *cloud) attach(ctx context.Context, proxy *compute.TargetHttpsProxy, certificate *compute.SslCertificate) error {
	want := []string{c.link("sslCertificates", certificate.Name)}
	var others []string
	for _, have := range proxy.SslCertificates {
		if name := path.Base(have); name != certificate.Name {
			others = append(others, name)
			if certificate.Managed == nil || certificate.Managed.Status != active {
				want = append(want, have)
			}
		}
	}
	have := func(link string) bool {
		return slices.ContainsFunc(proxy.SslCertificates, func(l string) bool { return path.Base(l) == path.Base(link) })
	}
	if len(want) == len(proxy.SslCertificates) && have(want[0]) {
		return nil
	}
	err := c.do(ctx, "attach certificate "+certificate.Name, func() (*compute.Operation, error) {
		return c.compute.TargetHttpsProxies.SetSslCertificates(c.project, proxy.Name,
			&compute.TargetHttpsProxiesSetSslCertificatesRequest{SslCertificates: want}).Context(ctx).Do()
	})
	if err != nil || len(want) > 1 {
		return err
	}
	for _, name := range others {
		if strings.HasPrefix(name, c.base()+"-cert-") {
			if err := c.remove(ctx, "certificate "+name, func() (*compute.Operation, error) {
				return c.compute.SslCertificates.Delete(c.project, name).Context(ctx).Do()
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// certificates lists the names of all certificates of the site.
func (c *cloud) certificates(ctx context.Context) ([]string, error) {
	var names []string
	for token := ""; ; {
		page, err := try(ctx, func() (*compute.SslCertificateList, error) {
			return c.compute.SslCertificates.List(c.project).PageToken(token).Context(ctx).Do()
		})
		if err != nil {
			return nil, err
		}
		for _, cert := range page.Items {
			if strings.HasPrefix(cert.Name, c.base()+"-cert-") {
				names = append(names, cert.Name)
			}
		}
		if token = page.NextPageToken; token == "" {
			return names, nil
		}
	}
}

// remove deletes a part and waits until it is gone. One that is not there is no
// error.
func (c *cloud) remove(ctx context.Context, what string, send func() (*compute.Operation, error)) error {
	if err := c.do(ctx, "delete "+what, send); err != nil && !is(err, http.StatusNotFound) {
		return err
	}
	return nil
}

package cloudfront

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"

	"github.com/pilot-framework/pilot/plugins/site"
)

// Policies that AWS keeps for everybody (CloudFront developer guide, managed
// policies), so that the few an account may have are not used up.
const (
	// cachingOptimized obeys Cache-Control, with one second at least, and
	// compresses with gzip and Brotli.
	cachingOptimized = "658327ea-f89d-4fab-a63d-7e88639e58f6"
	// securityHeaders sets Strict-Transport-Security, X-Content-Type-Options,
	// X-Frame-Options, Referrer-Policy and X-XSS-Protection.
	securityHeaders = "67f7725c-6f97-4210-82d7-5512b31e9d03"
)

const index = "index.html"

// domain is the bucket's name in S3's regional address.
func (a *account) domain() string { return a.bucket + ".s3." + a.region + ".amazonaws.com" }

// comment is what a distribution of ours is known by, next to its origin.
func (a *account) comment() string { return "Pilot site in bucket " + a.bucket }

// originPath is the folder that a release serves as /.
func originPath(id, root string) string {
	p := "/" + site.Releases + id
	if root = strings.Trim(root, "/"); root != "" {
		p += "/" + root
	}
	return p
}

// served is the deployment that an origin path is of, and its root.
func served(originPath string) (id, root string) {
	below, ok := strings.CutPrefix(originPath, "/"+site.Releases)
	if !ok {
		return "", ""
	}
	id, root, _ = strings.Cut(below, "/")
	return id, root
}

// find looks through all distributions of the account for the bucket's, and
// returns nil when there is none.
func (a *account) find(ctx context.Context) (*types.DistributionSummary, error) {
	pages := cloudfront.NewListDistributionsPaginator(a.cf, &cloudfront.ListDistributionsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list the distributions: %w", err)
		}
		for _, d := range page.DistributionList.Items {
			if aws.ToString(d.Comment) != a.comment() || d.Origins == nil {
				continue
			}
			for _, o := range d.Origins.Items {
				if aws.ToString(o.DomainName) == a.domain() {
					return &d, nil
				}
			}
		}
	}
	return nil, nil
}

// apply sets all that a release is about, and leaves what somebody else may have
// added, such as a firewall or logs.
func (a *account) apply(c *types.DistributionConfig, access, path string, r *ReleaseConfig) {
	origin := types.Origin{
		Id: aws.String("pilot-" + a.bucket), DomainName: aws.String(a.domain()), OriginPath: &path,
		OriginAccessControlId: &access,
		S3OriginConfig:        &types.S3OriginConfig{OriginAccessIdentity: aws.String("")},
	}
	c.Origins = &types.Origins{Quantity: aws.Int32(1), Items: []types.Origin{origin}}
	c.Comment, c.Enabled = aws.String(a.comment()), aws.Bool(true)
	c.HttpVersion, c.IsIPV6Enabled = types.HttpVersionHttp2and3, aws.Bool(true)
	c.DefaultRootObject = aws.String(index)
	read := []types.Method{types.MethodGet, types.MethodHead}
	b := c.DefaultCacheBehavior
	if b == nil {
		b = &types.DefaultCacheBehavior{}
		c.DefaultCacheBehavior = b
	}
	b.TargetOriginId, b.Compress = origin.Id, aws.Bool(true)
	b.ViewerProtocolPolicy = types.ViewerProtocolPolicyRedirectToHttps
	b.CachePolicyId, b.ResponseHeadersPolicyId = aws.String(cachingOptimized), aws.String(securityHeaders)
	b.AllowedMethods = &types.AllowedMethods{
		Quantity: aws.Int32(2), Items: read,
		CachedMethods: &types.CachedMethods{Quantity: aws.Int32(2), Items: read},
	}
	// A cache policy takes the place of these, and CloudFront refuses both.
	//nolint:staticcheck // These are what a cache policy replaces; a distribution may still hold them.
	b.MinTTL, b.DefaultTTL, b.MaxTTL, b.ForwardedValues = nil, nil, nil, nil
	c.CustomErrorResponses = errorPages(r)
	c.Aliases = &types.Aliases{Quantity: aws.Int32(int32(len(r.Aliases))), Items: r.Aliases}
	c.ViewerCertificate = &types.ViewerCertificate{CloudFrontDefaultCertificate: aws.Bool(true)}
	if r.Certificate != "" {
		c.ViewerCertificate = &types.ViewerCertificate{
			ACMCertificateArn: &r.Certificate, SSLSupportMethod: types.SSLSupportMethodSniOnly,
			MinimumProtocolVersion: types.MinimumProtocolVersionTLSv122021,
		}
	}
}

// errorPages say what is answered for what is not there. S3 says 403 then, for
// CloudFront may not list the bucket. None of it is kept: what a release adds must
// be there at once.
func errorPages(r *ReleaseConfig) *types.CustomErrorResponses {
	out := &types.CustomErrorResponses{}
	for _, code := range []int32{403, 404} {
		e := types.CustomErrorResponse{ErrorCode: aws.Int32(code), ErrorCachingMinTTL: aws.Int64(0)}
		switch {
		case r.SPA:
			e.ResponseCode, e.ResponsePagePath = aws.String("200"), aws.String("/"+index)
		case r.NotFound != "":
			e.ResponseCode, e.ResponsePagePath = aws.String("404"), aws.String("/"+strings.TrimPrefix(r.NotFound, "/"))
		}
		out.Items = append(out.Items, e)
	}
	out.Quantity = aws.Int32(int32(len(out.Items)))
	return out
}

// state is a distribution with what it needs to be changed.
type state struct {
	id, arn, domain, etag string
	deployed              bool
	config                *types.DistributionConfig
}

func (s *state) path() string {
	if s == nil || s.config.Origins == nil || len(s.config.Origins.Items) == 0 {
		return ""
	}
	return aws.ToString(s.config.Origins.Items[0].OriginPath)
}

func (s *state) enabled() bool { return s != nil && aws.ToBool(s.config.Enabled) }

func of(d *types.Distribution, etag *string) *state {
	return &state{
		id: aws.ToString(d.Id), arn: aws.ToString(d.ARN), domain: aws.ToString(d.DomainName), etag: aws.ToString(etag),
		deployed: aws.ToString(d.Status) == "Deployed", config: d.DistributionConfig,
	}
}

// get reads the distribution of the bucket, or returns nil when there is none.
func (a *account) get(ctx context.Context) (*state, error) {
	d, err := a.find(ctx)
	if d == nil || err != nil {
		return nil, err
	}
	out, err := a.cf.GetDistribution(ctx, &cloudfront.GetDistributionInput{Id: d.Id})
	if is(err, "NoSuchDistribution") {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read distribution %s: %w", aws.ToString(d.Id), err)
	}
	return of(out.Distribution, out.ETag), nil
}

// change changes the distribution, and does it again on what it is by then where
// somebody else changed it at the same time.
func (a *account) change(ctx context.Context, s *state, edit func(*types.DistributionConfig)) (*state, error) {
	for attempt := 0; ; attempt++ {
		edit(s.config)
		out, err := a.cf.UpdateDistribution(ctx, &cloudfront.UpdateDistributionInput{
			Id: &s.id, IfMatch: &s.etag, DistributionConfig: s.config,
		})
		if err == nil {
			return of(out.Distribution, out.ETag), nil
		}
		if !is(err, "PreconditionFailed", "InvalidIfMatchVersion") || attempt == 4 {
			return nil, fmt.Errorf("change distribution %s: %w", s.id, plain(err))
		}
		got, err := a.cf.GetDistribution(ctx, &cloudfront.GetDistributionInput{Id: &s.id})
		if err != nil {
			return nil, fmt.Errorf("read distribution %s: %w", s.id, err)
		}
		s = of(got.Distribution, got.ETag)
	}
}

// plain puts what a user can do in front of CloudFront's own words.
func plain(err error) error {
	switch {
	case is(err, "InvalidViewerCertificate"):
		return fmt.Errorf("certificate: it must lie in us-east-1, be issued and cover all aliases: %w", err)
	case is(err, "CNAMEAlreadyExists"):
		return fmt.Errorf("aliases: one of them belongs to another distribution, from which it must be removed first: %w", err)
	case is(err, "TooManyDistributions"):
		return fmt.Errorf("the account has as many distributions as it may: ask AWS for more: %w", err)
	}
	return err
}

// deployed waits until the change is known to all of CloudFront.
func (a *account) deployed(ctx context.Context, s *state) (*state, error) {
	err := poll(ctx, "wait until distribution "+s.id+" is deployed", func(ctx context.Context) (bool, error) {
		if s.deployed {
			return true, nil
		}
		out, err := a.cf.GetDistribution(ctx, &cloudfront.GetDistributionInput{Id: &s.id})
		if err != nil {
			return false, fmt.Errorf("read distribution %s: %w", s.id, err)
		}
		s = of(out.Distribution, out.ETag)
		return s.deployed, nil
	})
	return s, err
}

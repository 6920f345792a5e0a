package cloudfront

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"

	"github.com/pilot-framework/pilot/plugins/site"
)

// mostPaths is how many addresses an invalidation names one by one. CloudFront
// takes 3,000 at a time and charges for more than 1,000 a month (CloudFront
// developer guide, invalidation quotas); above it, everything is invalidated.
const mostPaths = 1000

// switchTo serves the deployment. say tells what is being done.
func (a *account) switchTo(ctx context.Context, id, owner string, r *ReleaseConfig, say func(string, ...any)) (*state, error) {
	next, err := a.releasable(ctx, id, r)
	if err != nil {
		return nil, err
	}
	access, err := a.ensureAccess(ctx)
	if err != nil {
		return nil, err
	}
	s, err := a.get(ctx)
	if err != nil {
		return nil, err
	}
	path := originPath(id, r.Root)
	var stale []string
	if s == nil {
		say("Making the distribution")
		if s, err = a.create(ctx, access, path, owner, r); err != nil {
			return nil, err
		}
		if err := a.allowDistribution(ctx, s.arn); err != nil {
			return nil, err
		}
	} else {
		if err := a.allowDistribution(ctx, s.arn); err != nil {
			return nil, err
		}
		if stale, err = a.stale(ctx, s, next, r); err != nil {
			return nil, err
		}
		say("Switching distribution %s to deployment %s", s.id, id)
		s, err = a.change(ctx, s, func(c *types.DistributionConfig) { a.apply(c, access, path, r) })
		if err != nil {
			return nil, err
		}
	}
	say("Waiting until all of CloudFront serves deployment %s", id)
	if s, err = a.deployed(ctx, s); err != nil {
		return nil, err
	}
	if len(stale) > 0 {
		say("Invalidating %d addresses", len(stale))
		if err := a.invalidate(ctx, s.id, stale); err != nil {
			return nil, err
		}
		if err := site.ClearPending(ctx, &store{a}); err != nil {
			return nil, fmt.Errorf("forget the invalidated addresses: %w", err)
		}
	}
	return s, nil
}

// releasable reads the deployment's manifest, and refuses what would serve nothing.
func (a *account) releasable(ctx context.Context, id string, r *ReleaseConfig) (site.Manifest, error) {
	m, err := site.LoadManifest(ctx, &store{a}, id)
	if errors.Is(err, site.ErrNotFound) {
		return m, fmt.Errorf("deployment %s is not in bucket %q any more: deploy again, or release a newer one", id, a.bucket)
	}
	if err != nil {
		return m, fmt.Errorf("read deployment %s: %w", id, err)
	}
	root := ""
	if r.Root != "" {
		root = strings.Trim(r.Root, "/") + "/"
	}
	for field, page := range map[string]string{"root": index, "not_found": r.NotFound} {
		if page != "" && !m.Has(root+page) {
			return m, fmt.Errorf("%s: deployment %s has no file %s", field, id, root+page)
		}
	}
	return m, nil
}

// stale lists what the distribution's caches hold and the switch makes wrong. It
// is noted in the bucket before the switch, so that a release that is cut short
// between the two does not forget it.
func (a *account) stale(ctx context.Context, s *state, next site.Manifest, r *ReleaseConfig) ([]string, error) {
	old, root := served(s.path())
	paths := []string{"/*"}
	if root == strings.Trim(r.Root, "/") {
		before, err := site.LoadManifest(ctx, &store{a}, old)
		switch {
		case err == nil:
			paths = before.Changed(next, r.Root, index)
		case !errors.Is(err, site.ErrNotFound):
			return nil, fmt.Errorf("read deployment %s: %w", old, err)
		}
	}
	paths, err := site.AddPending(ctx, &store{a}, paths)
	if err != nil {
		return nil, fmt.Errorf("note what is to be invalidated: %w", err)
	}
	return paths, nil
}

func (a *account) create(ctx context.Context, access, path, owner string, r *ReleaseConfig) (*state, error) {
	c := &types.DistributionConfig{CallerReference: aws.String(reference())}
	a.apply(c, access, path, r)
	out, err := a.cf.CreateDistributionWithTags(ctx, &cloudfront.CreateDistributionWithTagsInput{
		DistributionConfigWithTags: &types.DistributionConfigWithTags{
			DistributionConfig: c,
			Tags:               &types.Tags{Items: []types.Tag{{Key: aws.String(ownerTag), Value: &owner}}},
		},
	})
	if is(err, "DistributionAlreadyExists") { // a retried request was done before
		s, getErr := a.get(ctx)
		if s != nil || getErr != nil {
			return s, getErr
		}
	}
	if err != nil {
		return nil, fmt.Errorf("create the distribution: %w", plain(err))
	}
	return of(out.Distribution, out.ETag), nil
}

// reference makes a request one of its kind: CloudFront does it once, however
// often it is sent.
func reference() string { return "pilot-" + strconv.FormatInt(time.Now().UnixNano(), 36) }

func (a *account) invalidate(ctx context.Context, distribution string, paths []string) error {
	if len(paths) > mostPaths {
		paths = []string{"/*"}
	}
	escaped := make([]string, len(paths))
	for i, p := range paths {
		escaped[i] = address(p)
	}
	in := &cloudfront.CreateInvalidationInput{
		DistributionId: &distribution,
		InvalidationBatch: &types.InvalidationBatch{
			CallerReference: aws.String(reference()),
			Paths:           &types.Paths{Quantity: aws.Int32(int32(len(escaped))), Items: escaped},
		},
	}
	var id *string
	err := poll(ctx, "wait until other invalidations are done", func(ctx context.Context) (bool, error) {
		out, err := a.cf.CreateInvalidation(ctx, in)
		if is(err, "TooManyInvalidationsInProgress") {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("invalidate %d addresses: %w", len(paths), err)
		}
		id = out.Invalidation.Id
		return true, nil
	})
	if err != nil {
		return err
	}
	return poll(ctx, "wait until the invalidation is done", func(ctx context.Context) (bool, error) {
		out, err := a.cf.GetInvalidation(ctx, &cloudfront.GetInvalidationInput{DistributionId: &distribution, Id: id})
		if err != nil {
			return false, fmt.Errorf("read invalidation %s: %w", aws.ToString(id), err)
		}
		return aws.ToString(out.Invalidation.Status) == "Completed", nil
	})
}

// disable stops serving, and does not wait for it.
func (a *account) disable(ctx context.Context, s *state) (*state, error) {
	if !s.enabled() {
		return s, nil
	}
	return a.change(ctx, s, func(c *types.DistributionConfig) { c.Enabled = aws.Bool(false) })
}

// removeDistribution disables the distribution, waits until that is done
// everywhere, for CloudFront deletes no other, and deletes it with its access to
// the bucket. It may be called again after a failure.
func (a *account) removeDistribution(ctx context.Context, say func(string, ...any)) error {
	s, err := a.get(ctx)
	if err != nil {
		return err
	}
	if s != nil {
		if s, err = a.disable(ctx, s); err != nil {
			return err
		}
		say("Waiting until distribution %s is switched off everywhere, which takes some minutes", s.id)
		if s, err = a.deployed(ctx, s); err != nil {
			return err
		}
		_, err = a.cf.DeleteDistribution(ctx, &cloudfront.DeleteDistributionInput{Id: &s.id, IfMatch: &s.etag})
		if err != nil && !is(err, "NoSuchDistribution") {
			return fmt.Errorf("delete distribution %s: %w", s.id, err)
		}
	}
	return a.removeAccess(ctx)
}

// address escapes a path as browsers do, for CloudFront compares what they send.
func address(p string) string {
	if p == "/*" {
		return p
	}
	return (&url.URL{Path: p}).EscapedPath()
}

package cloudcdn

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"

	"google.golang.org/api/storage/v1"

	"github.com/pilot-framework/pilot/plugins/site"
)

const (
	// ownerLabel marks the app whose site the bucket holds. It is what allows a
	// destroy to delete the bucket. A label takes no slash, so it is a hash.
	ownerLabel = "pilot-site"
	// reader may read objects whose name he knows, and list none.
	reader = "roles/storage.legacyObjectReader"
)

func label(owner string) string {
	sum := sha256.Sum256([]byte(owner))
	return hex.EncodeToString(sum[:16])
}

// prepare makes sure of the bucket. For files that only the bucket can have, it is
// not made.
func (c *cloud) prepare(ctx context.Context, in *site.Input, region, owner string) error {
	if !in.Gone() {
		return c.ensureBucket(ctx, region, owner)
	}
	b, err := c.getBucket(ctx)
	if is(err, http.StatusNotFound) || err == nil && b.Labels[ownerLabel] != label(owner) {
		return in.Missing()
	}
	if err != nil {
		return fmt.Errorf("look for bucket %q: %w", c.bucket, err)
	}
	return nil
}

// ensureBucket makes the bucket, or takes up that of the same app, and lets the
// world read its objects.
func (c *cloud) ensureBucket(ctx context.Context, region, owner string) error {
	b, err := c.getBucket(ctx)
	switch {
	case is(err, http.StatusNotFound):
		b, err = c.createBucket(ctx, region, owner)
		if err != nil {
			return err
		}
	case is(err, http.StatusForbidden, http.StatusUnauthorized):
		return c.taken(err)
	case err != nil:
		return fmt.Errorf("look for bucket %q: %w", c.bucket, err)
	}
	switch b.Labels[ownerLabel] {
	case label(owner):
	case "":
		if err := c.adopt(ctx, owner); err != nil {
			return err
		}
	default:
		return fmt.Errorf("bucket %q holds the site of another app or workspace than %s: choose another name, for instance with ${workspace.name} in it", c.bucket, owner)
	}
	return c.publish(ctx)
}

func (c *cloud) taken(err error) error {
	return fmt.Errorf("bucket %q: it belongs to another project, or these credentials may not use it: choose another name, which must be unique in the world: %w", c.bucket, err)
}

func (c *cloud) getBucket(ctx context.Context) (*storage.Bucket, error) {
	return try(ctx, func() (*storage.Bucket, error) { return c.storage.Buckets.Get(c.bucket).Context(ctx).Do() })
}

func (c *cloud) createBucket(ctx context.Context, region, owner string) (*storage.Bucket, error) {
	made := &storage.Bucket{
		Name: c.bucket, Location: region, Labels: map[string]string{ownerLabel: label(owner)},
		IamConfiguration: &storage.BucketIamConfiguration{
			UniformBucketLevelAccess: &storage.BucketIamConfigurationUniformBucketLevelAccess{Enabled: true},
		},
	}
	b, err := try(ctx, func() (*storage.Bucket, error) {
		return c.storage.Buckets.Insert(c.project, made).Context(ctx).Do()
	})
	if is(err, http.StatusConflict) { // somebody's, or ours of a retried request
		if b, err = c.getBucket(ctx); err != nil {
			return nil, c.taken(err)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("create bucket %q in %s: %w", c.bucket, region, err)
	}
	return b, nil
}

// adopt takes over an empty bucket that somebody made for the site. A bucket with
// content is somebody's: it would become public, and be emptied by a destroy.
func (c *cloud) adopt(ctx context.Context, owner string) error {
	list, err := try(ctx, func() (*storage.Objects, error) {
		return c.storage.Objects.List(c.bucket).MaxResults(1).Context(ctx).Do()
	})
	if err != nil {
		return fmt.Errorf("look into bucket %q: %w", c.bucket, err)
	}
	if len(list.Items) > 0 {
		return fmt.Errorf("bucket %q exists and holds something else: choose another name, or empty it", c.bucket)
	}
	_, err = try(ctx, func() (*storage.Bucket, error) {
		return c.storage.Buckets.Patch(c.bucket, &storage.Bucket{
			Labels: map[string]string{ownerLabel: label(owner)},
			IamConfiguration: &storage.BucketIamConfiguration{
				UniformBucketLevelAccess: &storage.BucketIamConfigurationUniformBucketLevelAccess{Enabled: true},
			},
		}).Context(ctx).Do()
	})
	if err != nil {
		return fmt.Errorf("label bucket %q: %w", c.bucket, err)
	}
	return nil
}

// publish lets everybody read objects by name: a load balancer reaches a bucket in
// no other way.
func (c *cloud) publish(ctx context.Context) error {
	const everybody = "allUsers"
	for attempt := 0; ; attempt++ {
		policy, err := try(ctx, func() (*storage.Policy, error) {
			return c.storage.Buckets.GetIamPolicy(c.bucket).OptionsRequestedPolicyVersion(3).Context(ctx).Do()
		})
		if err != nil {
			return fmt.Errorf("read who may use bucket %q: %w", c.bucket, err)
		}
		if slices.ContainsFunc(policy.Bindings, func(b *storage.PolicyBindings) bool {
			return b.Role == reader && b.Condition == nil && slices.Contains(b.Members, everybody)
		}) {
			return nil
		}
		policy.Bindings = append(policy.Bindings, &storage.PolicyBindings{Role: reader, Members: []string{everybody}})
		policy.Version = 3
		_, err = try(ctx, func() (*storage.Policy, error) {
			return c.storage.Buckets.SetIamPolicy(c.bucket, policy).Context(ctx).Do()
		})
		if err == nil {
			return nil
		}
		// The etag is an old one when somebody changed the policy meanwhile, or
		// when a retried request was done before.
		if is(err, http.StatusPreconditionFailed, http.StatusConflict) && attempt < 4 {
			continue
		}
		return fmt.Errorf("let everybody read bucket %q, which public access prevention or an organization's policy may forbid: %w", c.bucket, err)
	}
}

// removeBucket deletes the bucket with all that is in it, if it is the app's. It
// may be called again after a failure, and is done when there is no bucket.
func (c *cloud) removeBucket(ctx context.Context, owner string) error {
	b, err := c.getBucket(ctx)
	if is(err, http.StatusNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for bucket %q: %w", c.bucket, err)
	}
	if b.Labels[ownerLabel] != label(owner) {
		return fmt.Errorf("bucket %q is not that of %s (its label %s is %q): it is left alone", c.bucket, owner, ownerLabel, b.Labels[ownerLabel])
	}
	if err := (&store{c}).Remove(ctx, ""); err != nil {
		return fmt.Errorf("empty bucket %q: %w", c.bucket, err)
	}
	_, err = try(ctx, func() (struct{}, error) { return struct{}{}, c.storage.Buckets.Delete(c.bucket).Context(ctx).Do() })
	if err != nil && !is(err, http.StatusNotFound) {
		return fmt.Errorf("delete bucket %q: %w", c.bucket, err)
	}
	return nil
}

package cloudfront

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/pilot-framework/pilot/plugins/site"
)

// ownerTag names the app whose site the bucket holds. It is what allows a destroy
// to delete the bucket.
const ownerTag = "pilot:site"

// prepare makes sure of the bucket. For files that only the bucket can have, it is
// not made.
func (a *account) prepare(ctx context.Context, in *site.Input, owner string) error {
	if !in.Gone() {
		return a.ensureBucket(ctx, owner)
	}
	got, err := a.owner(ctx)
	if is(err, "NotFound", "NoSuchBucket") || err == nil && got != owner {
		return in.Missing()
	}
	if err != nil {
		return fmt.Errorf("look for bucket %q: %w", a.bucket, err)
	}
	return nil
}

// ensureBucket makes the bucket, or takes up that of the same app, and sets all
// that keeps it private.
func (a *account) ensureBucket(ctx context.Context, owner string) error {
	got, err := a.owner(ctx)
	if is(err, "NotFound", "NoSuchBucket") {
		if err := a.createBucket(ctx, owner); err != nil {
			return err
		}
		// Another app may have made it since: S3 then says that the account owns
		// it, and in us-east-1 not even that.
		got, err = a.newOwner(ctx)
	}
	switch {
	case is(err, "Forbidden", "AccessDenied"):
		return fmt.Errorf("bucket %q: it belongs to another account, or these credentials may not use it: choose another name, which must be unique in the world", a.bucket)
	case is(err, "MovedPermanently", "PermanentRedirect", "AuthorizationHeaderMalformed"):
		return fmt.Errorf("bucket %q is in another region than %s: set region to the bucket's, or choose another name", a.bucket, a.region)
	case err != nil:
		return fmt.Errorf("look for bucket %q: %w", a.bucket, err)
	case got == "":
		if err := a.adopt(ctx, owner); err != nil {
			return err
		}
	case got != owner:
		return fmt.Errorf("bucket %q holds the site of %s: choose another name for %s, for instance with ${workspace.name} in it", a.bucket, got, owner)
	}
	return a.protect(ctx)
}

// owner is whose site the bucket holds, or "".
func (a *account) owner(ctx context.Context) (string, error) {
	if _, err := a.s3.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &a.bucket}); err != nil {
		return "", err
	}
	tags, err := a.s3.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: &a.bucket})
	if is(err, "NoSuchTagSet") {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	for _, t := range tags.TagSet {
		if aws.ToString(t.Key) == ownerTag {
			return aws.ToString(t.Value), nil
		}
	}
	return "", nil
}

// newOwner is owner for a bucket that was made a moment ago: S3 may say for some
// seconds that it is not there.
func (a *account) newOwner(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, longestAnswer)
	defer cancel()
	var owner string
	err := poll(ctx, fmt.Sprintf("wait until bucket %q is there", a.bucket), func(ctx context.Context) (bool, error) {
		var err error
		owner, err = a.owner(ctx)
		if is(err, "NotFound", "NoSuchBucket") {
			return false, nil
		}
		return true, err
	})
	return owner, err
}

// createBucket makes the bucket. Its tag says whose it is by then, for it may have
// been made by somebody else a moment before.
func (a *account) createBucket(ctx context.Context, owner string) error {
	in := &s3.CreateBucketInput{Bucket: &a.bucket, CreateBucketConfiguration: &types.CreateBucketConfiguration{
		Tags: []types.Tag{{Key: aws.String(ownerTag), Value: &owner}},
	}}
	if a.region != "us-east-1" { // which S3 refuses to be told
		in.CreateBucketConfiguration.LocationConstraint = types.BucketLocationConstraint(a.region)
	}
	_, err := a.s3.CreateBucket(ctx, in)
	switch {
	case err == nil || is(err, "BucketAlreadyOwnedByYou"): // another app's, or ours of a retried request
		return nil
	case is(err, "BucketAlreadyExists"):
		return fmt.Errorf("bucket %q: it belongs to another account: choose another name, which must be unique in the world", a.bucket)
	}
	return fmt.Errorf("create bucket %q in %s: %w", a.bucket, a.region, err)
}

// adopt takes over an empty bucket that somebody made for the site. A bucket with
// content is somebody's, and would be emptied by a destroy.
func (a *account) adopt(ctx context.Context, owner string) error {
	list, err := a.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &a.bucket, MaxKeys: aws.Int32(1)})
	if err != nil {
		return fmt.Errorf("look into bucket %q: %w", a.bucket, err)
	}
	if len(list.Contents) > 0 {
		return fmt.Errorf("bucket %q exists in this account and holds something else: choose another name, or empty it", a.bucket)
	}
	tags := []types.Tag{{Key: aws.String(ownerTag), Value: &owner}}
	if old, err := a.s3.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: &a.bucket}); err == nil {
		tags = append(tags, old.TagSet...)
	} else if !is(err, "NoSuchTagSet") {
		return fmt.Errorf("read the tags of bucket %q: %w", a.bucket, err)
	}
	_, err = a.s3.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: &a.bucket, Tagging: &types.Tagging{TagSet: tags}})
	if err != nil {
		return fmt.Errorf("tag bucket %q: %w", a.bucket, err)
	}
	return nil
}

// protect is repeated at each deployment, so that what somebody switched off comes
// back.
func (a *account) protect(ctx context.Context) error {
	yes := aws.Bool(true)
	if _, err := a.s3.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{
		Bucket: &a.bucket,
		PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
			BlockPublicAcls: yes, BlockPublicPolicy: yes, IgnorePublicAcls: yes, RestrictPublicBuckets: yes,
		},
	}); err != nil {
		return fmt.Errorf("block public access to bucket %q: %w", a.bucket, err)
	}
	if _, err := a.s3.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{
		Bucket: &a.bucket,
		ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{{
			ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAes256},
		}}},
	}); err != nil {
		return fmt.Errorf("encrypt bucket %q: %w", a.bucket, err)
	}
	if _, err := a.s3.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket:                  &a.bucket,
		VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	}); err != nil {
		return fmt.Errorf("switch on versioning of bucket %q: %w", a.bucket, err)
	}
	return nil
}

// removeBucket deletes the bucket with all that is in it, if it is the app's. It
// may be called again after a failure, and is done when there is no bucket.
func (a *account) removeBucket(ctx context.Context, owner string) error {
	got, err := a.owner(ctx)
	if is(err, "NotFound", "NoSuchBucket") {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for bucket %q: %w", a.bucket, err)
	}
	if got != owner {
		return fmt.Errorf("bucket %q is not that of %s (its tag %s is %q): it is left alone", a.bucket, owner, ownerTag, got)
	}
	if err := (&store{account: a}).Remove(ctx, ""); err != nil {
		return fmt.Errorf("empty bucket %q: %w", a.bucket, err)
	}
	_, err = a.s3.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &a.bucket})
	if err != nil && !is(err, "NoSuchBucket") {
		return fmt.Errorf("delete bucket %q: %w", a.bucket, err)
	}
	return nil
}

package cloudfront

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/pilot-framework/pilot/plugins/site"
)

// store is the bucket as package site sees it.
type store struct{ *account }

func (s *store) Put(ctx context.Context, key string, body site.Body, size int64, h site.Header) error {
	_, err := s.s3.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &s.bucket, Key: &key, Body: body, ContentLength: &size,
		ContentType: &h.ContentType, CacheControl: &h.CacheControl,
	})
	return err
}

func (s *store) Copy(ctx context.Context, from, to string, h site.Header) error {
	_, err := s.s3.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket: &s.bucket, Key: &to, CopySource: aws.String(copySource(s.bucket, from)),
		MetadataDirective: types.MetadataDirectiveReplace,
		ContentType:       &h.ContentType, CacheControl: &h.CacheControl,
	})
	return notFound(err)
}

// copySource is BUCKET/KEY with each part of the path escaped, as the header wants it.
func copySource(bucket, key string) string {
	parts := strings.Split(key, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return bucket + "/" + strings.ReplaceAll(strings.Join(parts, "/"), "+", "%2B")
}

func (s *store) Get(ctx context.Context, key string) ([]byte, error) {
	out, err := s.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: &key})
	if err != nil {
		return nil, notFound(err)
	}
	defer out.Body.Close()
	return io.ReadAll(out.Body)
}

func (s *store) List(ctx context.Context, prefix string) ([]site.Object, error) {
	var all []site.Object
	pages := s3.NewListObjectsV2Paginator(s.s3, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, o := range page.Contents {
			all = append(all, site.Object{Name: aws.ToString(o.Key), Modified: aws.ToTime(o.LastModified)})
		}
	}
	return all, nil
}

func (s *store) Folders(ctx context.Context, prefix string) ([]site.Object, error) {
	var all []site.Object
	pages := s3.NewListObjectsV2Paginator(s.s3, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &prefix, Delimiter: aws.String("/")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, p := range page.CommonPrefixes {
			first, err := s.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: p.Prefix, MaxKeys: aws.Int32(1)})
			if err != nil {
				return nil, err
			}
			if len(first.Contents) > 0 {
				name := strings.TrimSuffix(strings.TrimPrefix(aws.ToString(p.Prefix), prefix), "/")
				all = append(all, site.Object{Name: name, Modified: aws.ToTime(first.Contents[0].LastModified)})
			}
		}
	}
	return all, nil
}

// Remove lists from the start again after each page, because what was listed is
// gone by then. It stops when nothing is left, so it also finishes what an
// interrupted call began, and what S3 put off.
func (s *store) Remove(ctx context.Context, prefix string) error {
	backoff := retry.NewExponentialJitterBackoff(longestBackoff)
	for putOff := 0; ; {
		page, err := s.s3.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: &s.bucket, Prefix: &prefix})
		if is(err, "NoSuchBucket") {
			return nil
		}
		if err != nil {
			return fmt.Errorf("list the objects below %q: %w", prefix, err)
		}
		var ids []types.ObjectIdentifier
		for _, v := range page.Versions {
			ids = append(ids, types.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
		}
		for _, m := range page.DeleteMarkers {
			ids = append(ids, types.ObjectIdentifier{Key: m.Key, VersionId: m.VersionId})
		}
		if len(ids) == 0 {
			return nil
		}
		out, err := s.s3.DeleteObjects(ctx, &s3.DeleteObjectsInput{
			Bucket: &s.bucket, Delete: &types.Delete{Objects: ids, Quiet: aws.Bool(true)},
		})
		if err != nil {
			return fmt.Errorf("delete the objects below %q: %w", prefix, err)
		}
		if len(out.Errors) == 0 {
			putOff = 0
			continue
		}
		putOff++
		if lasting := slices.IndexFunc(out.Errors, lasts); lasting >= 0 || putOff == attempts {
			return undeleted(prefix, out.Errors, max(lasting, 0))
		}
		delay, err := backoff.BackoffDelay(putOff-1, nil)
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", undeleted(prefix, out.Errors, 0), context.Cause(ctx))
		case <-time.After(delay):
		}
	}
}

// lasts reports whether the same deletion would fail again. S3 says so for each
// object of an answer with status 200, which the SDK takes for a success.
func lasts(e types.Error) bool {
	return !slices.Contains([]string{"SlowDown", "InternalError", "ServiceUnavailable"}, aws.ToString(e.Code))
}

func undeleted(prefix string, errs []types.Error, i int) error {
	return fmt.Errorf("delete %d objects below %q, one of them %s: %s: %s", len(errs), prefix,
		aws.ToString(errs[i].Key), aws.ToString(errs[i].Code), aws.ToString(errs[i].Message))
}

func notFound(err error) error {
	if is(err, "NoSuchKey", "NotFound") {
		return errors.Join(site.ErrNotFound, err)
	}
	return err
}

package cloudfront

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/pilot-framework/pilot/plugins/site"
)

func (a *account) accessName() string { return "pilot-" + a.bucket }

// findAccess looks for the bucket's origin access control, and returns "" when
// there is none.
func (a *account) findAccess(ctx context.Context) (string, error) {
	pages := cloudfront.NewListOriginAccessControlsPaginator(a.cf, &cloudfront.ListOriginAccessControlsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", fmt.Errorf("list the origin access controls: %w", err)
		}
		for _, c := range page.OriginAccessControlList.Items {
			if aws.ToString(c.Name) == a.accessName() {
				return aws.ToString(c.Id), nil
			}
		}
	}
	return "", nil
}

// ensureAccess makes the origin access control: CloudFront then signs what it asks
// the bucket for, and the bucket can stay private.
func (a *account) ensureAccess(ctx context.Context) (string, error) {
	id, err := a.findAccess(ctx)
	if id != "" || err != nil {
		return id, err
	}
	out, err := a.cf.CreateOriginAccessControl(ctx, &cloudfront.CreateOriginAccessControlInput{
		OriginAccessControlConfig: &types.OriginAccessControlConfig{
			Name: aws.String(a.accessName()), Description: aws.String(a.comment()),
			OriginAccessControlOriginType: types.OriginAccessControlOriginTypesS3,
			SigningBehavior:               types.OriginAccessControlSigningBehaviorsAlways,
			SigningProtocol:               types.OriginAccessControlSigningProtocolsSigv4,
		},
	})
	if is(err, "OriginAccessControlAlreadyExists") { // a retried request was done before
		return a.findAccess(ctx)
	}
	if err != nil {
		return "", fmt.Errorf("create the origin access control: %w", err)
	}
	return aws.ToString(out.OriginAccessControl.Id), nil
}

func (a *account) removeAccess(ctx context.Context) error {
	id, err := a.findAccess(ctx)
	if id == "" || err != nil {
		return err
	}
	got, err := a.cf.GetOriginAccessControl(ctx, &cloudfront.GetOriginAccessControlInput{Id: &id})
	if err == nil {
		_, err = a.cf.DeleteOriginAccessControl(ctx, &cloudfront.DeleteOriginAccessControlInput{Id: &id, IfMatch: got.ETag})
	}
	if err != nil && !is(err, "NoSuchOriginAccessControl") {
		return fmt.Errorf("delete origin access control %s: %w", id, err)
	}
	return nil
}

// allowDistribution lets this one distribution read what may be served, and
// refuses every request that is not encrypted.
func (a *account) allowDistribution(ctx context.Context, distribution string) error {
	bucket := "arn:aws:s3:::" + a.bucket
	policy, err := json.Marshal(map[string]any{
		"Version": "2012-10-17",
		"Statement": []any{
			map[string]any{
				"Sid": "Serve", "Effect": "Allow",
				"Principal": map[string]string{"Service": "cloudfront.amazonaws.com"},
				"Action":    "s3:GetObject", "Resource": bucket + "/" + site.Releases + "*",
				"Condition": map[string]any{"StringEquals": map[string]string{"AWS:SourceArn": distribution}},
			},
			map[string]any{
				"Sid": "Encrypted", "Effect": "Deny", "Principal": "*",
				"Action": "s3:*", "Resource": []string{bucket, bucket + "/*"},
				"Condition": map[string]any{"Bool": map[string]string{"aws:SecureTransport": "false"}},
			},
		},
	})
	if err != nil {
		return err
	}
	_, err = a.s3.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: &a.bucket, Policy: aws.String(string(policy))})
	if err != nil {
		return fmt.Errorf("let the distribution read bucket %q: %w", a.bucket, err)
	}
	return nil
}

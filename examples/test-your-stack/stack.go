// Package photos is a team's own stack, which has nothing to do with Pilot's:
// a bucket for pictures that nobody outside can read, a role that may write
// into it, and a repository for the image of the program that does. Its test
// shows how to test a stack on a simulated cloud, with the real engine.
package photos

import (
	"encoding/json"
	"fmt"

	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecr"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Stack is what can be chosen about the stack.
type Stack struct {
	// Bucket is the bucket's name, which must be free in all of AWS.
	Bucket string
	// KeepVersions keeps what was overwritten or deleted.
	KeepVersions bool
}

// Program makes the stack. Its outputs are bucketArn, roleArn and imageURL.
func (s *Stack) Program(ctx *pulumi.Context) error {
	bucket, err := s3.NewBucketV2(ctx, "pictures", &s3.BucketV2Args{Bucket: pulumi.String(s.Bucket)})
	if err != nil {
		return err
	}
	if _, err := s3.NewBucketPublicAccessBlock(ctx, "pictures", &s3.BucketPublicAccessBlockArgs{
		Bucket: bucket.Bucket, BlockPublicAcls: pulumi.Bool(true), BlockPublicPolicy: pulumi.Bool(true),
		IgnorePublicAcls: pulumi.Bool(true), RestrictPublicBuckets: pulumi.Bool(true),
	}); err != nil {
		return err
	}
	if s.KeepVersions {
		if _, err := s3.NewBucketVersioningV2(ctx, "pictures", &s3.BucketVersioningV2Args{
			Bucket:                  bucket.Bucket,
			VersioningConfiguration: s3.BucketVersioningV2VersioningConfigurationArgs{Status: pulumi.String("Enabled")},
		}); err != nil {
			return err
		}
	}
	role, err := iam.NewRole(ctx, "writer", &iam.RoleArgs{AssumeRolePolicy: pulumi.String(trust)})
	if err != nil {
		return err
	}
	if _, err := iam.NewRolePolicy(ctx, "writer", &iam.RolePolicyArgs{Role: role.Name, Policy: bucket.Arn.ApplyT(infra.Guard(mayWrite)).(pulumi.StringOutput)}); err != nil {
		return err
	}
	images, err := ecr.NewRepository(ctx, "images", &ecr.RepositoryArgs{Name: pulumi.String("photos/writer")})
	if err != nil {
		return err
	}
	ctx.Export("bucketArn", bucket.Arn)
	ctx.Export("roleArn", role.Arn)
	ctx.Export("imageURL", images.RepositoryUrl)
	return nil
}

const trust = `{"Version": "2012-10-17", "Statement": [
	{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}]}`

func mayWrite(bucket string) (string, error) {
	policy, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{
		map[string]any{"Effect": "Allow", "Action": "s3:PutObject", "Resource": bucket + "/*"},
	}})
	if err != nil {
		return "", fmt.Errorf("encode the writer's policy: %w", err)
	}
	return string(policy), nil
}

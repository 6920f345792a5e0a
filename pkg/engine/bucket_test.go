package engine_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/sivchari/kumo"

	"github.com/pilot-framework/pilot/internal/testprovider"
	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
)

// emulated serves AWS from this process, and sets the credentials for it.
func emulated(t *testing.T) (aws.Config, string) {
	t.Helper()
	server := kumo.NewServer()
	t.Cleanup(server.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	return aws.Config{
		BaseEndpoint: aws.String(server.URL), Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}, server.URL
}

// bucket makes an empty S3 bucket and gives its URL.
func bucket(t *testing.T, cfg aws.Config, endpoint string) string {
	t.Helper()
	client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	name := strings.ToLower(t.Name())
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	return "s3://" + name + "/team?region=eu-west-1&s3ForcePathStyle=true&endpoint=" + endpoint
}

func TestBucketLosesNoFinishedStepEither(t *testing.T) {
	s := spec(t, &testprovider.Provider{}, testprovider.Many(10, "x"))
	cfg, endpoint := emulated(t)
	s.State = bucket(t, cfg, endpoint)
	crash(t, s.State)
	stack := open(t, s)
	urns, pending := stateURNs(t, stack)
	want(t, "finished resources", len(urns), 7)
	want(t, "pending operations", pending, 1)
	if err := stack.Cancel(t.Context()); err != nil {
		t.Fatal(err)
	}
	urns, _ = stateURNs(t, stack)
	want(t, "finished resources after the fold", len(urns), 7)
	run(t, stack, infra.VerbRefresh)
	run(t, stack, infra.VerbUp)
	run(t, stack, infra.VerbDestroy)
	if err := stack.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestTeamState keeps the state in a bucket and its secrets under a key of KMS, as
// a team does. There is no passphrase; without the key nothing can be read.
func TestTeamState(t *testing.T) {
	cfg, endpoint := emulated(t)
	key, err := kms.NewFromConfig(cfg).CreateKey(t.Context(), &kms.CreateKeyInput{})
	if err != nil {
		t.Fatal(err)
	}
	s := spec(t, &testprovider.Provider{}, func(ctx *pulumi.Context) error {
		a, err := testprovider.NewThing(ctx, "a", testprovider.ThingArgs{Value: "one", Secret: pulumi.String("hush")})
		if err != nil {
			return err
		}
		ctx.Export("secret", a.Secret)
		return nil
	})
	s.State = bucket(t, cfg, endpoint)
	s.Secrets = infra.Secrets{Provider: "awskms://" + *key.KeyMetadata.KeyId + "?region=eu-west-1&endpoint=" + endpoint}
	run(t, open(t, s), infra.VerbUp)

	colleague, _ := keepsSecret(t, s)
	want(t, "resources without a change", run(t, colleague, infra.VerbUp).Changes[apitype.OpSame], 2)

	if _, err := kms.NewFromConfig(cfg).DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: key.KeyMetadata.KeyId}); err != nil {
		t.Fatal(err)
	}
	stack, err := engine.New().Open(t.Context(), s)
	if err == nil {
		_, err = stack.Outputs(t.Context())
	}
	if err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("read without the key: %v", err)
	}
}

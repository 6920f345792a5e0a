package engine_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/sivchari/kumo"

	"github.com/pilot-framework/pilot/internal/testprovider"
	"github.com/pilot-framework/pilot/pkg/infra"
)

// bucket serves an empty S3 bucket from this process and gives its URL.
func bucket(t *testing.T) string {
	t.Helper()
	server := kumo.NewServer()
	t.Cleanup(server.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	client := s3.New(s3.Options{
		BaseEndpoint: aws.String(server.URL),
		Region:       "eu-west-1",
		UsePathStyle: true,
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	_, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("acme-pilot")})
	if err != nil {
		t.Fatal(err)
	}
	return "s3://acme-pilot/team?region=eu-west-1&s3ForcePathStyle=true&endpoint=" + server.URL
}

func TestBucketLosesNoFinishedStepEither(t *testing.T) {
	s := spec(t, &testprovider.Provider{}, testprovider.Many(10, "x"))
	s.State = bucket(t)
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

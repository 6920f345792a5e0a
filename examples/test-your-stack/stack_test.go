package photos

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/infra/cloudsim"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

const (
	bucketType = "aws:s3/bucketV2:BucketV2"
	blockType  = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
)

// open gives a stack, the settings that a test may change, and the cloud that
// it runs on.
func open(t *testing.T) (*infra.Stack, *Stack, *cloudsim.Sim) {
	t.Helper()
	sim, err := cloudsim.Open("")
	if err != nil {
		t.Fatal(err)
	}
	settings := &Stack{Bucket: "acme-photos", KeepVersions: true}
	stack, err := infra.Open(t.Context(), infra.Ref{Project: "photos", Stack: "test"}, settings.Program,
		infra.WithEngine(engine.New()), infra.WithState("file://"+t.TempDir()),
		infra.WithSecrets(infra.Secrets{Passphrase: func(context.Context) (string, error) { return "for tests", nil }}),
		infra.WithConfig(auto.ConfigMap{"aws:region": {Value: "eu-west-1"}}),
		infra.WithProvider(sim.AWS()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(stack.Close(), sim.Close()); err != nil {
			t.Error(err)
		}
	})
	return stack, settings, sim
}

func up(t *testing.T, stack *infra.Stack) *infra.Result {
	t.Helper()
	result, err := stack.Up(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// TestLife makes the stack, finds nothing to do, changes it and destroys it.
func TestLife(t *testing.T) {
	stack, settings, sim := open(t)
	result := up(t, stack)
	for name, want := range map[string]string{
		"bucketArn": "arn:aws:s3:::acme-photos",
		"imageURL":  cloudsim.DefaultAccount + ".dkr.ecr.eu-west-1.amazonaws.com/photos/writer",
	} {
		if got := result.Outputs[name].Value; got != want {
			t.Errorf("output %s is %v, want %s", name, got, want)
		}
	}
	diff, err := stack.Preview(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !diff.Empty() {
		t.Error("a second run has something to do")
	}

	settings.KeepVersions = false
	up(t, stack)
	if n, err := sim.Count("aws:s3/"); err != nil || n != 2 {
		t.Errorf("the bucket and its block are left, got %d, %v", n, err)
	}

	if _, err := stack.Destroy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := sim.Count(); err != nil || n != 0 {
		t.Errorf("after destroy %d things are left, %v", n, err)
	}
}

// TestPicturesArePrivate: whatever the settings, nobody outside can read.
func TestPicturesArePrivate(t *testing.T) {
	stack, _, sim := open(t)
	up(t, stack)
	block, err := sim.Find(blockType, "acme-photos")
	if err != nil {
		t.Fatal(err)
	}
	for _, setting := range []string{"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"} {
		if block.Text(setting) != "true" {
			t.Errorf("%s is %q", setting, block.Text(setting))
		}
	}
}

// TestSomebodyOpensTheBucket: a change by hand is seen, and mended.
func TestSomebodyOpensTheBucket(t *testing.T) {
	stack, _, sim := open(t)
	up(t, stack)
	if err := sim.SetProperty(blockType, "acme-photos", "blockPublicPolicy", false); err != nil {
		t.Fatal(err)
	}
	drift, err := stack.Drift(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if drift.Empty() {
		t.Fatal("the open bucket was not seen")
	}
	if _, err := stack.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	up(t, stack)
	if block, err := sim.Find(blockType, "acme-photos"); err != nil || block.Text("blockPublicPolicy") != "true" {
		t.Errorf("the bucket is still open: %v", err)
	}
}

// TestNameIsTaken: the error names the resource and gives AWS's reason.
func TestNameIsTaken(t *testing.T) {
	first, _, sim := open(t)
	up(t, first)
	settings := &Stack{Bucket: "acme-photos"}
	second, err := infra.Open(t.Context(), infra.Ref{Project: "other", Stack: "test"}, settings.Program,
		infra.WithEngine(engine.New()), infra.WithState("file://"+t.TempDir()),
		infra.WithSecrets(infra.Secrets{Passphrase: func(context.Context) (string, error) { return "for tests", nil }}),
		infra.WithConfig(auto.ConfigMap{"aws:region": {Value: "eu-west-1"}}),
		infra.WithProvider(sim.AWS()))
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	_, err = second.Up(t.Context())
	var failed *infra.ResourceError
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "BucketAlreadyExists") {
		t.Errorf("want a resource's error with BucketAlreadyExists, got: %v", err)
	}
}

// TestAWSFails: after a failure in the middle the next run gets to the end, and
// the cloud holds what the state knows of and nothing else.
func TestAWSFails(t *testing.T) {
	stack, _, sim := open(t)
	if err := sim.Inject(cloudsim.Fault{Type: bucketType, Op: cloudsim.OpCreate, Kind: cloudsim.ServerError}); err != nil {
		t.Fatal(err)
	}
	if _, err := stack.Up(t.Context()); err == nil {
		t.Fatal("the failure was not seen")
	}
	up(t, stack)
	state, err := stack.Export(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if orphans, err := sim.Orphans(state); err != nil || len(orphans) != 0 {
		t.Errorf("orphans: %v, %v", orphans, err)
	}
}

package stacks_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/infra/cloudsim"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pilot-framework/pilot/stacks/aws"
	"github.com/pilot-framework/pilot/stacks/gcp"
)

// entry is one failure that happens to people, how it comes about here, and
// what they must read of it.
type entry struct {
	name string
	// cloud is the target; spec changes its spec.
	cloud string
	spec  func(p stacks.Platform)
	// provoke prepares the failure; it may be nil.
	provoke func(t *testing.T, sim *cloudsim.Sim, state string)
	// opts open the stack, beside the usual ones.
	opts []infra.Option
	// typed is what errors.As must find: resource, locked, damaged, field or
	// none, where the words alone tell.
	typed string
	// cause is what a resource's error is told to be.
	cause infra.Cause
	// words must be in the error.
	words []string
}

func fault(typ string, kind cloudsim.FaultKind) func(*testing.T, *cloudsim.Sim, string) {
	return func(t *testing.T, sim *cloudsim.Sim, _ string) {
		if err := sim.Inject(cloudsim.Fault{Type: typ, Op: cloudsim.OpCreate, Kind: kind}); err != nil {
			t.Fatal(err)
		}
	}
}

func quota(typ string) func(*testing.T, *cloudsim.Sim, string) {
	return func(_ *testing.T, sim *cloudsim.Sim, _ string) { sim.SetQuota(typ, 0) }
}

// broken puts something else in the place of a state that an up has made.
func broken(content string) func(*testing.T, *cloudsim.Sim, string) {
	return func(t *testing.T, sim *cloudsim.Sim, state string) {
		p := &aws.Platform{OperatorCIDRs: operators, Simulated: true}
		if _, err := open(t, sim, state, p).Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(state, ".pulumi/stacks/acme/prod.json"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

const (
	vpc, network     = "aws:ec2/vpc:Vpc", "gcp:compute/network:Network"
	machineAWS       = "aws:ec2/instance:Instance"
	databaseAWS      = "aws:rds/instance:Instance"
	databaseGCP      = "gcp:sql/databaseInstance:DatabaseInstance"
	subnetGCP        = "gcp:compute/subnetwork:Subnetwork"
	machineGCP       = "gcp:compute/instance:Instance"
	addressAWS, role = "aws:ec2/eip:Eip", "aws:iam/role:Role"
)

var catalogue = []entry{
	{name: "aws: too many VPCs", cause: infra.CauseQuota, cloud: "aws", provoke: quota(vpc), typed: "resource", words: []string{"VpcLimitExceeded", "network-vpc"}},
	{name: "aws: too many addresses", cause: infra.CauseQuota, cloud: "aws", provoke: quota(addressAWS), typed: "resource", words: []string{"AddressLimitExceeded"}},
	{name: "aws: machine quota", cause: infra.CauseQuota, cloud: "aws", provoke: fault(machineAWS, cloudsim.QuotaExceeded), typed: "resource", words: []string{"machine-instance", "xceeded"}},
	{name: "aws: no permission", cause: infra.CauseDenied, cloud: "aws", provoke: fault(role, cloudsim.AccessDenied), typed: "resource", words: []string{"not authorized to perform: iam:CreateRole"}},
	{name: "aws: credentials expired", cause: infra.CauseCredentials, cloud: "aws", provoke: fault(vpc, cloudsim.ExpiredCredentials), typed: "resource", words: []string{"ExpiredToken"}},
	{name: "aws: called too often", cause: infra.CauseThrottled, cloud: "aws", provoke: fault(vpc, cloudsim.Throttle), typed: "resource", words: []string{"RequestLimitExceeded"}},
	{name: "aws: error of the cloud", cause: infra.CauseCloud, cloud: "aws", provoke: fault(databaseAWS, cloudsim.ServerError), typed: "resource", words: []string{"StatusCode: 500", "database-instance"}},
	{name: "aws: no answer", cause: infra.CauseTimeout, cloud: "aws", provoke: fault(databaseAWS, cloudsim.TimeoutBefore), typed: "resource", words: []string{"deadline exceeded"}},
	{name: "aws: never ready", cause: infra.CauseTimeout, cloud: "aws", provoke: fault(databaseAWS, cloudsim.TimeoutAfter), typed: "resource", words: []string{"timeout while waiting for state"}},
	{name: "aws: connection reset", cause: infra.CauseConnection, cloud: "aws", provoke: fault(vpc, cloudsim.AnswerLost), typed: "resource", words: []string{"connection reset"}},
	{name: "aws: image gone", cause: infra.CauseImage, cloud: "aws", spec: func(p stacks.Platform) { p.(*aws.Platform).Machine.Image = "ami-0deadbeef0deadbee" }, typed: "resource", words: []string{"InvalidAMIID", "machine-instance"}},
	{name: "aws: unknown region", cloud: "aws", spec: func(p stacks.Platform) { p.(*aws.Platform).Region = "mars-1" }, typed: "choice", words: []string{`"mars-1"`}},
	{name: "aws: name taken", cause: infra.CauseNameTaken, cloud: "aws", typed: "resource", words: []string{"already exists"}, provoke: twice("aws")},
	{name: "aws: clock skew", cause: infra.CauseClock, cloud: "aws", provoke: fault(vpc, cloudsim.ClockSkew), typed: "resource", words: []string{"RequestExpired", "timedatectl"}},
	{name: "aws: clock skew of a signature", cause: infra.CauseClock, cloud: "aws", provoke: fault(role, cloudsim.ClockSkew), typed: "resource", words: []string{"Signature expired"}},
	{name: "aws: region off", cause: infra.CauseRegion, cloud: "aws", provoke: fault(vpc, cloudsim.RegionOff), typed: "resource", words: []string{"OptInRequired"}},
	{name: "aws: subnet full", cause: infra.CauseNoRoom, cloud: "aws", provoke: fault(machineAWS, cloudsim.NoRoom), typed: "resource", words: []string{"InsufficientFreeAddressesInSubnet", "machine-instance"}},
	{name: "aws: zone full", cause: infra.CauseNoRoom, cloud: "aws", provoke: fault(databaseAWS, cloudsim.NoRoom), typed: "resource", words: []string{"InsufficientDBInstanceCapacity"}},
	{name: "gcp: clock skew", cause: infra.CauseClock, cloud: "gcp", provoke: fault(network, cloudsim.ClockSkew), typed: "resource", words: []string{"iat and exp"}},
	{name: "gcp: region off", cause: infra.CauseRegion, cloud: "gcp", provoke: fault(subnetGCP, cloudsim.RegionOff), typed: "resource", words: []string{"Permission denied on 'locations/"}},
	{name: "gcp: subnet full", cause: infra.CauseNoRoom, cloud: "gcp", provoke: fault(machineGCP, cloudsim.NoRoom), typed: "resource", words: []string{"is exhausted"}},
	{name: "gcp: too many networks", cause: infra.CauseQuota, cloud: "gcp", provoke: quota(network), typed: "resource", words: []string{"uota 'NETWORKS'"}},
	{name: "gcp: no permission", cause: infra.CauseDenied, cloud: "gcp", provoke: fault(network, cloudsim.AccessDenied), typed: "resource", words: []string{"'compute.networks.create' permission"}},
	{name: "gcp: credentials expired", cause: infra.CauseCredentials, cloud: "gcp", provoke: fault(network, cloudsim.ExpiredCredentials), typed: "resource", words: []string{"401"}},
	{name: "gcp: called too often", cause: infra.CauseThrottled, cloud: "gcp", provoke: fault(network, cloudsim.Throttle), typed: "resource", words: []string{"rateLimitExceeded"}},
	{name: "gcp: error of the cloud", cause: infra.CauseCloud, cloud: "gcp", provoke: fault(databaseGCP, cloudsim.ServerError), typed: "resource", words: []string{"503"}},
	{name: "gcp: no answer", cause: infra.CauseTimeout, cloud: "gcp", provoke: fault(databaseGCP, cloudsim.TimeoutBefore), typed: "resource", words: []string{"Timeout"}},
	{name: "gcp: never ready", cause: infra.CauseTimeout, cloud: "gcp", provoke: fault(databaseGCP, cloudsim.TimeoutAfter), typed: "resource", words: []string{"timeout while waiting for state"}},
	{name: "gcp: image gone", cause: infra.CauseImage, cloud: "gcp", spec: func(p stacks.Platform) {
		p.(*gcp.Platform).Machine.Image = "projects/ubuntu-os-cloud/global/images/none"
	}, typed: "resource", words: []string{"images/none"}},
	{name: "gcp: network name taken", cause: infra.CauseNameTaken, cloud: "gcp", typed: "resource", words: []string{"already exists"}, provoke: twice("gcp")},
	{name: "state empty", cloud: "aws", provoke: broken(""), typed: "damaged", words: []string{"it is empty", "--restore-state"}},
	{name: "state cut off", cloud: "aws", provoke: broken(`{"version":3,"checkpoint":{"sta`), typed: "damaged", words: []string{"damaged", "last good one"}},
	{name: "wrong passphrase", cloud: "aws", typed: "passphrase", words: []string{"wrong passphrase"},
		provoke: func(t *testing.T, sim *cloudsim.Sim, state string) {
			p := &aws.Platform{OperatorCIDRs: operators, Simulated: true}
			if _, err := open(t, sim, state, p).Up(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
		opts: []infra.Option{infra.WithSecrets(infra.Secrets{Passphrase: func(context.Context) (string, error) { return "battery staple", nil }})}},
	{name: "backend unreachable", cloud: "aws", typed: "state", words: []string{"open state postgres://127.0.0.1:1/pilot", "connection refused"},
		opts: []infra.Option{infra.WithState("postgres://ann:hush-hush@127.0.0.1:1/pilot")}},
	{name: "backend of no kind", cloud: "aws", typed: "field", words: []string{`state "ftp://x"`, "file:///DIR"}, opts: []infra.Option{infra.WithState("ftp://x")}},
	{name: "locked by another machine", cloud: "aws", typed: "locked", words: []string{"ann@elsewhere", "process 4242", "--wait-for-lock"},
		provoke: func(t *testing.T, _ *cloudsim.Sim, state string) {
			dir := filepath.Join(state, ".pulumi/locks/organization/acme/prod")
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			lock := `{"pid":4242,"username":"ann","hostname":"elsewhere","timestamp":"2026-01-01T00:00:00Z","beat":7}`
			if err := os.WriteFile(filepath.Join(dir, "x.json"), []byte(lock), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
}

// twice makes the same platform under another state first.
func twice(cloud string) func(*testing.T, *cloudsim.Sim, string) {
	return func(t *testing.T, sim *cloudsim.Sim, _ string) {
		for _, c := range clouds {
			if c.name == cloud {
				if _, err := open(t, sim, t.TempDir(), c.spec()).Up(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// TestCatalogue provokes each failure and reads what comes of it: the type, the
// cloud's own words, and in the first line what to do next.
func TestCatalogue(t *testing.T) {
	if len(catalogue) < 25 {
		t.Errorf("%d failures, want at least 25", len(catalogue))
	}
	for _, e := range catalogue {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			sim, state := simulated(t), t.TempDir()
			if e.provoke != nil {
				e.provoke(t, sim, state)
			}
			err := fails(t, sim, state, e)
			if err == nil {
				t.Fatal("it did not fail")
			}
			for _, w := range e.words {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q is not in: %v", w, err)
				}
			}
			var resource *infra.ResourceError
			var operation *infra.OperationError
			var locked *infra.LockedError
			var damaged *infra.DamagedStateError
			var field *infra.FieldError
			var place *infra.StateError
			var choice *stacks.ChoiceError
			found := map[string]bool{
				"resource": errors.As(err, &resource) && errors.As(err, &operation) && resource.URN != "" && operation.Next != "",
				"locked":   errors.As(err, &locked), "damaged": errors.As(err, &damaged), "field": errors.As(err, &field),
				"choice": errors.As(err, &choice) && choice.Field == "region",
				"state":  errors.As(err, &place) && place.URL != "", "passphrase": errors.Is(err, infra.ErrWrongPassphrase),
			}
			if !found[e.typed] {
				t.Errorf("not a %s error: %v", e.typed, err)
			}
			if resource != nil && e.typed == "resource" {
				if resource.Cause() != e.cause || e.cause == infra.CauseUnknown {
					t.Errorf("its cause is told as %q, want %q: %v", resource.Cause(), e.cause, err)
				}
				firstScreen(t, err, resource)
			}
			first, _, _ := strings.Cut(err.Error(), "\n")
			if len(first) > 600 || strings.Contains(err.Error(), "goroutine ") || strings.Contains(err.Error(), "hush-hush") {
				t.Errorf("not for people: %v", err)
			}
		})
	}
}

// firstScreen wants the resource's name, the reason and the next step in the
// first lines of an error.
func firstScreen(t *testing.T, err error, r *infra.ResourceError) {
	t.Helper()
	lines := strings.Split(err.Error(), "\n")
	screen := strings.Join(lines[:min(len(lines), 10)], "\n")
	name := r.URN[strings.LastIndex(r.URN, "::")+2:]
	for _, want := range []string{name, strings.Split(r.Err.Error(), "\n")[0], "next: " + r.Cause().Next()} {
		if !strings.Contains(screen, want) {
			t.Errorf("%q is not on the first screen:\n%s", want, screen)
		}
	}
}

// fails sets the entry's platform up and gives the error.
func fails(t *testing.T, sim *cloudsim.Sim, state string, e entry) error {
	t.Helper()
	var p stacks.Platform
	for _, c := range clouds {
		if c.name == e.cloud {
			p = c.spec()
		}
	}
	if e.spec != nil {
		e.spec(p)
	}
	if err := p.Complete(); err != nil {
		return err
	}
	opts := []infra.Option{
		infra.WithEngine(engine.New()), infra.WithState("file://" + state), infra.WithConfig(p.Config()),
		infra.WithSecrets(infra.Secrets{Passphrase: func(context.Context) (string, error) { return "correct horse", nil }}),
	}
	for _, provider := range append(p.Providers(), sim.Providers()...) {
		opts = append(opts, infra.WithProvider(provider))
	}
	s, err := infra.Open(t.Context(), infra.Ref{Project: "acme", Stack: "prod"}, p.Program(), append(opts, e.opts...)...)
	if err != nil {
		return err
	}
	defer s.Close()
	_, err = s.Up(t.Context())
	return err
}

package stacks_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/infra/cloudsim"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pilot-framework/pilot/stacks/aws"
	"github.com/pilot-framework/pilot/stacks/gcp"
)

func TestMain(m *testing.M) {
	// What the environment says of clouds must not reach a test.
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "GOOGLE_") || strings.HasPrefix(name, "CLOUDSDK_") {
			os.Unsetenv(name)
		}
	}
	os.Exit(m.Run())
}

var operators = []string{"203.0.113.7/32"}

// target is one cloud with the changes of a spec that the tests make.
type target struct {
	name string
	// spec is a new spec, and size, image and protect change it.
	spec    func() stacks.Platform
	size    func(stacks.Platform)
	image   func(stacks.Platform)
	protect func(stacks.Platform)
	// machine and database are the types of those two resources.
	machine, database string
	// atLeast is how many of the cloud's own resources there are.
	atLeast int
	// only are the outputs that this target alone has.
	only []string
}

var clouds = []target{
	{
		name: "aws",
		spec: func() stacks.Platform { return &aws.Platform{OperatorCIDRs: operators, Simulated: true} },
		size: func(p stacks.Platform) { p.(*aws.Platform).Size = stacks.Medium },
		// An older Ubuntu 24.04 of the simulated region.
		image:   func(p stacks.Platform) { p.(*aws.Platform).Machine.Image = "ami-01e3ba4514f435661" },
		protect: func(p stacks.Platform) { p.(*aws.Platform).Protect = true },
		machine: "aws:ec2/instance:Instance", database: "aws:rds/instance:Instance", atLeast: 25,
		only: []string{"appSecurityGroupId", "appSubnetIds", "bucketPrefix", "deployRoleArn", "instanceId", "region", "registryURL", "vpcId"},
	},
	{
		name: "gcp",
		spec: func() stacks.Platform { return &gcp.Platform{OperatorCIDRs: operators, Simulated: true} },
		size: func(p stacks.Platform) { p.(*gcp.Platform).Size = stacks.Medium },
		image: func(p stacks.Platform) {
			p.(*gcp.Platform).Machine.Image = "projects/ubuntu-os-cloud/global/images/ubuntu-2404-noble-amd64-v20250523"
		},
		protect: func(p stacks.Platform) { p.(*gcp.Platform).Protect = true },
		machine: "gcp:compute/instance:Instance", database: "gcp:sql/databaseInstance:DatabaseInstance", atLeast: 18,
		only: []string{"appServiceAccount", "bucketPrefix", "deployServiceAccount", "instanceId", "instanceName", "networkId", "project", "region", "registryURL", "vpcConnectorId", "zone"},
	},
}

// commonOutputs are what a machine and its database put out on every target.
var commonOutputs = []string{
	stacks.OutputDockerHost, stacks.OutputDockerCA, stacks.OutputDockerCert, stacks.OutputDockerKey,
	stacks.OutputDBHost, stacks.OutputDBPort, stacks.OutputDBName, stacks.OutputDBUser, stacks.OutputDBPassword,
}

// commonParts are the parts of every target, in their order.
var commonParts = []string{"network", "firewall", "identity", "database", "machine"}

// open opens a stack of a spec on simulated clouds.
func open(t *testing.T, sim *cloudsim.Sim, state string, p stacks.Platform) *infra.Stack {
	t.Helper()
	if err := p.Complete(); err != nil {
		t.Fatal(err)
	}
	opts := []infra.Option{
		infra.WithEngine(engine.New()), infra.WithState("file://" + state), infra.WithConfig(p.Config()),
		infra.WithSecrets(infra.Secrets{Passphrase: func(context.Context) (string, error) { return "correct horse", nil }}),
	}
	for _, provider := range append(p.Providers(), sim.Providers()...) {
		opts = append(opts, infra.WithProvider(provider))
	}
	s, err := infra.Open(t.Context(), infra.Ref{Project: "acme", Stack: "prod"}, p.Program(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func simulated(t *testing.T) *cloudsim.Sim {
	t.Helper()
	sim, err := cloudsim.Open("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close() })
	return sim
}

// changes are the steps of a diff that do something to a real resource, as
// "operation type".
func changes(d *infra.Diff) []string {
	var out []string
	for _, s := range d.Steps {
		if !s.Structural && s.Op != infra.OpSame && s.Op != infra.OpRead {
			out = append(out, fmt.Sprintf("%s %s", s.Op, s.Type))
		}
	}
	slices.Sort(out)
	return out
}

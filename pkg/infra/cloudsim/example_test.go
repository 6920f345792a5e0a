package cloudsim_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/infra/cloudsim"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// network is somebody's stack.
func network(ctx *pulumi.Context) error {
	vpc, err := ec2.NewVpc(ctx, "network", &ec2.VpcArgs{CidrBlock: pulumi.String("10.1.0.0/16")})
	if err != nil {
		return err
	}
	_, err = ec2.NewSubnet(ctx, "public", &ec2.SubnetArgs{VpcId: vpc.ID(), CidrBlock: pulumi.String("10.1.0.0/24")})
	return err
}

// open opens a stack on a simulated cloud, with the real engine.
func open(ctx context.Context, sim *cloudsim.Sim, dir string) (*infra.Stack, error) {
	return infra.Open(ctx, infra.Ref{Project: "acme", Stack: "test"}, network,
		infra.WithEngine(engine.New()), infra.WithState("file://"+dir),
		infra.WithSecrets(infra.Secrets{Passphrase: func(context.Context) (string, error) { return "for tests", nil }}),
		infra.WithConfig(auto.ConfigMap{"aws:region": {Value: "eu-west-1"}}),
		infra.WithProvider(sim.AWS()))
}

// Example runs a stack on a simulated cloud and looks at what it made.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "state")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	sim, err := cloudsim.Open("")
	if err != nil {
		log.Fatal(err)
	}
	defer sim.Close()
	stack, err := open(ctx, sim, dir)
	if err != nil {
		log.Fatal(err)
	}
	defer stack.Close()

	if _, err := stack.Up(ctx); err != nil {
		log.Fatal(err)
	}
	subnets, err := sim.Objects("aws:ec2/subnet:Subnet")
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range subnets {
		fmt.Println(s.Text("cidrBlock"), s.Text("availabilityZone"), len(s.ID))
	}
	// Output: 10.1.0.0/24 eu-west-1a 24
}

// ExampleSim_Inject makes the cloud refuse once, and runs the stack again.
func ExampleSim_Inject() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "state")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	sim, err := cloudsim.Open("")
	if err != nil {
		log.Fatal(err)
	}
	defer sim.Close()
	stack, err := open(ctx, sim, dir)
	if err != nil {
		log.Fatal(err)
	}
	defer stack.Close()

	err = sim.Inject(cloudsim.Fault{Type: "aws:ec2/subnet:Subnet", Op: cloudsim.OpCreate, Kind: cloudsim.Throttle})
	if err != nil {
		log.Fatal(err)
	}
	_, err = stack.Up(ctx)
	fmt.Println("refused:", err != nil)
	_, err = stack.Up(ctx)
	fmt.Println("the next time:", err)
	n, err := sim.Count("aws:")
	fmt.Println("things:", n, err)
	// Output:
	// refused: true
	// the next time: <nil>
	// things: 2 <nil>
}

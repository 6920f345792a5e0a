package aws_test

import (
	"context"
	"fmt"
	"os"

	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/infra/aws"
	"github.com/pilot-framework/pilot/pkg/infra/cloudsim"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// ExampleNewNetwork makes a network on a simulated cloud.
func ExampleNewNetwork() {
	program := func(ctx *pulumi.Context) error {
		_, err := aws.NewNetwork(ctx, "network", &aws.NetworkArgs{
			Name: "acme", CIDR: "10.1.0.0/16", PublicCIDR: "10.1.0.0/24",
			DatabaseCIDRs: []string{"10.1.1.0/24", "10.1.2.0/24"},
			AppCIDRs:      []string{"10.1.3.0/24", "10.1.4.0/24"},
		})
		return err
	}
	dir, err := os.MkdirTemp("", "state-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	cloud, err := cloudsim.Open("")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cloud.Close()
	ctx := context.Background()
	stack, err := infra.Open(ctx, infra.Ref{Project: "acme", Stack: "test"}, program,
		infra.WithEngine(engine.New()), infra.WithState("file://"+dir),
		infra.WithSecrets(infra.Secrets{Passphrase: func(context.Context) (string, error) { return "example", nil }}),
		infra.WithConfig(auto.ConfigMap{"aws:region": {Value: "eu-west-1"}}),
		infra.WithProvider(cloud.AWS()))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stack.Close()
	if _, err := stack.Up(ctx); err != nil {
		fmt.Println(err)
		return
	}
	subnets, err := cloud.Objects("aws:ec2/subnet:Subnet")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(subnets), "subnets")
	// Output: 5 subnets
}

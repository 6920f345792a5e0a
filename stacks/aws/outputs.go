package aws

import (
	"fmt"

	"github.com/pilot-framework/pilot/stacks"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

// The outputs that only this target has.
const (
	outputRegion       = "region"
	outputVPCID        = "vpcId"
	outputAppSubnetIDs = "appSubnetIds"
	outputAppGroupID   = "appSecurityGroupId"
	outputInstanceID   = "instanceId"
	outputRegistryURL  = "registryURL"
	outputDeployRole   = "deployRoleArn"
	outputBucketPrefix = "bucketPrefix"
)

// Outputs are the outputs of a platform on AWS.
type Outputs struct {
	stacks.Outputs
	// Region is where it is.
	Region string
	// VPCID is the network, AppSubnetIDs are the subnets for apps in it, and
	// AppSecurityGroupID the group that lets their load balancers in.
	VPCID              string
	AppSubnetIDs       []string
	AppSecurityGroupID string
	// InstanceID is the machine.
	InstanceID string
	// RegistryURL is the repository for apps' images.
	RegistryURL string
	// DeployRoleARN is the role that deploys take on.
	DeployRoleARN string
	// BucketPrefix begins the names of the buckets that it may make.
	BucketPrefix string
}

// ParseOutputs reads the outputs of a stack.
func ParseOutputs(m auto.OutputMap) Outputs {
	s := func(name string) string {
		if v, ok := m[name]; ok && v.Value != nil {
			return fmt.Sprint(v.Value)
		}
		return ""
	}
	out := Outputs{
		Outputs: stacks.ParseOutputs(m), Region: s(outputRegion), VPCID: s(outputVPCID),
		AppSecurityGroupID: s(outputAppGroupID), InstanceID: s(outputInstanceID),
		RegistryURL: s(outputRegistryURL), DeployRoleARN: s(outputDeployRole), BucketPrefix: s(outputBucketPrefix),
	}
	if ids, ok := m[outputAppSubnetIDs].Value.([]any); ok {
		for _, id := range ids {
			out.AppSubnetIDs = append(out.AppSubnetIDs, fmt.Sprint(id))
		}
	}
	return out
}

// Outputs reads the outputs of a stack with this spec.
func (p *Platform) Outputs(m auto.OutputMap) Outputs { return ParseOutputs(m) }

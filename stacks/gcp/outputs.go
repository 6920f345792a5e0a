package gcp

import (
	"fmt"

	"github.com/pilot-framework/pilot/stacks"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

// The outputs that only this target has.
const (
	outputProject       = "project"
	outputRegion        = "region"
	outputZone          = "zone"
	outputNetworkID     = "networkId"
	outputConnectorID   = "vpcConnectorId"
	outputInstanceID    = "instanceId"
	outputInstanceName  = "instanceName"
	outputRegistryURL   = "registryURL"
	outputDeployAccount = "deployServiceAccount"
	outputAppAccount    = "appServiceAccount"
	outputBucketPrefix  = "bucketPrefix"
)

// Outputs are the outputs of a platform on Google Cloud.
type Outputs struct {
	stacks.Outputs
	// Project, Region and Zone are where it is.
	Project, Region, Zone string
	// NetworkID is the network, and VPCConnectorID the way into it for apps on
	// Cloud Run.
	NetworkID, VPCConnectorID string
	// InstanceID and InstanceName are the machine.
	InstanceID, InstanceName string
	// RegistryURL is the repository for apps' images.
	RegistryURL string
	// DeployServiceAccount is the account that deploys act as, and
	// AppServiceAccount the one that apps run as.
	DeployServiceAccount, AppServiceAccount string
	// BucketPrefix begins the names of the buckets that deploys may make.
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
	return Outputs{
		Outputs: stacks.ParseOutputs(m),
		Project: s(outputProject), Region: s(outputRegion), Zone: s(outputZone),
		NetworkID: s(outputNetworkID), VPCConnectorID: s(outputConnectorID),
		InstanceID: s(outputInstanceID), InstanceName: s(outputInstanceName), RegistryURL: s(outputRegistryURL),
		DeployServiceAccount: s(outputDeployAccount), AppServiceAccount: s(outputAppAccount), BucketPrefix: s(outputBucketPrefix),
	}
}

// Outputs reads the outputs of a stack with this spec.
func (p *Platform) Outputs(m auto.OutputMap) Outputs { return ParseOutputs(m) }

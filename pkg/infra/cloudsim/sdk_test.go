package cloudsim

import (
	awssdk "github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecr"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/resourcegroupstaggingapi"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/artifactregistry"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/organizations"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/projects"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/secretmanager"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/servicenetworking"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/sql"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/storage"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/vpcaccess"
)

// sdkResource pairs the SDK's Get function of a type, which knows its token
// and its state, with the type's arguments.
type sdkResource struct{ get, args any }

// sdkFunction is an SDK function (its plain form, which takes arguments and
// gives a result) and whether it takes arguments at all.
type sdkFunction struct{ call any }

var awsResources = []sdkResource{
	{ec2.GetVpc, ec2.VpcArgs{}}, {ec2.GetSubnet, ec2.SubnetArgs{}},
	{ec2.GetInternetGateway, ec2.InternetGatewayArgs{}}, {ec2.GetRouteTable, ec2.RouteTableArgs{}},
	{ec2.GetRoute, ec2.RouteArgs{}}, {ec2.GetRouteTableAssociation, ec2.RouteTableAssociationArgs{}},
	{ec2.GetNatGateway, ec2.NatGatewayArgs{}}, {ec2.GetEip, ec2.EipArgs{}},
	{ec2.GetEipAssociation, ec2.EipAssociationArgs{}}, {ec2.GetSecurityGroup, ec2.SecurityGroupArgs{}},
	{ec2.GetSecurityGroupRule, ec2.SecurityGroupRuleArgs{}},
	{vpc.GetSecurityGroupIngressRule, vpc.SecurityGroupIngressRuleArgs{}},
	{vpc.GetSecurityGroupEgressRule, vpc.SecurityGroupEgressRuleArgs{}},
	{ec2.GetInstance, ec2.InstanceArgs{}}, {ec2.GetKeyPair, ec2.KeyPairArgs{}},
	{ec2.GetLaunchTemplate, ec2.LaunchTemplateArgs{}},
	{iam.GetRole, iam.RoleArgs{}}, {iam.GetRolePolicy, iam.RolePolicyArgs{}},
	{iam.GetPolicy, iam.PolicyArgs{}}, {iam.GetRolePolicyAttachment, iam.RolePolicyAttachmentArgs{}},
	{iam.GetInstanceProfile, iam.InstanceProfileArgs{}}, {iam.GetUser, iam.UserArgs{}},
	{iam.GetUserPolicy, iam.UserPolicyArgs{}}, {iam.GetUserPolicyAttachment, iam.UserPolicyAttachmentArgs{}},
	{iam.GetAccessKey, iam.AccessKeyArgs{}},
	{rds.GetSubnetGroup, rds.SubnetGroupArgs{}}, {rds.GetInstance, rds.InstanceArgs{}},
	{rds.GetParameterGroup, rds.ParameterGroupArgs{}},
	{ecr.GetRepository, ecr.RepositoryArgs{}}, {ecr.GetLifecyclePolicy, ecr.LifecyclePolicyArgs{}},
	{ecr.GetRepositoryPolicy, ecr.RepositoryPolicyArgs{}},
	{secretsmanager.GetSecret, secretsmanager.SecretArgs{}},
	{secretsmanager.GetSecretVersion, secretsmanager.SecretVersionArgs{}},
	{secretsmanager.GetSecretPolicy, secretsmanager.SecretPolicyArgs{}},
	{ssm.GetParameter, ssm.ParameterArgs{}},
	{s3.GetBucketV2, s3.BucketV2Args{}}, {s3.GetBucketPublicAccessBlock, s3.BucketPublicAccessBlockArgs{}},
	{s3.GetBucketServerSideEncryptionConfigurationV2, s3.BucketServerSideEncryptionConfigurationV2Args{}},
	{s3.GetBucketVersioningV2, s3.BucketVersioningV2Args{}}, {s3.GetBucketPolicy, s3.BucketPolicyArgs{}},
	{cloudwatch.GetLogGroup, cloudwatch.LogGroupArgs{}},
	{kms.GetKey, kms.KeyArgs{}}, {kms.GetAlias, kms.AliasArgs{}},
}

var awsFunctions = []sdkFunction{
	{awssdk.GetAvailabilityZones}, {awssdk.GetCallerIdentity}, {awssdk.GetRegion}, {awssdk.GetPartition},
	{ec2.LookupAmi}, {ec2.LookupVpc}, {ssm.LookupParameter}, {iam.GetPolicyDocument},
	{resourcegroupstaggingapi.GetResources}, {ec2.GetElasticIp}, {secretsmanager.LookupSecretVersion},
	{vpc.GetSecurityGroupRules}, {vpc.GetSecurityGroupRule},
}

var gcpResources = []sdkResource{
	{projects.GetService, projects.ServiceArgs{}}, {projects.GetIAMCustomRole, projects.IAMCustomRoleArgs{}},
	{projects.GetIAMMember, projects.IAMMemberArgs{}},
	{serviceaccount.GetAccount, serviceaccount.AccountArgs{}},
	{serviceaccount.GetIAMMember, serviceaccount.IAMMemberArgs{}},
	{serviceaccount.GetKey, serviceaccount.KeyArgs{}},
	{compute.GetNetwork, compute.NetworkArgs{}}, {compute.GetSubnetwork, compute.SubnetworkArgs{}},
	{compute.GetFirewall, compute.FirewallArgs{}}, {compute.GetAddress, compute.AddressArgs{}},
	{compute.GetGlobalAddress, compute.GlobalAddressArgs{}}, {compute.GetInstance, compute.InstanceArgs{}},
	{compute.GetRouter, compute.RouterArgs{}}, {compute.GetRouterNat, compute.RouterNatArgs{}},
	{sql.GetDatabaseInstance, sql.DatabaseInstanceArgs{}}, {sql.GetDatabase, sql.DatabaseArgs{}},
	{sql.GetUser, sql.UserArgs{}},
	{servicenetworking.GetConnection, servicenetworking.ConnectionArgs{}},
	{vpcaccess.GetConnector, vpcaccess.ConnectorArgs{}},
	{artifactregistry.GetRepository, artifactregistry.RepositoryArgs{}},
	{artifactregistry.GetRepositoryIamMember, artifactregistry.RepositoryIamMemberArgs{}},
	{secretmanager.GetSecret, secretmanager.SecretArgs{}},
	{secretmanager.GetSecretVersion, secretmanager.SecretVersionArgs{}},
	{secretmanager.GetSecretIamMember, secretmanager.SecretIamMemberArgs{}},
	{storage.GetBucket, storage.BucketArgs{}}, {storage.GetBucketIAMMember, storage.BucketIAMMemberArgs{}},
}

var gcpFunctions = []sdkFunction{
	{compute.LookupImage}, {compute.GetZones}, {organizations.LookupProject}, {organizations.GetClientConfig},
	{projects.GetProject}, {secretmanager.LookupSecretVersion},
}

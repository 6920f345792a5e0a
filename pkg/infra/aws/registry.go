package aws

import (
	"encoding/json"
	"strings"

	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecr"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// RegistryArgs describe a repository for apps' images on Amazon ECR.
type RegistryArgs struct {
	// Name is the repository's name.
	Name string
	// Keep is how many images stay; older ones expire. Default 50.
	Keep int
	// Protect refuses deletion, and deletion of a repository with images.
	Protect bool
	// Tags go on everything.
	Tags map[string]string
}

// Registry is a private, encrypted repository that scans what is pushed.
type Registry struct {
	pulumi.ResourceState

	// URL is the repository's, and Host the registry's that it is in.
	URL, Host pulumi.StringOutput
	// ARN names the repository in policies.
	ARN pulumi.StringOutput
}

type lifecycleRule struct {
	Priority    int                `json:"rulePriority"`
	Description string             `json:"description"`
	Selection   lifecycleSelection `json:"selection"`
	Action      map[string]string  `json:"action"`
}

type lifecycleSelection struct {
	TagStatus   string `json:"tagStatus"`
	CountType   string `json:"countType"`
	CountNumber int    `json:"countNumber"`
}

// NewRegistry creates the repository.
func NewRegistry(ctx *pulumi.Context, name string, args *RegistryArgs, opts ...pulumi.ResourceOption) (*Registry, error) {
	r := &Registry{}
	if err := ctx.RegisterComponentResource("pilot:aws:Registry", name, r, opts...); err != nil {
		return nil, err
	}
	parent := pulumi.Parent(r)
	repository, err := ecr.NewRepository(ctx, name+"-repository", &ecr.RepositoryArgs{
		Name: pulumi.String(args.Name), ForceDelete: pulumi.Bool(!args.Protect),
		ImageTagMutability: pulumi.String("MUTABLE"),
		ImageScanningConfiguration: &ecr.RepositoryImageScanningConfigurationArgs{
			ScanOnPush: pulumi.Bool(true),
		},
		EncryptionConfigurations: ecr.RepositoryEncryptionConfigurationArray{
			&ecr.RepositoryEncryptionConfigurationArgs{EncryptionType: pulumi.String("AES256")},
		},
		Tags: tagged(args.Tags, args.Name),
	}, parent, pulumi.Protect(args.Protect))
	if err != nil {
		return nil, err
	}
	policy, err := json.Marshal(map[string][]lifecycleRule{"rules": {{
		Priority: 1, Description: "Expire all but the newest images",
		Selection: lifecycleSelection{TagStatus: "any", CountType: "imageCountMoreThan", CountNumber: orElse(args.Keep, 50)},
		Action:    map[string]string{"type": "expire"},
	}}})
	if err != nil {
		return nil, err
	}
	if _, err := ecr.NewLifecyclePolicy(ctx, name+"-lifecycle", &ecr.LifecyclePolicyArgs{
		Repository: repository.Name, Policy: pulumi.String(policy),
	}, parent); err != nil {
		return nil, err
	}
	r.URL, r.ARN = repository.RepositoryUrl, repository.Arn
	r.Host = r.URL.ApplyT(infra.Guard(func(url string) string {
		host, _, _ := strings.Cut(url, "/")
		return host
	})).(pulumi.StringOutput)
	return r, ctx.RegisterResourceOutputs(r, pulumi.Map{"url": r.URL})
}

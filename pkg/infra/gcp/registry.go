package gcp

import (
	"fmt"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/artifactregistry"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// RegistryArgs describe a repository for apps' images on Artifact Registry.
type RegistryArgs struct {
	// Name is the repository's id.
	Name string
	// Project and Region are where it is.
	Project, Region string
	// Writer is the e-mail address of the account that may push, and Reader of
	// the one that may pull. Empty means none.
	Writer, Reader pulumi.StringInput
	// Keep is how many versions of each image stay; older ones go. Default 50.
	Keep int
	// Protect refuses deletion.
	Protect bool
	// Labels go on everything that can carry them.
	Labels map[string]string
}

// Registry is a private repository of Docker images.
type Registry struct {
	pulumi.ResourceState

	// URL is the repository's, and Host the registry's that it is in.
	URL, Host pulumi.StringOutput
}

// NewRegistry creates the repository.
func NewRegistry(ctx *pulumi.Context, name string, args *RegistryArgs, opts ...pulumi.ResourceOption) (*Registry, error) {
	r := &Registry{}
	if err := ctx.RegisterComponentResource("pilot:gcp:Registry", name, r, opts...); err != nil {
		return nil, err
	}
	parent := pulumi.Parent(r)
	ready, err := services(ctx, name, args.Project, parent, "artifactregistry")
	if err != nil {
		return nil, err
	}
	repository, err := artifactregistry.NewRepository(ctx, name+"-repository", &artifactregistry.RepositoryArgs{
		RepositoryId: pulumi.String(args.Name), Project: pulumi.String(args.Project), Location: pulumi.String(args.Region),
		Format: pulumi.String("DOCKER"), Description: pulumi.String("Images of apps"),
		CleanupPolicies: artifactregistry.RepositoryCleanupPolicyArray{
			&artifactregistry.RepositoryCleanupPolicyArgs{
				Id: pulumi.String("keep-newest"), Action: pulumi.String("KEEP"),
				MostRecentVersions: &artifactregistry.RepositoryCleanupPolicyMostRecentVersionsArgs{KeepCount: pulumi.Int(orElse(args.Keep, 50))},
			},
			&artifactregistry.RepositoryCleanupPolicyArgs{
				Id: pulumi.String("delete-old"), Action: pulumi.String("DELETE"),
				// Thirty days, so that what runs somewhere is not pulled away early.
				Condition: &artifactregistry.RepositoryCleanupPolicyConditionArgs{OlderThan: pulumi.String("2592000s")},
			},
		},
		Labels: labels(args.Labels),
	}, parent, ready, pulumi.Protect(args.Protect))
	if err != nil {
		return nil, err
	}
	grants := []struct {
		part, role string
		email      pulumi.StringInput
	}{
		{"writer", "roles/artifactregistry.writer", args.Writer},
		{"reader", "roles/artifactregistry.reader", args.Reader},
	}
	for _, g := range grants {
		if g.email == nil {
			continue
		}
		if _, err := artifactregistry.NewRepositoryIamMember(ctx, name+"-"+g.part, &artifactregistry.RepositoryIamMemberArgs{
			Project: pulumi.String(args.Project), Location: pulumi.String(args.Region), Repository: repository.Name,
			Role: pulumi.String(g.role), Member: pulumi.Sprintf("serviceAccount:%s", g.email),
		}, parent); err != nil {
			return nil, err
		}
	}
	host := fmt.Sprintf("%s-docker.pkg.dev", args.Region)
	r.Host = pulumi.String(host).ToStringOutput()
	r.URL = pulumi.Sprintf("%s/%s/%s", host, args.Project, repository.Name)
	return r, ctx.RegisterResourceOutputs(r, pulumi.Map{"url": r.URL})
}

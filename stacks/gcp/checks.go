package gcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pilot-framework/pilot/stacks"
	"golang.org/x/oauth2/google"
	"google.golang.org/api/cloudresourcemanager/v1"
	"google.golang.org/api/compute/v1"
	"google.golang.org/api/option"
)

// needed are rights without which a setup would fail half-way, one of each kind
// of thing that it makes.
var needed = []string{
	"artifactregistry.repositories.create", "cloudsql.instances.create", "compute.firewalls.create", "compute.instances.create",
	"compute.networks.create", "iam.roles.create", "iam.serviceAccounts.create", "resourcemanager.projects.setIamPolicy",
	"secretmanager.secrets.create", "servicenetworking.services.addPeering", "serviceusage.services.enable", "vpcaccess.connectors.create",
}

// Checks looks at the credentials and at what they may do in the project. A
// simulated cloud needs none.
func (p *Platform) Checks() []stacks.Check {
	if p.Simulated {
		return nil
	}
	return []stacks.Check{
		{Name: "Google Cloud credentials", Run: p.whoAmI},
		{Name: "Google Cloud project", Run: p.mayI},
	}
}

// Preflight refuses a platform that its own operators could not reach, and
// asks Google what the caller may do before anything is made. A simulated cloud
// needs neither.
func (p *Platform) Preflight(ctx context.Context, _ string) error {
	if p.Simulated {
		return nil
	}
	if len(p.OperatorCIDRs) == 0 {
		return errors.New("operator_cidrs []: nobody could reach the platform: want your own range, such as 203.0.113.7/32")
	}
	if _, err := p.whoAmI(ctx); err != nil {
		return err
	}
	_, err := p.mayI(ctx)
	return err
}

// whoAmI says whose credentials Google's usual chain finds. They are used where
// they are and copied nowhere.
func (p *Platform) whoAmI(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	found, err := google.FindDefaultCredentials(ctx, compute.CloudPlatformScope)
	if err != nil {
		return "", &stacks.Problem{Reason: "no Google Cloud credentials", Fix: "gcloud auth application-default login"}
	}
	var file struct {
		Type  string `json:"type"`
		Email string `json:"client_email"`
	}
	if len(found.JSON) > 0 {
		if err := json.Unmarshal(found.JSON, &file); err != nil {
			return "", &stacks.Problem{Reason: "the credentials file is no JSON", Fix: "gcloud auth application-default login"}
		}
	}
	if _, err := found.TokenSource.Token(); err != nil {
		return "", &stacks.Problem{Reason: "Google does not accept the credentials", Fix: "gcloud auth application-default login"}
	}
	switch {
	case file.Email != "":
		return file.Email, nil
	case file.Type != "":
		return strings.ReplaceAll(file.Type, "_", " "), nil
	}
	return "this machine's own service account", nil
}

// mayI asks which of the needed rights the caller has in the project.
func (p *Platform) mayI(ctx context.Context) (string, error) { return p.rights(ctx) }

func (p *Platform) rights(ctx context.Context, opts ...option.ClientOption) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	service, err := cloudresourcemanager.NewService(ctx, opts...)
	if err != nil {
		return "", &stacks.Problem{Reason: "no Google Cloud credentials", Fix: "gcloud auth application-default login"}
	}
	answer, err := service.Projects.TestIamPermissions(p.Project,
		&cloudresourcemanager.TestIamPermissionsRequest{Permissions: needed}).Context(ctx).Do()
	if err != nil {
		return "", &stacks.Problem{
			Reason: fmt.Sprintf("project %s: %v", p.Project, err),
			Fix:    "gcloud services enable cloudresourcemanager.googleapis.com --project " + p.Project,
		}
	}
	var missing []string
	for _, right := range needed {
		if !slices.Contains(answer.Permissions, right) {
			missing = append(missing, right)
		}
	}
	if len(missing) > 0 {
		return "", &stacks.Problem{
			Reason: fmt.Sprintf("project %s: you lack %s", p.Project, strings.Join(missing, ", ")),
			Fix:    "ask for the role Owner in the project, or for one with these rights",
		}
	}
	return fmt.Sprintf("project %s, region %s", p.Project, p.Region), nil
}

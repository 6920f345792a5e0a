package gcp

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/pilot-framework/pilot/pkg/infra"
)

// importForms are the ids that types are imported by, made of their inputs, as
// the "Import" section of each type's page gives them.
var importForms = map[string]string{
	"gcp:compute/network:Network":                "projects/{project}/global/networks/{name}",
	"gcp:compute/subnetwork:Subnetwork":          "projects/{project}/regions/{region}/subnetworks/{name}",
	"gcp:compute/firewall:Firewall":              "projects/{project}/global/firewalls/{name}",
	"gcp:compute/address:Address":                "projects/{project}/regions/{region}/addresses/{name}",
	"gcp:compute/globalAddress:GlobalAddress":    "projects/{project}/global/addresses/{name}",
	"gcp:compute/instance:Instance":              "projects/{project}/zones/{zone}/instances/{name}",
	"gcp:compute/router:Router":                  "projects/{project}/regions/{region}/routers/{name}",
	"gcp:compute/routerNat:RouterNat":            "projects/{project}/regions/{region}/routers/{router}/{name}",
	"gcp:artifactregistry/repository:Repository": "projects/{project}/locations/{location}/repositories/{repositoryId}",
	"gcp:secretmanager/secret:Secret":            "projects/{project}/secrets/{secretId}",
	"gcp:serviceaccount/account:Account":         "projects/{project}/serviceAccounts/{accountId}@{project}.iam.gserviceaccount.com",
	"gcp:projects/iAMCustomRole:IAMCustomRole":   "projects/{project}/roles/{roleId}",
	"gcp:sql/databaseInstance:DatabaseInstance":  "projects/{project}/instances/{name}",
	"gcp:sql/database:Database":                  "projects/{project}/instances/{instance}/databases/{name}",
	"gcp:sql/user:User":                          "{project}/{instance}/{name}",
	"gcp:vpcaccess/connector:Connector":          "projects/{project}/locations/{region}/connectors/{name}",
	"gcp:storage/bucket:Bucket":                  "{project}/{name}",
}

// repeatable are the types whose creation does no harm the second time: a
// service that is on stays on, and a member of a role is a member once.
var repeatable = map[string]bool{
	"gcp:projects/service:Service":                                 true,
	"gcp:projects/iAMMember:IAMMember":                             true,
	"gcp:serviceaccount/iAMMember:IAMMember":                       true,
	"gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": true,
	"gcp:secretmanager/secretIamMember:SecretIamMember":            true,
	"gcp:storage/bucketIAMMember:BucketIAMMember":                  true,
}

// Find is the infra.Finder for the package gcp: it looks for what an
// interrupted creation may have made, by its name.
func Find(ctx context.Context, u infra.Unfinished, call infra.Invoke) ([]infra.Candidate, error) {
	if repeatable[u.Type] {
		return nil, nil
	}
	if form, ok := importForms[u.Type]; ok {
		id, err := fill(form, u)
		if err != nil {
			return nil, err
		}
		return []infra.Candidate{{ID: id, Import: true}}, nil
	}
	switch u.Type {
	case "gcp:secretmanager/secretVersion:SecretVersion":
		return findVersion(ctx, u, call)
	case "gcp:servicenetworking/connection:Connection":
		network, _ := u.Inputs["network"].(string)
		service, _ := u.Inputs["service"].(string)
		if i := strings.Index(network, "projects/"); i > 0 {
			network = network[i:]
		}
		return []infra.Candidate{{ID: url.PathEscape(network) + ":" + service}}, nil
	}
	return nil, fmt.Errorf("it is not known how to look for a %s", u.Type)
}

// fill puts inputs, or else the provider's configuration, into a form.
func fill(form string, u infra.Unfinished) (string, error) {
	var b strings.Builder
	for form != "" {
		text, rest, more := strings.Cut(form, "{")
		b.WriteString(text)
		if !more {
			break
		}
		name, after, _ := strings.Cut(rest, "}")
		value, _ := u.Inputs[name].(string)
		if value == "" {
			value, _ = u.Config[name].(string)
		}
		if value == "" {
			return "", fmt.Errorf("its input %s is not known", name)
		}
		// A network or router may be named by its link.
		b.WriteString(value[strings.LastIndex(value, "/")+1:])
		form = after
	}
	return b.String(), nil
}

func findVersion(ctx context.Context, u infra.Unfinished, call infra.Invoke) ([]infra.Candidate, error) {
	secret, _ := u.Inputs["secret"].(string)
	args := map[string]any{"secret": secret[strings.LastIndex(secret, "/")+1:]}
	if parts := strings.Split(secret, "/"); len(parts) > 1 && parts[0] == "projects" {
		args["project"] = parts[1]
	}
	res, err := call(ctx, "gcp:secretmanager/getSecretVersion:getSecretVersion", args)
	if err != nil {
		// A secret without a version is an error of the look-up itself.
		if strings.Contains(err.Error(), "404") {
			return nil, nil
		}
		return nil, err
	}
	name, _ := res["name"].(string)
	return []infra.Candidate{{ID: name}}, nil
}

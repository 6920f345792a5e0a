package cloudsim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// gcpImage is one of the public images.
type gcpImage struct {
	project, family, name string
	diskGB                int
}

// gcpImages are public images, the newest of a family last.
// Source: Compute Engine documentation, "Operating system details", 2025-05.
var gcpImages = []gcpImage{
	{"ubuntu-os-cloud", "ubuntu-2404-lts-amd64", "ubuntu-2404-noble-amd64-v20250523", 10},
	{"ubuntu-os-cloud", "ubuntu-2404-lts-amd64", "ubuntu-2404-noble-amd64-v20250818", 10},
	{"ubuntu-os-cloud", "ubuntu-2404-lts-arm64", "ubuntu-2404-noble-arm64-v20250818", 10},
	{"ubuntu-os-cloud", "ubuntu-2204-lts", "ubuntu-2204-jammy-v20250815", 10},
	{"debian-cloud", "debian-12", "debian-12-bookworm-v20250709", 10},
	{"debian-cloud", "debian-12-arm64", "debian-12-bookworm-arm64-v20250709", 10},
	{"cos-cloud", "cos-stable", "cos-stable-121-18867-199-38", 10},
}

func (i *gcpImage) link() string {
	return computeAPI + "projects/" + i.project + "/global/images/" + i.name
}

// resolveImage finds an image by any of the forms that a boot disk takes: a
// link to an image or a family, PROJECT/NAME, or a bare name of a public one.
func resolveImage(ref string) *gcpImage {
	ref = relative(ref)
	ref = strings.TrimPrefix(ref, "projects/")
	ref = strings.NewReplacer("/global/images/family/", "/", "/global/images/", "/").Replace(ref)
	ref = strings.TrimPrefix(strings.TrimPrefix(ref, "global/images/family/"), "global/images/")
	in, name, ok := strings.Cut(ref, "/")
	if !ok {
		in, name = "", ref
	}
	for n := len(gcpImages) - 1; n >= 0; n-- {
		i := &gcpImages[n]
		if (in == "" || in == i.project) && (name == i.family || name == i.name) {
			return i
		}
	}
	return nil
}

var gcpFunctionRows = []*function{
	{
		token: "gcp:compute/getImage:getImage", noun: "image", source: gcpVersion + " data_source_google_compute_image",
		run: func(c *call) (resource.PropertyMap, error) {
			project := firstText(text(c.in, "project"), c.at.account)
			wanted := firstText(text(c.in, "name"), text(c.in, "family"))
			if wanted == "" {
				return nil, fmt.Errorf("one of name, family or filter must be given")
			}
			i := resolveImage(project + "/" + wanted)
			if i == nil || text(c.in, "family") != "" && i.family != wanted {
				return nil, fmt.Errorf("error retrieving image information: googleapi: Error 404: The resource 'projects/%s/global/images/%s' was not found, notFound", project, wanted)
			}
			return propertyMap(Props{
				"id": "projects/" + i.project + "/global/images/" + i.name, "name": i.name, "family": i.family, "project": i.project,
				"selfLink": i.link(), "diskSizeGb": i.diskGB, "archiveSizeBytes": 1158266176, "creationTimestamp": "2025-05-23T10:00:00.000-07:00",
				"description": i.name, "imageEncryptionKeySha256": "", "imageId": c.id, "labelFingerprint": "42WmSpB8rSM=", "labels": map[string]any{},
				"licenses":   []any{computeAPI + "projects/" + i.project + "/global/licenses/" + i.family},
				"sourceDisk": "", "sourceDiskEncryptionKeySha256": "", "sourceDiskId": "", "sourceImageId": "", "status": "READY",
			}), nil
		},
	},
	{
		token: "gcp:compute/getZones:getZones", noun: "zones", source: gcpVersion + " data_source_google_compute_zones",
		run: func(c *call) (resource.PropertyMap, error) {
			region := firstText(text(c.in, "region"), c.at.region)
			letters := gcpRegions[region]
			if letters == "" {
				return nil, fmt.Errorf("region %q: want a GCP region, given here or as gcp:region", region)
			}
			var names []string
			if status := text(c.in, "status"); status == "" || status == "UP" {
				for _, l := range letters {
					names = append(names, region+"-"+string(l))
				}
			}
			project := firstText(text(c.in, "project"), c.at.account)
			return resource.PropertyMap{
				"id": str("projects/" + project + "/regions/" + region), "names": strs(names...), "project": str(project), "region": str(region),
			}, nil
		},
	},
	{
		token: "gcp:organizations/getProject:getProject", noun: "project", source: gcpVersion + " data_source_google_project",
		run: func(c *call) (resource.PropertyMap, error) {
			project := firstText(text(c.in, "projectId"), c.at.account)
			if project == "" {
				return nil, fmt.Errorf("no project: give projectId, or set gcp:project")
			}
			return propertyMap(Props{
				"id": "projects/" + project, "projectId": project, "name": project, "number": projectNumber(c, project), "orgId": "", "folderId": "",
				"billingAccount": "", "autoCreateNetwork": false, "deletionPolicy": "PREVENT", "skipDelete": true,
				"labels": map[string]any{}, "effectiveLabels": map[string]any{}, "pulumiLabels": map[string]any{},
			}), nil
		},
	},
	{
		token: "gcp:organizations/getClientConfig:getClientConfig", noun: "client config", source: gcpVersion + " data_source_google_client_config",
		run: func(c *call) (resource.PropertyMap, error) {
			m := propertyMap(Props{
				"id": "projects/" + c.at.account + "/regions/" + c.at.region + "/zones/" + c.at.zone, "project": c.at.account, "region": c.at.region, "zone": c.at.zone,
			})
			m["accessToken"] = resource.MakeSecret(str("ya29.simulated-" + c.random("token", lowers, 40)))
			return m, nil
		},
	},
	{
		token: "gcp:projects/getProject:getProject", noun: "projects", source: gcpVersion + " data_source_google_projects",
		run: func(c *call) (resource.PropertyMap, error) {
			found := []any{}
			filter := text(c.in, "filter")
			if slices.Contains([]string{"id:" + c.at.account, "projectId:" + c.at.account, "name:" + c.at.account, "lifecycleState:ACTIVE", "*"}, filter) {
				found = append(found, map[string]any{
					"projectId": c.at.account, "name": c.at.account, "number": projectNumber(c, c.at.account), "lifecycleState": "ACTIVE",
					"createTime": "2025-01-01T00:00:00Z", "labels": map[string]any{}, "parent": map[string]any{},
				})
			}
			return propertyMap(Props{"id": filter, "projects": found}), nil
		},
	},
}

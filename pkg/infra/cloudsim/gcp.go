package cloudsim

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// gcpVersion is the upstream provider that pulumi-gcp 7.38.0 wraps; the rows'
// facts are from it.
const gcpVersion = "terraform-provider-google-beta v5.44.0"

// computeAPI begins Compute Engine's self links.
const computeAPI = "https://www.googleapis.com/compute/v1/"

var gcpCloud = &cloud{name: "gcp", version: GCPVersion, shapes: loadShapes["gcp"]}

func init() {
	gcpCloud.rows = index(gcpProjects, gcpAccounts, gcpNetworks, gcpCompute, gcpRouters, gcpSQL, gcpServiceNetworking, gcpRegistry, gcpSecrets, gcpStorage)
	gcpCloud.functions = indexFunctions(gcpFunctionRows, gcpFindFunctions)
	gcpCloud.render = renderGCP
	gcpCloud.common = commonGCP
	gcpCloud.configure = configureGCP
	gcpCloud.faults = map[FaultKind]func(*call, Op) fault{
		Throttle:    func(*call, Op) fault { return fault{403, "rateLimitExceeded", "Rate Limit Exceeded"} },
		ServerError: func(*call, Op) fault { return fault{503, "backendError", "The service is currently unavailable."} },
		AccessDenied: func(c *call, op Op) fault {
			return fault{403, "forbidden", "Required '" + c.permission(op) + "' permission for '%s'"}
		},
		ExpiredCredentials: func(*call, Op) fault {
			return fault{401, "authError", "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential."}
		},
		QuotaExceeded: func(c *call, _ Op) fault {
			return fault{403, "quotaExceeded", fmt.Sprintf("Quota '%s' exceeded.", firstText(c.row.quotaCode, strings.ToUpper(c.row.kindName)))}
		},
		ClockSkew: func(*call, Op) fault {
			return fault{400, "invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."}
		},
		RegionOff: func(*call, Op) fault {
			return fault{403, "forbidden", "Permission denied on 'locations/%s' (or it may not exist)."}
		},
		NoRoom: func(*call, Op) fault {
			return fault{0, "IP_SPACE_EXHAUSTED", "IP space of '%s' is exhausted."}
		},
		TimeoutBefore: func(*call, Op) fault {
			return fault{0, "", "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"}
		},
		TimeoutAfter: func(*call, Op) fault {
			return fault{0, "", "Error waiting for completion: timeout while waiting for state to become 'DONE' (last state: 'RUNNING')"}
		},
		AnswerLost: func(*call, Op) fault { return fault{0, "", "read: connection reset by peer"} },
		gone:       func(*call, Op) fault { return fault{404, "notFound", "The resource '%s' was not found"} },
		exists:     func(*call, Op) fault { return fault{409, "alreadyExists", "The resource '%s' already exists"} },
	}
}

// permission is the IAM permission that an operation needs.
func (c *call) permission(op Op) string {
	verb := map[Op]string{OpCreate: "create", OpRead: "get", OpUpdate: "update", OpDelete: "delete", OpInvoke: "get"}[op]
	if c.fn != nil {
		return strings.ReplaceAll(strings.TrimPrefix(c.fn.token[:strings.LastIndexByte(c.fn.token, '/')], "gcp:"), ":", ".") + "." + verb
	}
	return c.row.service + "." + c.row.kindName + "." + verb
}

func renderGCP(c *call, op Op, f *fault, value string) string {
	verb := map[Op]string{OpCreate: "creating", OpRead: "reading", OpUpdate: "updating", OpDelete: "deleting", OpInvoke: "reading"}[op]
	noun := c.row.noun
	if c.fn != nil {
		noun = c.fn.noun
	}
	says := f.says
	if strings.Contains(says, "%s") {
		says = fmt.Sprintf(says, value)
	}
	switch {
	case f.status == 0:
		return fmt.Sprintf("Error %s %s: %s", verb, noun, says)
	case f.code == "":
		return fmt.Sprintf("Error %s %s: googleapi: Error %d: %s", verb, noun, f.status, says)
	}
	return fmt.Sprintf("Error %s %s: googleapi: Error %d: %s, %s", verb, noun, f.status, says, f.code)
}

// commonGCP adds what every type takes from the provider when it is not given:
// the project, the region, the zone, and labels.
func commonGCP(c *call) {
	sh := c.cloud.shapes().Resources[c.row.token]
	for key, value := range map[resource.PropertyKey]string{"project": c.at.account, "region": c.at.region, "zone": c.at.zone} {
		_, is := sh.Out[string(key)]
		if is && isAbsent(c.out[key]) && value != "" && !(c.row.global && key != "project") {
			c.out[key] = str(value)
		}
	}
	if _, ok := sh.Out["effectiveLabels"]; !ok {
		return
	}
	labels := c.in["labels"]
	if isUnknown(labels) {
		c.out["effectiveLabels"], c.out["pulumiLabels"] = resource.MakeComputed(str("")), resource.MakeComputed(str(""))
		return
	}
	all := resource.PropertyMap{}
	for k, v := range c.at.tags {
		all[resource.PropertyKey(k)] = str(v)
	}
	if l := bare(labels); l.IsObject() {
		for k, v := range l.ObjectValue() {
			if k != "__defaults" {
				all[k] = v
			}
		}
	}
	c.out["effectiveLabels"] = resource.NewObjectProperty(all)
	c.out["pulumiLabels"] = resource.NewObjectProperty(all.Copy())
}

// gcpRegions are regions and the letters of their zones.
// Source: Compute Engine documentation, "Regions and zones", 2025-05.
var gcpRegions = map[string]string{
	"us-central1": "abcf", "us-east1": "bcd", "us-east4": "abc", "us-east5": "abc", "us-south1": "abc",
	"us-west1": "abc", "us-west2": "abc", "us-west3": "abc", "us-west4": "abc",
	"northamerica-northeast1": "abc", "northamerica-northeast2": "abc", "northamerica-south1": "abc",
	"southamerica-east1": "abc", "southamerica-west1": "abc",
	"europe-central2": "abc", "europe-north1": "abc", "europe-north2": "abc", "europe-southwest1": "abc",
	"europe-west1": "bcd", "europe-west2": "abc", "europe-west3": "abc", "europe-west4": "abc", "europe-west6": "abc",
	"europe-west8": "abc", "europe-west9": "abc", "europe-west10": "abc", "europe-west12": "abc",
	"asia-east1": "abc", "asia-east2": "abc", "asia-northeast1": "abc", "asia-northeast2": "abc", "asia-northeast3": "abc",
	"asia-south1": "abc", "asia-south2": "abc", "asia-southeast1": "abc", "asia-southeast2": "abc",
	"australia-southeast1": "abc", "australia-southeast2": "abc", "me-central1": "abc", "me-central2": "abc", "me-west1": "abc",
	"africa-south1": "abc",
}

func configureGCP(cfg resource.PropertyMap) (where, []problem) {
	at := where{account: text(cfg, "project"), region: text(cfg, "region"), zone: text(cfg, "zone"), tags: map[string]string{}}
	var found []problem
	if at.account != "" && !matches(`([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]`, at.account) {
		found = append(found, problem{"project", fmt.Sprintf("%q is not a project id: want 6 to 30 lowercase letters, digits and hyphens", at.account)})
	}
	if at.region != "" && gcpRegions[at.region] == "" {
		found = append(found, problem{"region", fmt.Sprintf("%q is not a GCP region; want one such as europe-west1", at.region)})
	}
	if at.zone != "" && !isZone(at.zone) {
		found = append(found, problem{"zone", fmt.Sprintf("%q is not a GCP zone; want one such as europe-west1-b", at.zone)})
	}
	for k, v := range nested(cfg["defaultLabels"], "") {
		at.tags[k] = v
	}
	return at, found
}

func isZone(zone string) bool {
	i := strings.LastIndexByte(zone, '-')
	return i > 0 && len(zone) == i+2 && strings.Contains(gcpRegions[zone[:i]], zone[i+1:])
}

func regionOf(zone string) string {
	if i := strings.LastIndexByte(zone, '-'); i > 0 {
		return zone[:i]
	}
	return ""
}

// projectNumber is the number that goes with a project's id.
func projectNumber(c *call, project string) string {
	n := *c
	r := *c.row
	r.token, n.row, n.urn, n.serial = "project", &r, project, 0
	return "1" + n.random("number", digits, 11)
}

// saying is an error in a provider's own words, capitals and full stops too.
func saying(format string, args ...any) error { return fmt.Errorf(format, args...) }

// needProject is the provider's complaint when no project is known.
func needProject(c *call) error {
	if text(c.out, "project") == "" {
		return saying("Error creating %s: project: required field is not set; set gcp:project", c.row.noun)
	}
	return nil
}

// needService: in a new project a service is off until it is enabled.
func needService(c *call, service string) error {
	if !c.sim.newGCP {
		return nil
	}
	for _, o := range c.list(tokenService) {
		if o.Account == c.account() && o.text("service") == service {
			return nil
		}
	}
	return c.refuse(fault{403, "accessNotConfigured", "The service %s has not been used in project " + c.account() +
		" before or it is disabled. Enable it, then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry."}, service)
}

// gcpNeeds runs before a row's own verify: where the thing is, and whether its
// service is on.
func gcpNeeds(r *row, service string) {
	own := r.verify
	r.verify = func(c *call) error {
		if _, has := c.cloud.shapes().Resources[c.row.token].Out["project"]; has {
			if err := needProject(c); err != nil {
				return err
			}
		}
		if region := text(c.out, "region"); region != "" && gcpRegions[region] == "" {
			return c.refuse(fault{404, "notFound", "The resource 'projects/" + c.account() + "/regions/%s' was not found"}, region)
		}
		if err := needService(c, service); err != nil {
			return err
		}
		if own != nil {
			return own(c)
		}
		return nil
	}
}

// of sets a service for all rows of one API.
func of(service string, rows ...*row) []*row {
	for _, r := range rows {
		gcpNeeds(r, service)
	}
	return rows
}

package cloudsim

import (
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

const (
	tokenRegistry  = "gcp:artifactregistry/repository:Repository"
	tokenSecretGCP = "gcp:secretmanager/secret:Secret"
	tokenBucketGCP = "gcp:storage/bucket:Bucket"
)

func overlap(a, b string) bool {
	p, err := netip.ParsePrefix(a)
	q, qerr := netip.ParsePrefix(b)
	return err == nil && qerr == nil && p.Overlaps(q)
}

var gcpRouters = of("compute.googleapis.com",
	&row{
		token: tokenRouter, noun: "Router", service: "compute", kindName: "routers",
		source:  gcpVersion + " compute_router; Compute API routers.insert; quota: ROUTERS",
		id:      "projects/{project}/regions/{region}/routers/{name}",
		outputs: Props{"selfLink": computeAPI + "{id}", "creationTimestamp": "{now}"},
		replace: []string{"name", "project", "region", "network", "encryptedInterconnectRouter"},
		links:   []string{"network"}, nameRule: computeName, nameSays: computeNameSays,
		refs:    []ref{networkAt("network", block)},
		compute: linkNetwork,
		inUse:   inUseBy, quota: 20, quotaCode: "ROUTERS",
		takes: 15 * time.Second,
	},
	&row{
		token: "gcp:compute/routerNat:RouterNat", noun: "RouterNat", service: "compute", kindName: "routers",
		source:   gcpVersion + " compute_router_nat; Compute API routers.patch",
		id:       "{project}/{region}/{router}/{name}",
		importID: "projects/{project}/regions/{region}/routers/{router}/{name}",
		defaults: Props{"icmpIdleTimeoutSec": 30, "tcpEstablishedIdleTimeoutSec": 1200, "tcpTimeWaitTimeoutSec": 120, "tcpTransitoryIdleTimeoutSec": 30, "udpIdleTimeoutSec": 30},
		outputs: Props{
			"autoNetworkTier": "PREMIUM", "enableDynamicPortAllocation": false, "enableEndpointIndependentMapping": false,
			"endpointTypes": []any{"ENDPOINT_TYPE_VM"}, "minPortsPerVm": 0, "natIpAllocateOption": "AUTO_ONLY", "type": "PUBLIC",
		},
		replace: []string{"name", "project", "region", "router", "type", "endpointTypes"},
		sets:    []string{"natIps", "subnetworks", "drainNatIps"}, links: []string{"router", "natIps[]", "subnetworks[].name"},
		nameRule: computeName, nameSays: computeNameSays,
		limits: []limit{
			{path: "sourceSubnetworkIpRangesToNat", oneOf: []string{"ALL_SUBNETWORKS_ALL_IP_RANGES", "ALL_SUBNETWORKS_ALL_PRIMARY_IP_RANGES", "LIST_OF_SUBNETWORKS"}},
			{path: "natIpAllocateOption", oneOf: []string{"MANUAL_ONLY", "AUTO_ONLY"}},
		},
		check: func(c *call) []problem {
			if text(c.in, "natIpAllocateOption") == "MANUAL_ONLY" && !given(c.in, "natIps[]") {
				return []problem{{"natIps", "is required when natIpAllocateOption is MANUAL_ONLY"}}
			}
			if text(c.in, "sourceSubnetworkIpRangesToNat") == "LIST_OF_SUBNETWORKS" && !given(c.in, "subnetworks[]") {
				return []problem{{"subnetworks", "is required when sourceSubnetworkIpRangesToNat is LIST_OF_SUBNETWORKS"}}
			}
			return nil
		},
		refs: []ref{
			{path: "router", typ: tokenRouter, by: byLink, err: notThere, onDelete: cascade},
			{path: "natIps[]", typ: tokenAddress, by: byLink, err: notThere, onDelete: block},
			{path: "subnetworks[].name", typ: tokenSubnetwork, by: byLink, err: notThere, onDelete: block},
		},
		takes: 15 * time.Second,
	},
)

var gcpRegistry = of("artifactregistry.googleapis.com",
	&row{
		token: tokenRegistry, noun: "Repository", service: "artifactregistry", kindName: "repositories", global: true,
		source:   gcpVersion + " artifact_registry_repository; Artifact Registry API repositories.create",
		id:       "projects/{project}/locations/{location}/repositories/{repositoryId}",
		defaults: Props{"mode": "STANDARD_REPOSITORY"},
		outputs:  Props{"name": "{repositoryId}", "createTime": "{now}", "updateTime": "{now}", "location": "{region}"},
		replace:  []string{"project", "location", "repositoryId", "format", "kmsKeyName", "mode"},
		limits: []limit{
			{path: "repositoryId", pattern: `[a-z]([-a-z0-9]{0,61}[a-z0-9])?`, says: "must begin with a lowercase letter and hold only lowercase letters, digits and hyphens"},
			{path: "format", pattern: `(?i)(docker|maven|npm|python|apt|yum|googet|go|generic|kfp)`, says: "is not a format such as DOCKER"},
			{path: "mode", oneOf: []string{"STANDARD_REPOSITORY", "VIRTUAL_REPOSITORY", "REMOTE_REPOSITORY"}},
		},
		takes: 12 * time.Second,
	},
	membership(row{
		token: "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember", noun: "IAM Member for repository", service: "artifactregistry", kindName: "repositories",
		source: gcpVersion + " artifact_registry_repository_iam; Artifact Registry API repositories.setIamPolicy",
		id:     "projects/{project}/locations/{location}/repositories/{short:repository}/{role}/{member}", replace: []string{"repository", "project", "location"},
		refs: []ref{{path: "repository", typ: tokenRegistry, by: []string{"id", "name", "repositoryId"}, err: notThere, onDelete: cascade}},
	}),
)

var gcpSecrets = of("secretmanager.googleapis.com",
	&row{
		token: tokenSecretGCP, noun: "Secret", service: "secretmanager", kindName: "secrets", global: true,
		source: gcpVersion + " secret_manager_secret; Secret Manager API secrets.create",
		id:     "projects/{project}/secrets/{secretId}",
		outputs: Props{
			"name": "projects/{project}/secrets/{secretId}", "createTime": "{now}", "effectiveAnnotations": Props{}, "expireTime": "",
		},
		replace:   []string{"secretId", "project", "replication"},
		conflicts: [][]string{{"expireTime", "ttl"}},
		limits:    []limit{{path: "secretId", pattern: `[a-zA-Z0-9_-]{1,255}`, says: "must be 1 to 255 letters, digits, hyphens and underscores"}},
		check: func(c *call) []problem {
			if set := c.set([]string{"replication.auto", "replication.userManaged"}); len(set) != 1 && !isUnknown(c.in["replication"]) {
				return []problem{{"replication", "one of auto, userManaged must be given, and only one"}}
			}
			return nil
		},
		takes: 2 * time.Second,
	},
	&row{
		token: "gcp:secretmanager/secretVersion:SecretVersion", noun: "SecretVersion", service: "secretmanager", kindName: "versions", global: true,
		source:   gcpVersion + " secret_manager_secret_version; Secret Manager API secrets.addVersion",
		id:       "", // set by compute: it counts
		defaults: Props{"deletionPolicy": "DELETE", "enabled": true, "isSecretDataBase64": false},
		outputs:  Props{"createTime": "{now}", "destroyTime": "", "name": "", "version": ""},
		secrets:  []string{"secretData"},
		replace:  []string{"secret", "secretData", "isSecretDataBase64"},
		limits:   []limit{{path: "secretData", maxLen: 65536}, {path: "deletionPolicy", oneOf: []string{"DELETE", "DISABLE", "ABANDON"}}},
		refs:     []ref{{path: "secret", typ: tokenSecretGCP, by: []string{"id", "name", "secretId"}, err: notThere, onDelete: cascade}},
		compute:  computeVersion,
		created: func(c *call) error {
			if secret := c.find(tokenSecretGCP, text(c.out, "secret"), "id", "name", "secretId"); secret != nil {
				c.tx.bump("versions of " + secret.ID)
			}
			return nil
		},
		takes: 2 * time.Second,
	},
	membership(row{
		token: "gcp:secretmanager/secretIamMember:SecretIamMember", noun: "IAM Member for secret", service: "secretmanager", kindName: "secrets",
		source: gcpVersion + " secret_manager_secret_iam; Secret Manager API secrets.setIamPolicy",
		id:     "projects/{project}/secrets/{short:secretId}/{role}/{member}", replace: []string{"secretId", "project"},
		refs: []ref{{path: "secretId", typ: tokenSecretGCP, by: []string{"id", "name", "secretId"}, err: notThere, onDelete: cascade}},
	}),
)

// computeVersion numbers a secret's versions from 1; a number is not used again.
func computeVersion(c *call) {
	if c.self != nil || c.tx == nil {
		for _, name := range []resource.PropertyKey{"version", "name"} {
			if v, ok := c.old[name]; ok {
				c.out[name] = v
			}
		}
		return
	}
	secret := c.find(tokenSecretGCP, text(c.out, "secret"), "id", "name", "secretId")
	if secret == nil {
		return
	}
	newest := c.tx.serial("versions of "+secret.ID) + 1
	c.id = "projects/" + projectNumber(c, secret.Account) + "/secrets/" + shortName(secret.ID) + "/versions/" + strconv.Itoa(newest)
	c.out["version"], c.out["name"] = str(strconv.Itoa(newest)), str(c.id)
}

func gcpBucket() *row {
	return &row{
		token: tokenBucketGCP, noun: "bucket", service: "storage", kindName: "buckets", global: true,
		source:   gcpVersion + " storage_bucket; Cloud Storage API buckets.insert",
		id:       "{name}",
		importID: "{project}/{name}",
		defaults: Props{"forceDestroy": false, "storageClass": "STANDARD"},
		outputs: Props{
			"selfLink": "https://www.googleapis.com/storage/v1/b/{name}", "url": "gs://{name}", "projectNumber": 0, "publicAccessPrevention": "inherited",
			"uniformBucketLevelAccess": false, "rpo": "", "softDeletePolicy": Props{"retentionDurationSeconds": 604800, "effectiveTime": "{now}"},
			"website": Props{}, "defaultEventBasedHold": false, "enableObjectRetention": false, "requesterPays": false,
		},
		replace:  []string{"name", "project", "customPlacementConfig", "enableObjectRetention", "location"},
		nameRule: `[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]`, nameSays: "must be 3 to 222 lowercase letters, digits, hyphens, underscores and dots",
		limits: []limit{
			{path: "publicAccessPrevention", oneOf: []string{"inherited", "enforced"}},
			{path: "storageClass", oneOf: []string{"STANDARD", "MULTI_REGIONAL", "REGIONAL", "NEARLINE", "COLDLINE", "ARCHIVE"}},
		},
		unique: []unique{{paths: []string{"name"}, err: fault{409, "conflict", "The requested bucket name is not available: %s. The bucket namespace is shared by all users of the system. Please select a different name and try again."}}},
		compute: func(c *call) {
			if n, err := strconv.ParseFloat(projectNumber(c, c.account()), 64); err == nil {
				c.out["projectNumber"] = propertyValue(n)
			}
		},
		takes: 2 * time.Second,
	}
}

var gcpStorage = of("storage.googleapis.com", gcpBucket(), membership(row{
	token: "gcp:storage/bucketIAMMember:BucketIAMMember", noun: "IAM Member for bucket", service: "storage", kindName: "buckets",
	source: gcpVersion + " storage_bucket_iam; Cloud Storage API buckets.setIamPolicy",
	id:     "b/{bucket}/{role}/{member}", replace: []string{"bucket"},
	refs: []ref{{path: "bucket", typ: tokenBucketGCP, by: []string{"name", "id"}, err: notThere, onDelete: cascade}},
	verify: func(c *call) error {
		bucket := c.find(tokenBucketGCP, text(c.out, "bucket"), "name", "id")
		public := slices.Contains([]string{"allUsers", "allAuthenticatedUsers"}, text(c.out, "member"))
		if public && bucket.text("publicAccessPrevention") == "enforced" {
			return c.refuse(fault{412, "conditionNotMet", "The member bindings allUsers and allAuthenticatedUsers are not allowed since public access prevention is enforced."}, "")
		}
		return nil
	},
}))

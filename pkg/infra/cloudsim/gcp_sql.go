package cloudsim

import (
	"net/url"
	"slices"
	"time"

	"github.com/pilot-framework/pilot/internal/machinetype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

const (
	tokenSQL     = "gcp:sql/databaseInstance:DatabaseInstance"
	tokenPeering = "gcp:servicenetworking/connection:Connection"
)

var noSQL = fault{404, "instanceDoesNotExist", "The Cloud SQL instance does not exist: %s"}

var gcpSQL = of("sqladmin.googleapis.com",
	&row{
		token: tokenSQL, noun: "instance", service: "cloudsql", kindName: "instances",
		source:   gcpVersion + " sql_database_instance; Cloud SQL Admin API instances.insert, delete; quota: 100 a project",
		id:       "{name}",
		importID: "projects/{project}/instances/{name}",
		defaults: Props{"deletionProtection": true},
		outputs: Props{
			"selfLink":       "https://sqladmin.googleapis.com/sql/v1beta4/projects/{project}/instances/{name}",
			"connectionName": "{project}:{region}:{name}", "firstIpAddress": "", "privateIpAddress": "", "publicIpAddress": "", "dnsName": "",
			"ipAddresses": []any{}, "serviceAccountEmailAddress": "p{digits:12}-{lower:6}@gcp-sa-cloud-sql.iam.gserviceaccount.com",
			"pscServiceAttachmentLink": "", "availableMaintenanceVersions": []any{}, "maintenanceVersion": "{databaseVersion}.R20250302.00_04",
			"instanceType": "CLOUD_SQL_INSTANCE", "encryptionKeyName": "", "masterInstanceName": "",
			"serverCaCerts": []any{Props{
				"cert": "-----BEGIN CERTIFICATE-----\n{letters:64}\n-----END CERTIFICATE-----", "commonName": "C=US,O=Google\\, Inc,CN=Google Cloud SQL Server CA",
				"createTime": "{now}", "expirationTime": "2035-01-01T00:00:00Z", "sha1Fingerprint": "{hex:40}",
			}},
			"settings.activationPolicy": "ALWAYS", "settings.availabilityType": "ZONAL", "settings.connectorEnforcement": "NOT_REQUIRED",
			"settings.diskAutoresize": true, "settings.diskAutoresizeLimit": 0, "settings.diskSize": 10, "settings.diskType": "PD_SSD",
			"settings.edition": "ENTERPRISE", "settings.pricingPlan": "PER_USE", "settings.version": 1, "settings.deletionProtectionEnabled": false,
			"settings.backupConfiguration.startTime": "03:00", "settings.backupConfiguration.transactionLogRetentionDays": 7,
			"settings.ipConfiguration.serverCaMode": "GOOGLE_MANAGED_INTERNAL_CA", "settings.ipConfiguration.sslMode": "ALLOW_UNENCRYPTED_AND_ENCRYPTED",
			"settings.ipConfiguration.ipv4Enabled": true,
		},
		secrets: []string{"rootPassword"},
		replace: []string{"name", "project", "region", "masterInstanceName", "encryptionKeyName", "restoreBackupContext", "clone"},
		replaceIf: func(olds, news resource.PropertyMap) []string {
			var rules []string
			before, _ := number(olds, "settings.diskSize")
			if after, ok := number(news, "settings.diskSize"); ok && after < before {
				rules = append(rules, "settings.diskSize")
			}
			if given(olds, "settings.ipConfiguration.privateNetwork") && !given(news, "settings.ipConfiguration.privateNetwork") {
				rules = append(rules, "settings.ipConfiguration.privateNetwork")
			}
			return rules
		},
		sets:     []string{"settings.databaseFlags", "settings.ipConfiguration.authorizedNetworks"},
		links:    []string{"settings.ipConfiguration.privateNetwork"},
		nameRule: `[a-z]([a-z0-9-]{0,96}[a-z0-9])?`, nameSays: "must begin with a lowercase letter and hold only lowercase letters, digits and hyphens",
		limits: []limit{
			{path: "databaseVersion", pattern: `POSTGRES_(9_6|1[0-7])|MYSQL_(5_[67]|8_[04].*)|SQLSERVER_20.*`, says: "is not a version such as POSTGRES_16"},
			{path: "settings.tier", pattern: machinetype.CloudSQL, says: "is not a tier such as db-f1-micro or db-custom-2-7680"},
			{path: "settings.availabilityType", oneOf: []string{"ZONAL", "REGIONAL"}},
			{path: "settings.diskType", oneOf: []string{"PD_SSD", "PD_HDD", "HYPERDISK_BALANCED"}},
			{path: "settings.edition", oneOf: []string{"ENTERPRISE", "ENTERPRISE_PLUS"}},
			{path: "settings.backupConfiguration.startTime", pattern: `([01]\d|2[0-3]):[0-5]\d`, says: "must be HH:MM"},
			{path: "settings.ipConfiguration.sslMode", oneOf: []string{"ALLOW_UNENCRYPTED_AND_ENCRYPTED", "ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"}},
		},
		check: func(c *call) []problem {
			if !given(c.in, "settings") && !given(c.in, "clone") {
				return []problem{{"settings", "is required when clone is not given"}}
			}
			if v := first(c.in, "settings.ipConfiguration.ipv4Enabled"); v.IsBool() && !v.BoolValue() &&
				!given(c.in, "settings.ipConfiguration.privateNetwork") && !given(c.in, "settings.ipConfiguration.pscConfigs[]") {
				return []problem{{"settings.ipConfiguration", "at least one of ipv4Enabled, privateNetwork or pscConfigs must be set"}}
			}
			return nil
		},
		refs: []ref{
			networkAt("settings.ipConfiguration.privateNetwork", block),
			{path: "masterInstanceName", typ: tokenSQL, by: []string{"name"}, err: noSQL, onDelete: block},
		},
		unique: []unique{{
			paths: []string{"name", "@account"}, retained: true,
			err:    fault{409, "instanceAlreadyExists", "The Cloud SQL instance already exists. When you delete an instance, you can't reuse the name of the deleted instance until one week from the deletion date."},
			retErr: fault{409, "instanceAlreadyExists", "The Cloud SQL instance already exists. When you delete an instance, you can't reuse the name of the deleted instance until one week from the deletion date."},
		}},
		verify: verifySQL, compute: computeSQL,
		protect: "deletionProtection", protectMsg: "cannot destroy instance without setting deletion_protection=false and running `pulumi up`: %s",
		inUse:  &fault{400, "invalid", "The instance %s has read replicas; delete them first"},
		retain: 7 * 24 * time.Hour,
		quota:  100, quotaCode: "INSTANCES_PER_PROJECT",
		takes: 8 * time.Minute,
	},
	&row{
		token: "gcp:sql/database:Database", noun: "Database", service: "cloudsql", kindName: "databases", global: true,
		source:   gcpVersion + " sql_database; Cloud SQL Admin API databases.insert",
		id:       "projects/{project}/instances/{instance}/databases/{name}",
		defaults: Props{"deletionPolicy": "DELETE"},
		outputs: Props{
			"selfLink": "https://sqladmin.googleapis.com/sql/v1beta4/{id}", "charset": "UTF8", "collation": "en_US.UTF8",
		},
		replace: []string{"name", "instance", "project"},
		refs:    []ref{{path: "instance", typ: tokenSQL, by: []string{"name"}, err: noSQL, onDelete: cascade}},
		takes:   3 * time.Second,
	},
	&row{
		token: "gcp:sql/user:User", noun: "user", service: "cloudsql", kindName: "users", global: true,
		source:   gcpVersion + " sql_user; Cloud SQL Admin API users.insert",
		id:       "{name}/{host}/{instance}",
		importID: "{project}/{instance}/{name}",
		outputs:  Props{"host": "", "type": "", "sqlServerUserDetails": []any{}},
		secrets:  []string{"password"},
		replace:  []string{"name", "instance", "host", "project", "type"},
		limits:   []limit{{path: "type", oneOf: []string{"", "BUILT_IN", "CLOUD_IAM_USER", "CLOUD_IAM_SERVICE_ACCOUNT", "CLOUD_IAM_GROUP"}}},
		refs:     []ref{{path: "instance", typ: tokenSQL, by: []string{"name"}, err: noSQL, onDelete: cascade}},
		verify: func(c *call) error {
			if text(c.out, "name") == "cloudsqladmin" {
				return c.refuse(fault{400, "invalid", "User name %s is reserved"}, "cloudsqladmin")
			}
			return nil
		},
		takes: 3 * time.Second,
	},
)

// verifySQL: a private address needs the peering of its network to be there.
func verifySQL(c *call) error {
	network := text(c.out, "settings.ipConfiguration.privateNetwork")
	if network == "" || c.self != nil {
		return nil
	}
	for _, peering := range c.list(tokenPeering) {
		if sameLink(peering.text("network"), network) {
			if name := text(c.out, "settings.ipConfiguration.allocatedIpRange"); name != "" && !slices.Contains(peering.texts("reservedPeeringRanges[]"), name) {
				return c.refuse(fault{400, "invalid", "Invalid request: Incorrect Service Networking config for instance: allocated IP range %s is not part of the connection."}, name)
			}
			return nil
		}
	}
	return c.refuse(fault{400, "invalid", "Invalid request: Incorrect Service Networking config for instance: " + c.account() + ":" + text(c.out, "name") +
		":SERVICE_NETWORKING_NOT_ENABLED. There is no private connection to the network %s."}, network)
}

func computeSQL(c *call) {
	private := given(c.out, "settings.ipConfiguration.privateNetwork")
	public := !given(c.out, "settings.ipConfiguration") || truth(c.out, "settings.ipConfiguration.ipv4Enabled")
	var addresses []any
	if public {
		ip := textOf(c.fill("{ip:35.240}", "public"))
		c.out["publicIpAddress"], c.out["firstIpAddress"] = str(ip), str(ip)
		addresses = append(addresses, map[string]any{"ipAddress": ip, "type": "PRIMARY", "timeToRetire": ""})
	}
	if private {
		ip := textOf(c.fill("{ip:10.77}", "private"))
		c.out["privateIpAddress"] = str(ip)
		if !public {
			c.out["firstIpAddress"] = str(ip)
		}
		addresses = append(addresses, map[string]any{"ipAddress": ip, "type": "PRIVATE", "timeToRetire": ""})
	}
	if addresses != nil {
		c.out["ipAddresses"] = propertyValue(addresses)
	}
}

var gcpServiceNetworking = append(of("servicenetworking.googleapis.com", &row{
	token: tokenPeering, noun: "Service Networking Connection", service: "servicenetworking", kindName: "services", global: true,
	source:   gcpVersion + " service_networking_connection; Service Networking API services.connections.create, deleteConnection",
	id:       "{service}", // set by compute: it holds the network's path, escaped
	outputs:  Props{"peering": "servicenetworking-googleapis-com"},
	required: []string{"reservedPeeringRanges"}, sets: []string{"reservedPeeringRanges"}, links: []string{"network"},
	replace: []string{"network", "service"},
	refs: []ref{
		networkAt("network", block),
		{path: "reservedPeeringRanges[]", typ: tokenGlobalAddr, by: []string{"name"}, onDelete: block,
			err: fault{400, "invalid", "Invalid IP range: allocated IP range '%s' not found in network."}},
	},
	compute: func(c *call) {
		network := text(c.out, "network")
		if c.tx != nil {
			if n := c.find(tokenNetwork, network, byLink...); n != nil {
				network = n.ID
			}
		}
		if c.self == nil {
			c.id = url.PathEscape(relative(network)) + ":" + text(c.out, "service")
		}
	},
	verify: func(c *call) error {
		for _, name := range texts(c.out, "reservedPeeringRanges[]") {
			if a := c.find(tokenGlobalAddr, name, "name"); a != nil && a.text("purpose") != "VPC_PEERING" {
				return c.refuse(fault{400, "invalid", "Allocated IP range '%s' is not for VPC peering."}, name)
			}
		}
		return nil
	},
	deleting: func(c *call) error {
		for _, db := range c.list(tokenSQL) {
			if sameLink(db.text("settings.ipConfiguration.privateNetwork"), c.self.text("network")) {
				return saying("Unable to remove Service Networking Connection, err: Error waiting for Delete Service Networking Connection: Error code 9, message: Failed to delete connection; Producer services (e.g. CloudSQL, Cloud Memstore, etc.) are still using this connection.")
			}
		}
		return nil
	},
	takes: 40 * time.Second,
}), of("vpcaccess.googleapis.com", &row{
	token: "gcp:vpcaccess/connector:Connector", noun: "Connector", service: "vpcaccess", kindName: "connectors",
	source:   gcpVersion + " vpc_access_connector; Serverless VPC Access API connectors.create",
	id:       "projects/{project}/locations/{region}/connectors/{name}",
	defaults: Props{"machineType": "e2-micro"},
	outputs: Props{
		"selfLink": "{id}", "state": "READY", "connectedProjects": []any{}, "minThroughput": 200, "maxThroughput": 300, "minInstances": 2, "maxInstances": 3,
	},
	replace: []string{"name", "project", "region", "network", "ipCidrRange", "subnet", "minThroughput", "maxThroughput"},
	exactly: [][]string{{"network", "subnet"}},
	links:   []string{"network"}, nameRule: `[a-z][-a-z0-9]{0,23}[a-z0-9]`, nameSays: "must be 2 to 25 lowercase letters, digits and hyphens, and begin with a letter",
	limits: []limit{
		{path: "minThroughput", min: 200, max: 1000}, {path: "maxThroughput", min: 200, max: 1000},
		{path: "minInstances", min: 2, max: 9}, {path: "maxInstances", min: 3, max: 10},
		{path: "machineType", oneOf: []string{"f1-micro", "e2-micro", "e2-standard-4"}},
	},
	check: func(c *call) []problem {
		found := checkCIDR(c.in, "ipCidrRange", 28, 28)
		if given(c.in, "network") && !given(c.in, "ipCidrRange") {
			found = append(found, problem{"ipCidrRange", "is required with network"})
		}
		return found
	},
	refs: []ref{
		networkAt("network", block),
		{path: "subnet.name", typ: tokenSubnetwork, by: byLink, err: notThere, onDelete: block},
	},
	verify: verifyConnector,
	takes:  2 * time.Minute,
})...)

// verifyConnector: its range is apart from the network's subnetworks.
func verifyConnector(c *call) error {
	if !given(c.out, "ipCidrRange") {
		return nil
	}
	for _, o := range c.list(tokenSubnetwork) {
		if sameLink(o.text("network"), text(c.out, "network")) && overlap(o.text("ipCidrRange"), text(c.out, "ipCidrRange")) {
			return c.refuse(fault{400, "failedPrecondition", "IP range %s overlaps with subnetwork " + shortName(o.ID)}, text(c.out, "ipCidrRange"))
		}
	}
	return nil
}

package cloudsim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pilot-framework/pilot/internal/machinetype"
)

const (
	tokenDBGroup  = "aws:rds/subnetGroup:SubnetGroup"
	tokenDBParams = "aws:rds/parameterGroup:ParameterGroup"
	tokenSnapshot = "aws:rds/snapshot:Snapshot" // what a final snapshot leaves behind; no resource makes one
)

const dbNameRule = `[a-z][a-z0-9]*(-[a-z0-9]+)*`

var awsRDS = []*row{
	{
		token: tokenDBGroup, noun: "RDS DB Subnet Group", service: "RDS",
		source:   awsVersion + " internal/service/rds/subnet_group.go; RDS API CreateDBSubnetGroup",
		api:      [4]string{"CreateDBSubnetGroup", "DescribeDBSubnetGroups", "ModifyDBSubnetGroup", "DeleteDBSubnetGroup"},
		id:       "{name}",
		defaults: Props{"description": "Managed by Pulumi"},
		outputs: Props{
			"arn": "arn:{partition}:rds:{region}:{account}:subgrp:{name}", "supportedNetworkTypes": []any{"IPV4"}, "vpcId": "", "namePrefix": "",
		},
		required: []string{"subnetIds"}, sets: []string{"subnetIds"},
		replace:   []string{"name", "namePrefix"},
		conflicts: [][]string{{"name", "namePrefix"}},
		nameRule:  `[a-z0-9 ._-]{1,255}`, nameSays: "only lowercase alphanumeric characters, hyphens, underscores, periods, and spaces allowed",
		refs: []ref{{path: "subnetIds[]", typ: tokenSubnet, onDelete: block,
			err: fault{400, "InvalidSubnet", "Some input subnets in :[%s] are invalid."}}},
		unique: []unique{{paths: []string{"name", "@region"}, err: fault{400, "DBSubnetGroupAlreadyExists", "The DB subnet group '%s' already exists."}}},
		verify: verifyDBGroup,
		compute: func(c *call) {
			if c.tx == nil {
				return
			}
			for _, id := range texts(c.out, "subnetIds[]") {
				if subnet := c.find(tokenSubnet, id); subnet != nil {
					c.out["vpcId"] = str(subnet.text("vpcId"))
				}
			}
		},
		inUse: &fault{400, "InvalidDBSubnetGroupStateFault", "Cannot delete the subnet group '%s' because at least one database instance is still using it."},
		takes: time.Second,
	},
	{
		token: tokenDBParams, noun: "RDS DB Parameter Group", service: "RDS",
		source:    awsVersion + " internal/service/rds/parameter_group.go; RDS API CreateDBParameterGroup",
		api:       [4]string{"CreateDBParameterGroup", "DescribeDBParameterGroups", "ModifyDBParameterGroup", "DeleteDBParameterGroup"},
		id:        "{name}",
		defaults:  Props{"description": "Managed by Pulumi", "skipDestroy": false},
		outputs:   Props{"arn": "arn:{partition}:rds:{region}:{account}:pg:{name}", "namePrefix": ""},
		sets:      []string{"parameters"},
		replace:   []string{"name", "namePrefix", "family", "description"},
		conflicts: [][]string{{"name", "namePrefix"}},
		nameRule:  `[a-zA-Z](-?[a-zA-Z0-9.]+)*`, nameSays: "only alphanumeric characters, periods, and hyphens allowed, first character a letter",
		limits: []limit{
			{path: "family", pattern: `(postgres\d+|mysql\d\.\d|mariadb\d+\.\d+|aurora-.+|oracle-.+|sqlserver-.+|db2-.+|custom-.+)`, says: "is not a valid parameter group family"},
			{path: "parameters[].applyMethod", oneOf: []string{"immediate", "pending-reboot"}},
		},
		unique: []unique{{paths: []string{"name", "@region"}, err: fault{400, "DBParameterGroupAlreadyExists", "Parameter group %s already exists"}}},
		inUse:  &fault{400, "InvalidDBParameterGroupState", "One or more database instances are still members of this parameter group %s, so the group cannot be deleted"},
		quota:  50, quotaCode: "DBParameterGroupQuotaExceeded", quotaSays: "DB parameter group quota exceeded",
		takes: 2 * time.Second,
	},
	{
		token: "aws:rds/instance:Instance", noun: "RDS DB Instance", service: "RDS",
		source: awsVersion + " internal/service/rds/instance.go; RDS API CreateDBInstance, DeleteDBInstance; quota: RDS quotas",
		api:    [4]string{"CreateDBInstance", "DescribeDBInstances", "ModifyDBInstance", "DeleteDBInstance"},
		id:     "db-{upper:26}", importID: "{identifier}", noName: true,
		defaults: Props{
			"applyImmediately": false, "autoMinorVersionUpgrade": true, "copyTagsToSnapshot": false, "deleteAutomatedBackups": true,
			"monitoringInterval": 0, "publiclyAccessible": false, "skipFinalSnapshot": false,
		},
		outputs: Props{
			"arn": "arn:{partition}:rds:{region}:{account}:db:{identifier}", "resourceId": "{id}", "status": "available",
			"address": "{identifier}.c{lower:11}.{region}.rds.amazonaws.com", "endpoint": "{address}:{port}",
			"identifier": "terraform-20{digits:24}", "identifierPrefix": "", "port": 5432, "engineVersion": "", "engineVersionActual": "",
			"hostedZoneId": "Z{upper:13}", "availabilityZone": "", "backupRetentionPeriod": 0, "backupTarget": "region",
			"backupWindow": "03:00-03:30", "maintenanceWindow": "sun:05:00-sun:05:30", "caCertIdentifier": "rds-ca-rsa2048-g1",
			"characterSetName": "", "dbName": "", "dbSubnetGroupName": "default", "dedicatedLogVolume": false, "deletionProtection": false,
			"engineLifecycleSupport": "open-source-rds-extended-support", "iops": 0, "kmsKeyId": "", "latestRestorableTime": "",
			"licenseModel": "postgresql-license", "monitoringRoleArn": "", "multiAz": false, "ncharCharacterSetName": "",
			"networkType": "IPV4", "optionGroupName": "default:{engine}", "parameterGroupName": "default.{engine}",
			"performanceInsightsKmsKeyId": "", "performanceInsightsRetentionPeriod": 0, "replicaMode": "", "replicas": []any{},
			"snapshotIdentifier": "", "storageEncrypted": false, "storageThroughput": 0, "storageType": "gp2", "timezone": "", "username": "",
			"databaseInsightsMode": "standard", "listenerEndpoints": []any{}, "masterUserSecrets": []any{}, "vpcSecurityGroupIds": []any{},
		},
		secrets: []string{"password"},
		replace: []string{
			"availabilityZone", "backupTarget", "characterSetName", "customIamInstanceProfile", "dbName", "engine", "identifierPrefix", "kmsKeyId", "name",
			"ncharCharacterSetName", "restoreToPointInTime", "s3Import", "snapshotIdentifier", "storageEncrypted", "timezone", "username",
		},
		conflicts: [][]string{
			{"identifier", "identifierPrefix"}, {"dbName", "name"}, {"dbName", "replicateSourceDb"}, {"engine", "replicateSourceDb"}, {"manageMasterUserPassword", "password"},
			{"snapshotIdentifier", "s3Import"}, {"replicateSourceDb", "username"},
		},
		sets: []string{"vpcSecurityGroupIds", "enabledCloudwatchLogsExports"},
		limits: []limit{
			{path: "identifier", maxLen: 63, pattern: dbNameRule, says: "must begin with a letter and hold only lowercase letters, digits and single hyphens"},
			{path: "instanceClass", pattern: machinetype.RDS, says: "is not a class such as db.t4g.micro"},
			{path: "backupRetentionPeriod", min: 0, max: 35},
			{path: "monitoringInterval", oneOf: []string{"0", "1", "5", "10", "15", "30", "60"}},
			{path: "backupWindow", pattern: `\d\d:\d\d-\d\d:\d\d`, says: "must be in the form hh24:mi-hh24:mi"},
			{path: "maintenanceWindow", pattern: `[a-z]{3}:\d\d:\d\d-[a-z]{3}:\d\d:\d\d`, says: "must be in the form ddd:hh24:mi-ddd:hh24:mi"},
			{path: "storageType", oneOf: []string{"standard", "gp2", "gp3", "io1", "io2"}},
			{path: "finalSnapshotIdentifier", pattern: `[a-zA-Z](-?[a-zA-Z0-9]+)*`, says: "must begin with a letter, with letters, digits and single hyphens"},
		},
		check: checkDB,
		refs: []ref{
			{path: "dbSubnetGroupName", typ: tokenDBGroup, by: []string{"name"}, onDelete: block, builtin: "default",
				err: fault{404, "DBSubnetGroupNotFoundFault", "DB subnet group '%s' does not exist."}},
			{path: "parameterGroupName", typ: tokenDBParams, by: []string{"name"}, onDelete: block, builtin: `default\..*`,
				err: fault{404, "DBParameterGroupNotFound", "DBParameterGroup not found: %s"}},
			groupRef("vpcSecurityGroupIds[]", block),
			{path: "kmsKeyId", typ: tokenKMSKey, by: []string{"arn"}, err: fault{400, "KMSKeyNotAccessibleFault", "The specified KMS key %s does not exist, is not enabled or you do not have permissions to access it."}},
		},
		unique: []unique{{paths: []string{"identifier", "@region"}, err: fault{400, "DBInstanceAlreadyExists", "DB instance already exists"}}},
		verify: verifyDB, compute: computeDB,
		protect:    "deletionProtection",
		protectMsg: "operation error RDS: DeleteDBInstance, https response error StatusCode: 400, api error InvalidParameterCombination: Cannot delete protected DB Instance, please disable deletion protection and try again.",
		deleting:   finalSnapshot,
		quota:      40, quotaCode: "InstanceQuotaExceeded", quotaSays: "DB Instance quota exceeded",
		takes: 5 * time.Minute,
	},
}

// verifyDBGroup: the subnets lie in one VPC and in two zones at least.
func verifyDBGroup(c *call) error {
	var zones []string
	vpc := ""
	for _, id := range texts(c.out, "subnetIds[]") {
		subnet := c.find(tokenSubnet, id)
		if vpc != "" && subnet.text("vpcId") != vpc {
			return c.refuse(fault{400, "InvalidParameterValue", "The new Subnets are not in the same Vpc as the existing subnet group"}, id)
		}
		vpc = subnet.text("vpcId")
		if zone := subnet.text("availabilityZone"); !slices.Contains(zones, zone) {
			zones = append(zones, zone)
		}
	}
	if len(zones) < 2 {
		return c.refuse(fault{400, "DBSubnetGroupDoesNotCoverEnoughAZs",
			"The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: " + strings.Join(zones, ", ") + ". Add subnets to cover at least 2 AZs."}, "")
	}
	return nil
}

// engines are the versions on offer, newest last.
// Source: Amazon RDS for PostgreSQL and MySQL release notes, 2025-05.
var engines = map[string][]string{
	"postgres": {"11.22", "12.22", "13.20", "14.17", "15.12", "16.6", "16.8", "17.2", "17.4"},
	"mysql":    {"5.7.44", "8.0.40", "8.0.41", "8.4.4"},
	"mariadb":  {"10.6.21", "10.11.11", "11.4.5"},
}

var dbPorts = map[string]int{"postgres": 5432, "mysql": 3306, "mariadb": 3306}

func checkDB(c *call) []problem {
	if given(c.in, "replicateSourceDb") || given(c.in, "snapshotIdentifier") || given(c.in, "restoreToPointInTime") || given(c.in, "s3Import") {
		return nil
	}
	var found []problem
	for _, name := range []string{"engine", "allocatedStorage", "username"} {
		if !given(c.in, name) {
			found = append(found, problem{name, "is required for a new database"})
		}
	}
	if !given(c.in, "password") && !given(c.in, "manageMasterUserPassword") {
		found = append(found, problem{"password", "one of password, manageMasterUserPassword must be given"})
	}
	password := text(c.in, "password")
	if password != "" && (len(password) < 8 || len(password) > 128 || strings.ContainsAny(password, `/@" `)) {
		found = append(found, problem{"password", `must be 8 to 128 printable characters without /, @, " and space`})
	}
	if size, ok := number(c.in, "allocatedStorage"); ok && (size < 20 || size > 65536) {
		found = append(found, problem{"allocatedStorage", fmt.Sprintf("must be 20 to 65536 GiB, got %v", size)})
	}
	if most, ok := number(c.in, "maxAllocatedStorage"); ok && most > 0 {
		if size, _ := number(c.in, "allocatedStorage"); most <= size {
			found = append(found, problem{"maxAllocatedStorage", fmt.Sprintf("must be above allocatedStorage %v, got %v", size, most)})
		}
	}
	return found
}

func verifyDB(c *call) error {
	engine, version := text(c.out, "engine"), text(c.in, "engineVersion")
	offered, ok := engines[engine]
	if !ok && !given(c.in, "replicateSourceDb") && !given(c.in, "snapshotIdentifier") {
		return c.refuse(fault{400, "InvalidParameterValue", "Invalid DB engine: %s"}, engine)
	}
	if ok && version != "" && newestOf(offered, version) == "" {
		return c.refuse(fault{400, "InvalidParameterCombination", "Cannot find version %s for " + engine}, version)
	}
	if reserved := text(c.out, "username"); engine == "postgres" && slices.Contains([]string{"rdsadmin", "admin", "postgresadmin"}, reserved) {
		return c.refuse(fault{400, "InvalidParameterValue", "MasterUsername %s cannot be used as it is a reserved word used by the engine"}, reserved)
	}
	if family := c.find(tokenDBParams, text(c.out, "parameterGroupName"), "name"); family != nil && engine == "postgres" {
		major, _, _ := strings.Cut(text(c.out, "engineVersionActual"), ".")
		if want := family.text("family"); want != "postgres"+major {
			return c.refuse(fault{400, "InvalidParameterCombination", "The Parameter Group " + family.ID + " with DBParameterGroupFamily %s cannot be used for this instance. Please use a Parameter Group with DBParameterGroupFamily postgres" + major}, want)
		}
	}
	group := c.find(tokenDBGroup, text(c.out, "dbSubnetGroupName"), "name")
	for _, id := range texts(c.out, "vpcSecurityGroupIds[]") {
		if sg := c.find(tokenSG, id); sg != nil && group != nil && sg.text("vpcId") != group.text("vpcId") {
			return c.refuse(fault{400, "InvalidVPCNetworkStateFault", "The DB instance and EC2 security group %s are in different VPCs"}, id)
		}
	}
	return nil
}

// newestOf returns the newest version on offer that a full or partial version
// stands for.
func newestOf(offered []string, version string) string {
	for i := len(offered) - 1; i >= 0; i-- {
		if offered[i] == version || strings.HasPrefix(offered[i], version+".") {
			return offered[i]
		}
	}
	return ""
}

func computeDB(c *call) {
	engine := text(c.out, "engine")
	if offered, ok := engines[engine]; ok {
		actual := newestOf(offered, firstText(text(c.in, "engineVersion"), offered[len(offered)-1]))
		if text(c.in, "engineVersion") == "" {
			c.out["engineVersion"] = str(actual)
		}
		c.out["engineVersionActual"] = str(actual)
	}
	if !given(c.in, "port") && dbPorts[engine] != 0 {
		c.out["port"] = propertyValue(dbPorts[engine])
		c.out["endpoint"] = c.fill("{address}:{port}", "endpoint")
	}
	if engine != "postgres" {
		c.out["licenseModel"] = str("general-public-license")
	}
	if truth(c.out, "storageEncrypted") && text(c.out, "kmsKeyId") == "" {
		c.out["kmsKeyId"] = c.fill("arn:{partition}:kms:{region}:{account}:key/{uuid}", "kms")
	}
	if text(c.out, "availabilityZone") == "" {
		c.out["availabilityZone"] = str(c.at.region + "a")
	}
	if c.tx == nil {
		return
	}
	if group := c.find(tokenDBGroup, text(c.out, "dbSubnetGroupName"), "name"); group != nil && !given(c.in, "availabilityZone") {
		if subnets := group.texts("subnetIds[]"); len(subnets) > 0 {
			if subnet := c.find(tokenSubnet, subnets[0]); subnet != nil {
				c.out["availabilityZone"] = str(subnet.text("availabilityZone"))
			}
		}
	}
}

// finalSnapshot is taken at deletion unless the state says to skip it; the
// provider refuses to delete when it has no name for it.
func finalSnapshot(c *call) error {
	if truth(c.old, "skipFinalSnapshot") {
		return nil
	}
	name := text(c.old, "finalSnapshotIdentifier")
	if name == "" {
		return fmt.Errorf("deleting RDS DB Instance (%s): final_snapshot_identifier is required when skip_final_snapshot is false", c.self.text("identifier"))
	}
	snapshot := &Object{
		Cloud: "aws", Type: tokenSnapshot, ID: name, Account: c.self.Account, Region: c.self.Region, Created: c.now(), Kept: true,
		Properties: map[string]any{"dbInstanceIdentifier": c.self.text("identifier"), "engine": c.self.text("engine")},
	}
	if c.tx.store.objects[snapshot.key()] != nil {
		return c.refuse(fault{400, "DBSnapshotAlreadyExists", "Cannot create the snapshot because a snapshot with the identifier %s already exists."}, name)
	}
	c.tx.put(snapshot)
	return nil
}

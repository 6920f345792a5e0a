package cloudsim

import (
	"net/netip"
	"slices"
	"time"

	"github.com/pilot-framework/pilot/internal/machinetype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

var noImage = fault{400, "InvalidAMIID.NotFound", "The image id '[%s]' does not exist"}

var awsEC2 = []*row{
	{
		token: tokenInstance, noun: "EC2 Instance", service: "EC2",
		source: awsVersion + " internal/service/ec2/ec2_instance.go; EC2 API RunInstances, TerminateInstances",
		api:    [4]string{"RunInstances", "DescribeInstances", "ModifyInstanceAttribute", "TerminateInstances"},
		id:     "i-0{hex:16}",
		defaults: Props{
			"getPasswordData": false, "sourceDestCheck": true, "userDataReplaceOnChange": false,
		},
		outputs: Props{
			"arn": "arn:{partition}:ec2:{region}:{account}:instance/{id}", "instanceState": "running",
			"privateDns": "", "publicDns": "", "publicIp": "", "availabilityZone": "", "passwordData": "", "outpostArn": "",
			"primaryNetworkInterfaceId": "eni-0{hex:16}", "instanceLifecycle": "", "spotInstanceRequestId": "",
			"associatePublicIpAddress": false, "disableApiStop": false, "disableApiTermination": false,
			"ebsOptimized": false, "monitoring": false, "hibernation": false, "tenancy": "default",
			"instanceInitiatedShutdownBehavior": "stop", "placementGroup": "", "placementPartitionNumber": 0,
			"ipv6AddressCount": 0, "ipv6Addresses": []any{}, "secondaryPrivateIps": []any{}, "securityGroups": []any{},
			"cpuCoreCount": 1, "cpuThreadsPerCore": 2,
			"rootBlockDevice": Props{
				"deleteOnTermination": true, "deviceName": "/dev/sda1", "encrypted": false, "iops": 100, "kmsKeyId": "",
				"throughput": 0, "volumeId": "vol-0{hex:16}", "volumeSize": 8, "volumeType": "gp2",
			},
			"rootBlockDevice.volumeId": "vol-0{hex:16}", "rootBlockDevice.deviceName": "/dev/sda1",
			"rootBlockDevice.volumeSize": 8, "rootBlockDevice.volumeType": "gp2",
			"rootBlockDevice.iops": 3000, "rootBlockDevice.throughput": 125,
			"metadataOptions": Props{
				"httpEndpoint": "enabled", "httpProtocolIpv6": "disabled", "httpPutResponseHopLimit": 2,
				"httpTokens": "required", "instanceMetadataTags": "disabled",
			},
			"metadataOptions.httpProtocolIpv6": "disabled", "metadataOptions.instanceMetadataTags": "disabled",
			"maintenanceOptions": Props{"autoRecovery": "default"},
			"enclaveOptions":     Props{"enabled": false},
			"privateIp":          "", "vpcSecurityGroupIds": []any{},
		},
		replace: []string{
			"ami", "associatePublicIpAddress", "availabilityZone", "cpuCoreCount", "cpuOptions", "cpuThreadsPerCore", "ebsBlockDevices",
			"ebsOptimized", "enclaveOptions", "ephemeralBlockDevices", "hibernation", "hostId", "instanceMarketOptions", "ipv6AddressCount",
			"ipv6Addresses", "keyName", "launchTemplate.id", "launchTemplate.name", "networkInterfaces", "placementGroup",
			"placementPartitionNumber", "privateDnsNameOptions.hostnameType", "privateIp", "rootBlockDevice.encrypted",
			"rootBlockDevice.kmsKeyId", "securityGroups", "subnetId",
		},
		replaceIf: func(_, news resource.PropertyMap) []string {
			if truth(news, "userDataReplaceOnChange") {
				return []string{"userData", "userDataBase64"}
			}
			return nil
		},
		conflicts: [][]string{
			{"userData", "userDataBase64"}, {"hostResourceGroupArn", "placementGroup"}, {"networkInterfaces", "subnetId"}, {"networkInterfaces", "vpcSecurityGroupIds"},
			{"networkInterfaces", "associatePublicIpAddress"}, {"networkInterfaces", "privateIp"}, {"ipv6AddressCount", "ipv6Addresses"},
		},
		sets: []string{"vpcSecurityGroupIds", "securityGroups", "secondaryPrivateIps"},
		limits: []limit{
			{path: "userData", maxLen: 16384},
			{path: "metadataOptions.httpTokens", oneOf: []string{"optional", "required"}},
			{path: "metadataOptions.httpEndpoint", oneOf: []string{"enabled", "disabled"}},
			{path: "metadataOptions.httpPutResponseHopLimit", min: 1, max: 64},
			{path: "rootBlockDevice.volumeType", oneOf: []string{"standard", "gp2", "gp3", "io1", "io2", "sc1", "st1"}},
			{path: "tenancy", oneOf: []string{"default", "dedicated", "host"}},
		},
		check: func(c *call) []problem {
			if given(c.in, "launchTemplate") {
				return nil
			}
			var found []problem
			for _, name := range []string{"ami", "instanceType"} {
				if !given(c.in, name) {
					found = append(found, problem{name, "is required when launchTemplate is not given"})
				}
			}
			return found
		},
		refs: []ref{
			{path: "subnetId", typ: tokenSubnet, err: noSubnet, onDelete: block},
			groupRef("vpcSecurityGroupIds[]", block),
			{path: "keyName", typ: "aws:ec2/keyPair:KeyPair", by: []string{"keyName"},
				err: fault{400, "InvalidKeyPair.NotFound", "The key pair '%s' does not exist"}},
			{path: "iamInstanceProfile", typ: "aws:iam/instanceProfile:InstanceProfile", by: []string{"name"},
				err: fault{400, "InvalidParameterValue", "Value (%s) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name"}},
			{path: "launchTemplate.id", typ: "aws:ec2/launchTemplate:LaunchTemplate",
				err: fault{400, "InvalidLaunchTemplateId.NotFound", "The specified launch template, with template ID %s, does not exist."}},
		},
		verify: verifyInstance, compute: computeInstance,
		protect:    "disableApiTermination",
		protectMsg: "operation error EC2: TerminateInstances, https response error StatusCode: 400, api error OperationNotPermitted: The instance '%s' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.",
		quotaCode:  "VcpuLimitExceeded", quotaSays: "You have requested more vCPU capacity than your current vCPU limit allows for the instance bucket that the specified instance type belongs to.",
		takes: 30 * time.Second,
	},
	{
		token: "aws:ec2/keyPair:KeyPair", noun: "EC2 Key Pair", service: "EC2",
		source: awsVersion + " internal/service/ec2/ec2_key_pair.go; EC2 API ImportKeyPair",
		api:    [4]string{"ImportKeyPair", "DescribeKeyPairs", "CreateTags", "DeleteKeyPair"},
		id:     "{keyName}", name: "keyName",
		outputs: Props{
			"arn": "arn:{partition}:ec2:{region}:{account}:key-pair/{keyName}", "keyPairId": "key-0{hex:16}",
			"fingerprint": "{hex:32}", "keyType": "", "keyNamePrefix": "",
		},
		replace:   []string{"keyName", "keyNamePrefix", "publicKey"},
		conflicts: [][]string{{"keyName", "keyNamePrefix"}},
		limits: []limit{
			{path: "keyName", maxLen: 255},
			{path: "publicKey", pattern: `(ssh-(rsa|ed25519)|-----BEGIN)[\s\S]*`, says: "is not a public key in OpenSSH format"},
		},
		unique: []unique{{paths: []string{"keyName", "@region"}, err: fault{400, "InvalidKeyPair.Duplicate", "The keypair '%s' already exists."}}},
		compute: func(c *call) {
			c.out["keyType"] = str("rsa")
			if len(text(c.out, "publicKey")) > 11 && text(c.out, "publicKey")[:11] == "ssh-ed25519" {
				c.out["keyType"] = str("ed25519")
			}
		},
		takes: time.Second,
	},
	{
		token: "aws:ec2/launchTemplate:LaunchTemplate", noun: "EC2 Launch Template", service: "EC2",
		source: awsVersion + " internal/service/ec2/ec2_launch_template.go; EC2 API CreateLaunchTemplate",
		api:    [4]string{"CreateLaunchTemplate", "DescribeLaunchTemplates", "CreateLaunchTemplateVersion", "DeleteLaunchTemplate"},
		id:     "lt-0{hex:16}",
		outputs: Props{
			"arn":           "arn:{partition}:ec2:{region}:{account}:launch-template/{id}",
			"latestVersion": 1, "defaultVersion": 1, "namePrefix": "",
		},
		replace:   []string{"name", "namePrefix"},
		conflicts: [][]string{{"name", "namePrefix"}, {"securityGroupNames", "vpcSecurityGroupIds"}, {"defaultVersion", "updateDefaultVersion"}},
		sets:      []string{"vpcSecurityGroupIds"},
		limits: []limit{
			{path: "name", maxLen: 128, pattern: `[0-9A-Za-z().\-/_]{3,128}`, says: "must be at least 3 characters of letters, digits and ().-/_"},
			{path: "metadataOptions.httpTokens", oneOf: []string{"optional", "required"}},
		},
		refs:   []ref{groupRef("vpcSecurityGroupIds[]", block)},
		unique: []unique{{paths: []string{"name", "@region"}, err: fault{400, "InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use: %s"}}},
		compute: func(c *call) {
			if c.op == OpUpdate && !c.preview {
				n, _ := number(c.old, "latestVersion")
				c.out["latestVersion"] = propertyValue(n + 1)
			}
		},
		takes: time.Second,
	},
}

// verifyInstance: image and type exist, groups and subnet are of one VPC, a
// chosen address is in the subnet and free.
func verifyInstance(c *call) error {
	if ami := text(c.out, "ami"); ami != "" && imageByID(c, ami) == nil {
		return c.refuse(noImage, ami)
	}
	typ := text(c.out, "instanceType")
	if typ != "" && !machinetype.Is(machinetype.EC2, typ) {
		return c.refuse(fault{400, "InvalidParameterValue", "Invalid value '%s' for InstanceType."}, typ)
	}
	if image := imageByID(c, text(c.out, "ami")); image != nil && typ != "" && image.arch != architectureOf(typ) {
		return c.refuse(fault{400, "InvalidParameterValue", "The architecture '" + architectureOf(typ) +
			"' of the specified instance type does not match the architecture '" + image.arch + "' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again."}, typ)
	}
	subnet := c.find(tokenSubnet, text(c.out, "subnetId"))
	if subnet == nil {
		return nil
	}
	for _, id := range texts(c.out, "vpcSecurityGroupIds[]") {
		if group := c.find(tokenSG, id); group != nil && group.text("vpcId") != "" && group.text("vpcId") != subnet.text("vpcId") {
			return c.refuse(fault{400, "InvalidParameter", "Security group %s and subnet " + subnet.ID + " belong to different networks."}, id)
		}
	}
	return verifyAddress(c, subnet)
}

func verifyAddress(c *call, subnet *Object) error {
	chosen := text(c.in, "privateIp")
	if chosen == "" {
		return nil
	}
	network, err := netip.ParsePrefix(subnet.text("cidrBlock"))
	address, aerr := netip.ParseAddr(chosen)
	if err != nil || aerr != nil || !network.Contains(address) {
		return c.refuse(fault{400, "InvalidParameterValue", "Address %s does not fall within the subnet's address range"}, chosen)
	}
	for _, o := range c.list(tokenInstance) {
		if o.ID != c.id && o.text("subnetId") == subnet.ID && o.text("privateIp") == chosen {
			return c.refuse(fault{400, "InvalidIPAddress.InUse", "Address %s is in use."}, chosen)
		}
	}
	return nil
}

func computeInstance(c *call) {
	if c.tx == nil {
		return
	}
	subnet := c.find(tokenSubnet, text(c.out, "subnetId"))
	zone := c.at.region + "a"
	if subnet != nil {
		zone = firstText(subnet.text("availabilityZone"), zone)
		if text(c.out, "privateIp") == "" {
			c.out["privateIp"] = str(freeAddress(c, subnet.text("cidrBlock")))
		}
		if !given(c.in, "associatePublicIpAddress") {
			c.out["associatePublicIpAddress"] = propertyValue(subnet.text("mapPublicIpOnLaunch") == "true")
		}
	}
	if text(c.out, "privateIp") == "" {
		c.out["privateIp"] = c.fill("{ip:172.31}", "privateIp")
	}
	if text(c.out, "availabilityZone") == "" {
		c.out["availabilityZone"] = str(zone)
	}
	c.out["privateDns"] = str(privateDNS(text(c.out, "privateIp"), c.at.region))
	if truth(c.out, "associatePublicIpAddress") {
		c.out["publicIp"] = c.fill("{ip:54.72}", "publicIp")
	}
	for _, eip := range c.list("aws:ec2/eipAssociation:EipAssociation") { // as DescribeInstances tells
		if eip.text("instanceId") == c.id {
			c.out["publicIp"] = str(eip.text("publicIp"))
		}
	}
	if ip := text(c.out, "publicIp"); ip != "" && dnsHostnames(c, subnet) {
		c.out["publicDns"] = str(publicDNS(ip, c.at.region))
	}
}

// freeAddress picks an address in a network: AWS keeps the first four and the
// last for itself.
func freeAddress(c *call, cidr string) string {
	network, err := netip.ParsePrefix(cidr)
	if err != nil {
		return ""
	}
	h := c.generate("address")
	host := 4 + int(h[0])%max(1, 1<<min(8, 32-network.Bits())-5)
	address := network.Addr()
	for range host {
		address = address.Next()
	}
	var taken []string
	for _, o := range c.list(tokenInstance) {
		if o.ID != c.id {
			taken = append(taken, o.text("privateIp"))
		}
	}
	for slices.Contains(taken, address.String()) && network.Contains(address.Next()) {
		address = address.Next()
	}
	return address.String()
}

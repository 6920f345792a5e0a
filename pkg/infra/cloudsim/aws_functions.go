package cloudsim

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

var awsFunctionRows = []*function{
	{
		token: "aws:index/getAvailabilityZones:getAvailabilityZones", noun: "EC2 Availability Zones",
		source: awsVersion + " internal/service/ec2/ec2_availability_zones_data_source.go", run: runZones,
	},
	{
		token: "aws:index/getCallerIdentity:getCallerIdentity", noun: "STS Caller Identity",
		source: awsVersion + " internal/service/sts/caller_identity_data_source.go",
		run: func(c *call) (resource.PropertyMap, error) {
			return propertyMap(Props{
				"id": c.at.account, "accountId": c.at.account, "userId": "AIDASIMULATEDCLOUD000",
				"arn": "arn:" + c.at.partition + ":iam::" + c.at.account + ":user/simulated",
			}), nil
		},
	},
	{
		token: "aws:index/getRegion:getRegion", noun: "Region", source: awsVersion + " internal/service/meta/region_data_source.go",
		run: func(c *call) (resource.PropertyMap, error) {
			region := firstText(text(c.in, "name"), c.at.region)
			if awsRegions[region] == "" {
				return nil, fmt.Errorf("region %q not found", region)
			}
			return propertyMap(Props{
				"id": region, "name": region, "description": region, "endpoint": "ec2." + region + ".amazonaws.com",
			}), nil
		},
	},
	{
		token: "aws:index/getPartition:getPartition", noun: "Partition", source: awsVersion + " internal/service/meta/partition_data_source.go",
		run: func(c *call) (resource.PropertyMap, error) {
			return propertyMap(Props{
				"id": c.at.partition, "partition": c.at.partition, "dnsSuffix": "amazonaws.com", "reverseDnsPrefix": "com.amazonaws",
			}), nil
		},
	},
	{
		token: "aws:iam/getPolicyDocument:getPolicyDocument", noun: "IAM Policy Document",
		source: awsVersion + " internal/service/iam/policy_document_data_source.go", run: runPolicyDocument,
	},
}

func runZones(c *call) (resource.PropertyMap, error) {
	var names, ids, groups []string
	state := text(c.in, "state")
	for _, zone := range zonesOf(c.at.region) {
		id := zoneIDOf(zone)
		if slices.Contains(texts(c.in, "excludeNames[]"), zone) || slices.Contains(texts(c.in, "excludeZoneIds[]"), id) ||
			state != "" && state != "available" {
			continue
		}
		ok, err := filtered(c.in, map[string]string{
			"zone-name": zone, "zone-id": id, "state": "available", "region-name": c.at.region,
			"opt-in-status": "opt-in-not-required", "zone-type": "availability-zone", "group-name": c.at.region,
		})
		if err != nil {
			return nil, err
		}
		if ok {
			names, ids = append(names, zone), append(ids, id)
			groups = []string{c.at.region}
		}
	}
	return resource.PropertyMap{
		"id": str(c.at.region), "names": strs(names...), "zoneIds": strs(ids...), "groupNames": strs(groups...),
	}, nil
}

// filtered applies an EC2 API's filters: every filter must match, with any of
// its values; values may hold * and ?.
func filtered(in resource.PropertyMap, has map[string]string) (bool, error) {
	for _, f := range lookup(in, "filters[]") {
		if !f.IsObject() {
			continue
		}
		name := text(f.ObjectValue(), "name")
		value, ok := has[name]
		if !ok && !strings.HasPrefix(name, "tag:") {
			return false, fmt.Errorf("api error InvalidParameterValue: The filter '%s' is invalid", name)
		}
		if !slices.ContainsFunc(texts(f.ObjectValue(), "values[]"), func(pattern string) bool { return wildcard(pattern, value) }) {
			return false, nil
		}
	}
	return true, nil
}

// wildcard matches as EC2 does: * also covers a slash.
func wildcard(pattern, s string) bool {
	flat := strings.NewReplacer("/", "\x01")
	ok, err := path.Match(flat.Replace(pattern), flat.Replace(s))
	return err == nil && ok
}

var awsImageFunctions = []*function{
	{
		token: "aws:ec2/getVpc:getVpc", noun: "EC2 VPC", source: awsVersion + " internal/service/ec2/vpc_data_source.go",
		run: runVPC,
	},
	{
		token: "aws:ec2/getAmi:getAmi", noun: "EC2 AMI", source: awsVersion + " internal/service/ec2/ec2_ami_data_source.go",
		run: runAMI,
	},
	{
		token: "aws:ssm/getParameter:getParameter", noun: "SSM Parameter",
		source: awsVersion + " internal/service/ssm/parameter_data_source.go; SSM public parameters of Amazon and Canonical",
		run:    runParameter,
	},
}

// runVPC finds a VPC by its id. Every region has a default one, as in a new
// account.
func runVPC(c *call) (resource.PropertyMap, error) {
	id := text(c.in, "id")
	standard := Props{
		"id": "vpc-0default000000000", "cidrBlock": "172.31.0.0/16", "default": true, "state": "available",
		"instanceTenancy": "default", "enableDnsSupport": true, "enableDnsHostnames": true, "ownerId": c.at.account,
		"dhcpOptionsId": "dopt-0default000000000", "mainRouteTableId": "rtb-0default0000000000", "enableNetworkAddressUsageMetrics": false,
		"arn":               "arn:" + c.at.partition + ":ec2:" + c.at.region + ":" + c.at.account + ":vpc/vpc-0default000000000",
		"ipv6AssociationId": "", "ipv6CidrBlock": "",
	}
	if truth(c.in, "default") && (id == "" || id == standard["id"]) {
		return propertyMap(standard), nil
	}
	if found := c.find("aws:ec2/vpc:Vpc", id, "id"); found != nil {
		all := found.props()
		all["id"], all["default"] = str(id), resource.NewProperty(false)
		return all, nil
	}
	return nil, errors.New("no matching EC2 VPC found")
}

func runAMI(c *call) (resource.PropertyMap, error) {
	var nameRegex *regexp.Regexp
	if pattern := text(c.in, "nameRegex"); pattern != "" {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return nil, fmt.Errorf("nameRegex %q is not a regular expression: %w", pattern, err)
		}
		nameRegex = re
	}
	var found []*image
	for _, i := range imagesIn(c) {
		owners := texts(c.in, "owners[]")
		if len(owners) > 0 && !slices.Contains(owners, i.owner) && !slices.Contains(owners, i.alias) {
			continue
		}
		ok, err := filtered(c.in, map[string]string{
			"name": i.name, "architecture": i.arch, "state": "available", "virtualization-type": "hvm", "root-device-type": "ebs",
			"owner-id": i.owner, "owner-alias": i.alias, "image-type": "machine", "image-id": i.id, "is-public": "true",
			"block-device-mapping.volume-type": i.volume, "ena-support": "true", "hypervisor": "xen", "description": i.description(),
		})
		if err != nil {
			return nil, err
		}
		if ok && (nameRegex == nil || nameRegex.MatchString(i.name)) {
			found = append(found, i)
		}
	}
	switch {
	case len(found) == 0:
		return nil, fmt.Errorf("reading EC2 AMIs: your query returned no results. Please change your search criteria and try again")
	case len(found) > 1 && !truth(c.in, "mostRecent"):
		return nil, fmt.Errorf("reading EC2 AMIs: your query returned more than one result. Please try a more specific search criteria, or set `most_recent` attribute to true")
	}
	slices.SortFunc(found, func(a, b *image) int { return strings.Compare(b.created, a.created) })
	return found[0].properties(c), nil
}

// runParameter finds a parameter of the account, or one of those that Amazon
// and Canonical publish.
func runParameter(c *call) (resource.PropertyMap, error) {
	name := text(c.in, "name")
	result := Props{"id": name, "name": name, "version": 1, "type": "String"}
	if o := c.find("aws:ssm/parameter:Parameter", name, "name"); o != nil {
		result["arn"], result["type"] = o.text("arn"), o.text("type")
		if _, sealed := isDigest(o.props()["value"]); sealed {
			return nil, fmt.Errorf("reading SSM Parameter (%s): the simulated cloud keeps only a digest of a secret and cannot give its value back", name)
		}
		result["value"], result["insecureValue"] = o.text("value"), o.text("value")
		return secretValue(result), nil
	}
	for _, i := range imagesIn(c) {
		if slices.Contains(i.parameters, name) {
			result["arn"] = "arn:" + c.at.partition + ":ssm:" + c.at.region + "::parameter" + name
			result["value"], result["insecureValue"] = i.id, i.id
			return secretValue(result), nil
		}
	}
	return nil, fmt.Errorf("reading SSM Parameter (%s): couldn't find resource: api error ParameterNotFound: the parameter does not exist", name)
}

func secretValue(result Props) resource.PropertyMap {
	m := propertyMap(result)
	m["value"] = resource.MakeSecret(m["value"])
	return m
}

package cloudsim

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// TestAWSRefuses: what AWS would refuse is refused, in its words.
func TestAWSRefuses(t *testing.T) {
	r := newRig(t, "aws")
	net := r.must(tokenVPC, "net", Props{"cidrBlock": "10.1.0.0/16"})
	other := r.must(tokenVPC, "other", Props{"cidrBlock": "10.2.0.0/16"})
	a := r.must(tokenSubnet, "a", Props{"vpcId": net, "cidrBlock": "10.1.0.0/24"})
	b := r.must(tokenSubnet, "b", Props{"vpcId": net, "cidrBlock": "10.1.1.0/24"})
	far := r.must(tokenSubnet, "far", Props{"vpcId": other, "cidrBlock": "10.2.0.0/24"})
	group := r.must(tokenSG, "group", Props{"vpcId": net, "name": "machine"})
	gateway := r.must(tokenGateway, "gateway", Props{"vpcId": net})
	farTable := r.must(tokenRouteTable, "far", Props{"vpcId": other})
	image := imageByIDName(t, r, "amd64")
	r.must(tokenRole, "role", Props{"name": "role", "assumeRolePolicy": trustEC2})
	r.must("aws:iam/rolePolicy:RolePolicy", "policy", Props{"role": "role", "policy": allowAll})
	user := r.must(tokenUser, "user", Props{"name": "user"})
	r.must("aws:iam/accessKey:AccessKey", "k1", Props{"user": user})
	r.must("aws:iam/accessKey:AccessKey", "k2", Props{"user": user})
	r.must(tokenECR, "repo", Props{"name": "acme"})
	instance := func(more Props) Props {
		in := Props{"ami": image, "instanceType": "t3.micro", "subnetId": a}
		for k, v := range more {
			in[k] = v
		}
		return in
	}
	db := func(more Props) Props {
		in := Props{"engine": "postgres", "instanceClass": "db.t4g.micro", "allocatedStorage": 20, "username": "pilot", "password": "long-enough"}
		for k, v := range more {
			in[k] = v
		}
		return in
	}
	for _, c := range []struct {
		name, typ string
		in        Props
		want      string
	}{
		{"unknown property", tokenVPC, Props{"cidrBlok": "10.0.0.0/16"}, `cidrBlok: is not a property of this type; did you mean "cidrBlock"?`},
		{"wrong kind", tokenVPC, Props{"cidrBlock": 5.0}, "cidrBlock: must be a string, got number"},
		{"missing", tokenSubnet, Props{"cidrBlock": "10.1.3.0/24"}, "vpcId: is required"},
		{"host bits", tokenVPC, Props{"cidrBlock": "10.0.0.1/16"}, `did you mean "10.0.0.0/16"?`},
		{"too large", tokenVPC, Props{"cidrBlock": "10.0.0.0/8"}, "between /16 and /28"},
		{"no VPC", tokenSubnet, Props{"vpcId": "vpc-0123", "cidrBlock": "10.1.3.0/24"}, "api error InvalidVpcID.NotFound: The vpc ID 'vpc-0123' does not exist"},
		{"outside", tokenSubnet, Props{"vpcId": net, "cidrBlock": "10.9.0.0/24"}, "InvalidSubnet.Range"},
		{"overlap", tokenSubnet, Props{"vpcId": net, "cidrBlock": "10.1.1.0/25"}, "InvalidSubnet.Conflict"},
		{"no zone", tokenSubnet, Props{"vpcId": net, "cidrBlock": "10.1.3.0/24", "availabilityZone": "eu-west-1z"}, "availabilityZone is invalid"},
		{"second gateway", tokenGateway, Props{"vpcId": net}, "already has an internet gateway"},
		{"gateway elsewhere", "aws:ec2/route:Route", Props{"routeTableId": farTable, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": gateway}, "belong to different networks"},
		{"no target", "aws:ec2/route:Route", Props{"routeTableId": farTable, "destinationCidrBlock": "0.0.0.0/0"}, "and only one"},
		{"NAT without address", tokenNAT, Props{"subnetId": a}, "MissingParameter"},
		{"NAT without gateway", tokenNAT, Props{"subnetId": far, "allocationId": r.must(tokenEIP, "nat", Props{})}, "Gateway.NotAttached"},
		{"group name twice", tokenSG, Props{"vpcId": net, "name": "machine"}, "InvalidGroup.Duplicate"},
		{"group name", tokenSG, Props{"vpcId": net, "name": "sg-mine"}, `cannot begin with "sg-"`},
		{"rule without range", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", Props{"securityGroupId": group, "ipProtocol": "tcp", "fromPort": 1, "toPort": 1}, "and only one"},
		{"ports reversed", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", Props{"securityGroupId": group, "ipProtocol": "tcp", "fromPort": 9, "toPort": 1, "cidrIpv4": "10.0.0.0/8"}, "must not be below"},
		{"no subnet", tokenInstance, instance(Props{"subnetId": "subnet-0dead"}), "InvalidSubnetID.NotFound: The subnet ID 'subnet-0dead' does not exist"},
		{"no image", tokenInstance, instance(Props{"ami": "ami-0dead"}), "InvalidAMIID.NotFound: The image id '[ami-0dead]' does not exist"},
		{"no type", tokenInstance, instance(Props{"instanceType": "t9.huge"}), "Invalid value 't9.huge' for InstanceType."},
		{"wrong processor", tokenInstance, instance(Props{"instanceType": "t4g.micro"}), "does not match the architecture"},
		{"group elsewhere", tokenInstance, instance(Props{"subnetId": far, "vpcSecurityGroupIds": []any{group}}), "belong to different networks"},
		{"no key", tokenInstance, instance(Props{"keyName": "lost"}), "InvalidKeyPair.NotFound"},
		{"address outside", tokenInstance, instance(Props{"privateIp": "10.1.9.9"}), "does not fall within"},
		{"hop limit", tokenInstance, instance(Props{"metadataOptions": Props{"httpPutResponseHopLimit": 99}}), "in the range (1 - 64)"},
		{"role twice", tokenRole, Props{"name": "role", "assumeRolePolicy": trustEC2}, "EntityAlreadyExists: Role with name role already exists."},
		{"trust without principal", tokenRole, Props{"assumeRolePolicy": allowAll}, "a trust policy needs a Principal"},
		{"not JSON", tokenPolicy, Props{"policy": "{"}, "contains an invalid JSON policy"},
		{"no role", "aws:iam/rolePolicyAttachment:RolePolicyAttachment", Props{"role": "nobody", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}, "The role with name nobody cannot be found."},
		{"third key", "aws:iam/accessKey:AccessKey", Props{"user": user}, "AccessKeysPerUser: 2"},
		{"one zone", tokenDBGroup, Props{"subnetIds": []any{a, b}}, "DBSubnetGroupDoesNotCoverEnoughAZs"},
		{"version", "aws:rds/instance:Instance", db(Props{"engineVersion": "99"}), "Cannot find version 99 for postgres"},
		{"no class", "aws:rds/instance:Instance", db(Props{"instanceClass": "db.zz9.foo"}), "is not a class such as db.t4g.micro"},
		{"short password", "aws:rds/instance:Instance", db(Props{"password": "short"}), "8 to 128"},
		{"no group", "aws:rds/instance:Instance", db(Props{"dbSubnetGroupName": "none"}), "DBSubnetGroupNotFoundFault"},
		{"repository twice", tokenECR, Props{"name": "acme"}, "RepositoryAlreadyExistsException"},
		{"repository name", tokenECR, Props{"name": "Acme"}, "must be lowercase"},
		{"retention", "aws:cloudwatch/logGroup:LogGroup", Props{"retentionInDays": 4}, "expected to be one of"},
		{"no bucket", "aws:s3/bucketVersioningV2:BucketVersioningV2", Props{"bucket": "none", "versioningConfiguration": Props{"status": "Enabled"}}, "NoSuchBucket"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := count(t, r.sim)
			_, _, err := r.create(c.typ, "bad", c.in)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want %q, got: %v", c.want, err)
			}
			if after := count(t, r.sim); after != before {
				t.Errorf("a refused call left %d things, there were %d", after, before)
			}
		})
	}
	for _, c := range []struct{ typ, id, want string }{
		{tokenVPC, net, "DependencyViolation: The vpc '" + net + "' has dependencies"},
		{tokenRole, "role", "DeleteConflict"},
		{tokenUser, "user", "DeleteConflict"},
	} {
		if err := r.delete(c.typ, "x", c.id, Props{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("delete %s: want %q, got: %v", c.typ, c.want, err)
		}
	}
	if err := r.delete(tokenVPC, "x", "vpc-0gone", Props{}); err != nil {
		t.Errorf("deleting what is gone is no error, got: %v", err)
	}
}

const (
	trustEC2 = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}]}`
	allowAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`
)

func imageByIDName(t *testing.T, r *rig, arch string) string {
	t.Helper()
	found, err := r.invoke("aws:ec2/getAmi:getAmi", Props{"mostRecent": true, "owners": []any{"099720109477"},
		"filters": []any{map[string]any{"name": "name", "values": []any{"ubuntu/images/hvm-ssd*/ubuntu-noble-24.04-" + arch + "-server-*"}}}})
	if err != nil {
		t.Fatal(err)
	}
	return text(found, "id")
}

// TestGCPRefuses is TestAWSRefuses for the other cloud.
func TestGCPRefuses(t *testing.T) {
	r := newRig(t, "gcp")
	net := r.must(tokenNetwork, "net", Props{"name": "net", "autoCreateSubnetworks": false})
	auto := r.must(tokenNetwork, "auto", Props{"name": "auto"})
	subnet := r.must(tokenSubnetwork, "subnet", Props{"name": "subnet", "network": net, "ipCidrRange": "10.1.0.0/20"})
	vm := func(more Props) Props {
		in := Props{"name": "vm", "machineType": "e2-medium", "bootDisk": Props{"initializeParams": Props{"image": "debian-cloud/debian-12"}},
			"networkInterfaces": []any{map[string]any{"subnetwork": subnet}}}
		for k, v := range more {
			in[k] = v
		}
		return in
	}
	for _, c := range []struct {
		name, typ string
		in        Props
		want      string
	}{
		{"name twice", tokenNetwork, Props{"name": "net"}, "Error creating Network: googleapi: Error 409: The resource 'projects/acme-prod/global/networks/net' already exists, alreadyExists"},
		{"name", tokenNetwork, Props{"name": "Net"}, "must begin with a lowercase letter"},
		{"no network", tokenSubnetwork, Props{"name": "s", "network": "projects/acme-prod/global/networks/none", "ipCidrRange": "10.2.0.0/20"}, "Error 404: The resource 'projects/acme-prod/global/networks/none' was not found, notFound"},
		{"auto network", tokenSubnetwork, Props{"name": "s", "network": auto, "ipCidrRange": "10.2.0.0/20"}, "auto mode network"},
		{"overlap", tokenSubnetwork, Props{"name": "s", "network": net, "ipCidrRange": "10.1.8.0/24"}, "conflicts with existing subnetwork 'subnet'"},
		{"no region", tokenSubnetwork, Props{"name": "s", "network": net, "ipCidrRange": "10.2.0.0/20", "region": "mars-west1"}, "regions/mars-west1' was not found"},
		{"open to nobody", "gcp:compute/firewall:Firewall", Props{"network": net, "allows": []any{map[string]any{"protocol": "tcp"}}}, "one of sourceRanges"},
		{"bad port", "gcp:compute/firewall:Firewall", Props{"network": net, "sourceRanges": []any{"10.0.0.0/8"}, "allows": []any{map[string]any{"protocol": "tcp", "ports": []any{"http"}}}}, `"http" is not a port`},
		{"machine type", tokenVM, vm(Props{"machineType": "huge"}), "is not a machine type"},
		{"no image", tokenVM, vm(Props{"bootDisk": Props{"initializeParams": Props{"image": "debian-cloud/debian-99"}}}), "Could not find image or family debian-cloud/debian-99"},
		{"no account", tokenVM, vm(Props{"serviceAccount": Props{"email": "no@acme-prod.iam.gserviceaccount.com", "scopes": []any{}}}), "of type 'serviceAccount' was not found"},
		{"zone elsewhere", tokenVM, vm(Props{"zone": "us-central1-a"}), "Subnetwork is in region europe-west1"},
		{"account id", tokenAccount, Props{"accountId": "abc"}, "must be 6 to 30"},
		{"member of nothing", "gcp:projects/iAMMember:IAMMember", Props{"project": "acme-prod", "role": "roles/viewer", "member": "serviceAccount:none@acme-prod.iam.gserviceaccount.com"}, "Service account none@acme-prod.iam.gserviceaccount.com does not exist."},
		{"no role", "gcp:projects/iAMMember:IAMMember", Props{"project": "acme-prod", "role": "projects/acme-prod/roles/none", "member": "user:a@b.c"}, "Role projects/acme-prod/roles/none is not supported"},
		{"member form", "gcp:projects/iAMMember:IAMMember", Props{"project": "acme-prod", "role": "roles/viewer", "member": "bob"}, "is not a member"},
		{"no peering", tokenSQL, Props{"databaseVersion": "POSTGRES_16", "settings": Props{"tier": "db-f1-micro", "ipConfiguration": Props{"ipv4Enabled": false, "privateNetwork": net}}}, "SERVICE_NETWORKING_NOT_ENABLED"},
		{"tier", tokenSQL, Props{"databaseVersion": "POSTGRES_16", "settings": Props{"tier": "db-huge"}}, "is not a tier"},
		{"version", tokenSQL, Props{"databaseVersion": "POSTGRES_99", "settings": Props{"tier": "db-f1-micro"}}, "is not a version"},
		{"no range", tokenPeering, Props{"network": net, "service": "servicenetworking.googleapis.com", "reservedPeeringRanges": []any{"none"}}, "allocated IP range 'none' not found"},
		{"connector range", "gcp:vpcaccess/connector:Connector", Props{"name": "access", "network": "net", "ipCidrRange": "10.1.0.16/28"}, "overlaps with subnetwork subnet"},
		{"replication", tokenSecretGCP, Props{"secretId": "s", "replication": Props{}}, "one of auto, userManaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := count(t, r.sim)
			_, _, err := r.create(c.typ, "bad", c.in)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want %q, got: %v", c.want, err)
			}
			if after := count(t, r.sim); after != before {
				t.Errorf("a refused call left %d things, there were %d", after, before)
			}
		})
	}
	if err := r.delete(tokenNetwork, "net", net, Props{}); err == nil || !strings.Contains(err.Error(), "resourceInUseByAnotherResource") {
		t.Errorf("a network with a subnetwork stays, got: %v", err)
	}
}

// TestUnknownTypesAreNamed: what is not simulated is an error that names it.
func TestUnknownTypesAreNamed(t *testing.T) {
	for _, name := range []string{"aws", "gcp"} {
		r := newRig(t, name)
		for _, err := range []error{
			r.delete(name+":lambda/function:Function", "f", "f", Props{}),
			second(r.invoke(name+":lambda/getFunction:getFunction", Props{})),
		} {
			if status.Code(err) != codes.Unimplemented || !strings.Contains(err.Error(), `"`+name+":lambda/") {
				t.Errorf("want Unimplemented and the name, got: %v", err)
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

package cloudsim

import "time"

const (
	tokenVPC        = "aws:ec2/vpc:Vpc"
	tokenSubnet     = "aws:ec2/subnet:Subnet"
	tokenGateway    = "aws:ec2/internetGateway:InternetGateway"
	tokenRouteTable = "aws:ec2/routeTable:RouteTable"
	tokenNAT        = "aws:ec2/natGateway:NatGateway"
	tokenEIP        = "aws:ec2/eip:Eip"
	tokenSG         = "aws:ec2/securityGroup:SecurityGroup"
	tokenInstance   = "aws:ec2/instance:Instance"
)

var (
	noVPC     = fault{400, "InvalidVpcID.NotFound", "The vpc ID '%s' does not exist"}
	noSubnet  = fault{400, "InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist"}
	noGateway = fault{400, "InvalidInternetGatewayID.NotFound", "The internetGateway ID '%s' does not exist"}
	noTable   = fault{400, "InvalidRouteTableID.NotFound", "The routeTable ID '%s' does not exist"}
)

var awsVPC = []*row{
	{
		token: tokenVPC, noun: "EC2 VPC", service: "EC2",
		source:   awsVersion + " internal/service/ec2/vpc_.go; EC2 API CreateVpc, DeleteVpc; quota: VPC quotas",
		api:      [4]string{"CreateVpc", "DescribeVpcs", "ModifyVpcAttribute", "DeleteVpc"},
		id:       "vpc-0{hex:16}",
		defaults: Props{"instanceTenancy": "default", "enableDnsSupport": true},
		outputs: Props{
			"arn":     "arn:{partition}:ec2:{region}:{account}:vpc/{id}",
			"ownerId": "{account}", "enableDnsHostnames": false, "enableNetworkAddressUsageMetrics": false,
			"mainRouteTableId": "rtb-0{hex:16}", "defaultRouteTableId": "{mainRouteTableId}",
			"defaultNetworkAclId": "acl-0{hex:16}", "defaultSecurityGroupId": "sg-0{hex:16}",
			"dhcpOptionsId": "dopt-0{hex:16}", "ipv6AssociationId": "", "ipv6CidrBlock": "", "ipv6NetmaskLength": 0,
		},
		replace:   []string{"cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength"},
		conflicts: [][]string{{"cidrBlock", "ipv4NetmaskLength"}, {"assignGeneratedIpv6CidrBlock", "ipv6IpamPoolId"}},
		limits:    []limit{{path: "instanceTenancy", oneOf: []string{"default", "dedicated"}}},
		check:     checkVPC,
		inUse:     &fault{400, "DependencyViolation", "The vpc '%s' has dependencies and cannot be deleted."},
		quota:     5, quotaCode: "VpcLimitExceeded", quotaSays: "The maximum number of VPCs has been reached.",
		takes: 2 * time.Second,
	},
	{
		token: tokenSubnet, noun: "EC2 Subnet", service: "EC2",
		source: awsVersion + " internal/service/ec2/vpc_subnet.go; EC2 API CreateSubnet, DeleteSubnet",
		api:    [4]string{"CreateSubnet", "DescribeSubnets", "ModifySubnetAttribute", "DeleteSubnet"},
		id:     "subnet-0{hex:16}",
		defaults: Props{
			"assignIpv6AddressOnCreation": false, "enableDns64": false, "ipv6Native": false, "mapPublicIpOnLaunch": false,
			"enableResourceNameDnsARecordOnLaunch": false, "enableResourceNameDnsAaaaRecordOnLaunch": false,
		},
		outputs: Props{
			"arn":     "arn:{partition}:ec2:{region}:{account}:subnet/{id}",
			"ownerId": "{account}", "availabilityZone": "{region}a", "availabilityZoneId": "",
			"ipv6CidrBlockAssociationId": "", "privateDnsHostnameTypeOnLaunch": "ip-name",
		},
		replace:   []string{"vpcId", "cidrBlock", "availabilityZone", "availabilityZoneId", "ipv6Native", "outpostArn"},
		conflicts: [][]string{{"availabilityZone", "availabilityZoneId"}},
		check:     checkSubnet,
		refs:      []ref{{path: "vpcId", typ: tokenVPC, err: noVPC, onDelete: block}},
		verify:    verifySubnet,
		compute:   zoneID,
		inUse:     &fault{400, "DependencyViolation", "The subnet '%s' has dependencies and cannot be deleted."},
		quota:     200, quotaCode: "SubnetLimitExceeded", quotaSays: "The maximum number of subnets has been reached.",
		takes: time.Second,
	},
	{
		token: tokenGateway, noun: "EC2 Internet Gateway", service: "EC2",
		source: awsVersion + " internal/service/ec2/vpc_internet_gateway.go; EC2 API AttachInternetGateway",
		api:    [4]string{"CreateInternetGateway", "DescribeInternetGateways", "AttachInternetGateway", "DeleteInternetGateway"},
		id:     "igw-0{hex:16}",
		outputs: Props{
			"arn": "arn:{partition}:ec2:{region}:{account}:internet-gateway/{id}", "ownerId": "{account}",
		},
		refs: []ref{{path: "vpcId", typ: tokenVPC, err: noVPC, onDelete: block}},
		unique: []unique{{paths: []string{"vpcId"}, err: fault{400, "InvalidParameterValue",
			"Network %s already has an internet gateway attached"}}},
		inUse: &fault{400, "DependencyViolation", "The internetGateway '%s' has dependencies and cannot be deleted."},
		quota: 5, quotaCode: "InternetGatewayLimitExceeded", quotaSays: "The maximum number of internet gateways has been reached.",
		takes: time.Second,
	},
	{
		token: tokenRouteTable, noun: "EC2 Route Table", service: "EC2",
		source: awsVersion + " internal/service/ec2/vpc_route_table.go; EC2 API CreateRouteTable, DeleteRouteTable",
		api:    [4]string{"CreateRouteTable", "DescribeRouteTables", "ReplaceRoute", "DeleteRouteTable"},
		id:     "rtb-0{hex:16}",
		outputs: Props{
			"arn": "arn:{partition}:ec2:{region}:{account}:route-table/{id}", "ownerId": "{account}",
			"propagatingVgws": []any{}, "routes": []any{},
		},
		replace: []string{"vpcId"},
		sets:    []string{"routes", "propagatingVgws"},
		refs: []ref{
			{path: "vpcId", typ: tokenVPC, err: noVPC, onDelete: block},
			{path: "routes[].gatewayId", typ: tokenGateway, err: noGateway, builtin: "local|vgw-.*"},
			{path: "routes[].natGatewayId", typ: tokenNAT, err: fault{400, "InvalidNatGatewayID.NotFound", "The natGateway ID '%s' does not exist"}},
		},
		inUse: &fault{400, "DependencyViolation", "The routeTable '%s' has dependencies and cannot be deleted."},
		takes: time.Second,
	},
	{
		token: "aws:ec2/route:Route", noun: "EC2 Route", service: "EC2",
		source: awsVersion + " internal/service/ec2/vpc_route.go; EC2 API CreateRoute",
		api:    [4]string{"CreateRoute", "DescribeRouteTables", "ReplaceRoute", "DeleteRoute"},
		id:     "r-{routeTableId}{digits:10}", importID: "{routeTableId}_{destinationCidrBlock}",
		outputs: Props{"origin": "CreateRoute", "state": "active", "instanceId": "", "instanceOwnerId": "", "networkInterfaceId": ""},
		replace: []string{"routeTableId", "destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"},
		exactly: [][]string{
			{"destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"},
			{
				"carrierGatewayId", "coreNetworkArn", "egressOnlyGatewayId", "gatewayId", "localGatewayId", "natGatewayId",
				"networkInterfaceId", "transitGatewayId", "vpcEndpointId", "vpcPeeringConnectionId",
			},
		},
		limits: []limit{{path: "destinationCidrBlock", pattern: cidrPattern, says: "is not a valid IPv4 CIDR block"}},
		refs: []ref{
			{path: "routeTableId", typ: tokenRouteTable, also: []string{tokenVPC}, by: []string{"id", "mainRouteTableId"}, err: noTable, onDelete: cascade},
			{path: "gatewayId", typ: tokenGateway, err: noGateway, builtin: "local|vgw-.*"},
			{path: "natGatewayId", typ: tokenNAT, err: fault{400, "NatGatewayNotFound", "The Nat Gateway %s was not found"}},
		},
		unique: []unique{{paths: []string{"routeTableId", "destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"},
			err: fault{400, "RouteAlreadyExists", "The route identified in %s already exists."}}},
		verify: verifyRoute,
		takes:  time.Second,
	},
	{
		token: "aws:ec2/routeTableAssociation:RouteTableAssociation", noun: "EC2 Route Table Association", service: "EC2",
		source: awsVersion + " internal/service/ec2/vpc_route_table_association.go; EC2 API AssociateRouteTable",
		api:    [4]string{"AssociateRouteTable", "DescribeRouteTables", "ReplaceRouteTableAssociation", "DisassociateRouteTable"},
		id:     "rtbassoc-0{hex:16}", importID: "{subnetId}/{routeTableId}",
		replace: []string{"subnetId", "gatewayId"},
		exactly: [][]string{{"subnetId", "gatewayId"}},
		refs: []ref{
			{path: "routeTableId", typ: tokenRouteTable, err: noTable, onDelete: block},
			{path: "subnetId", typ: tokenSubnet, err: noSubnet, onDelete: cascade},
			{path: "gatewayId", typ: tokenGateway, err: noGateway, onDelete: cascade},
		},
		unique: []unique{{paths: []string{"subnetId", "gatewayId"}, err: fault{400, "Resource.AlreadyAssociated",
			"the specified association for route table conflicts with an existing association of %s"}}},
		verify: verifyAssociation,
		takes:  time.Second,
	},
	{
		token: tokenNAT, noun: "EC2 NAT Gateway", service: "EC2",
		source:   awsVersion + " internal/service/ec2/vpc_nat_gateway.go; EC2 API CreateNatGateway",
		api:      [4]string{"CreateNatGateway", "DescribeNatGateways", "AssignPrivateNatGatewayAddress", "DeleteNatGateway"},
		id:       "nat-0{hex:16}",
		defaults: Props{"connectivityType": "public"},
		outputs: Props{
			"associationId": "eipassoc-0{hex:16}", "networkInterfaceId": "eni-0{hex:16}", "privateIp": "{ip:10.1}",
			"publicIp": "", "secondaryPrivateIpAddressCount": 0, "secondaryPrivateIpAddresses": []any{},
		},
		replace: []string{"subnetId", "allocationId", "connectivityType", "privateIp"},
		limits:  []limit{{path: "connectivityType", oneOf: []string{"public", "private"}}},
		refs: []ref{
			{path: "subnetId", typ: tokenSubnet, err: noSubnet, onDelete: block},
			{path: "allocationId", typ: tokenEIP, by: []string{"id", "allocationId"}, onDelete: block,
				err: fault{400, "InvalidAllocationID.NotFound", "The allocation ID '%s' does not exist"}},
		},
		verify: verifyNAT, compute: natAddress,
		quota: 5, quotaCode: "NatGatewayLimitExceeded", quotaSays: "The maximum number of NAT gateways has been reached.",
		takes: 100 * time.Second,
	},
}

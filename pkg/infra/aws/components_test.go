package aws

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

var tags = map[string]string{"team": "web"}

func networkArgs() *NetworkArgs {
	return &NetworkArgs{
		Name: "acme-prod", CIDR: "10.1.0.0/16", PublicCIDR: "10.1.0.0/24",
		DatabaseCIDRs: []string{"10.1.1.0/24", "10.1.2.0/24"}, AppCIDRs: []string{"10.1.3.0/24", "10.1.4.0/24"}, Tags: tags,
	}
}

// whole puts all components together, as a stack does.
func whole(protect bool) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		n, err := NewNetwork(ctx, "network", networkArgs())
		if err != nil {
			return err
		}
		f, err := NewFirewall(ctx, "firewall", &FirewallArgs{
			Name: "acme-prod", VPCID: n.VPCID, NetworkCIDR: "10.1.0.0/16",
			OperatorCIDRs: []string{"203.0.113.7/32", "198.51.100.0/24"}, AppPorts: []int{3000}, Tags: tags,
		})
		if err != nil {
			return err
		}
		i, err := NewIdentity(ctx, "identity", &IdentityArgs{Name: "acme-prod", Targets: DeployTargets(), VPCID: n.VPCID, Tags: tags})
		if err != nil {
			return err
		}
		if _, err := NewDatabase(ctx, "database", &DatabaseArgs{
			Name: "acme-prod", SubnetIDs: n.DatabaseSubnetIDs, SecurityGroupID: f.DatabaseGroupID, Class: "db.t4g.micro",
			Password: pulumi.String("database-password"), Protect: protect, Tags: tags,
		}); err != nil {
			return err
		}
		if _, err := NewRegistry(ctx, "registry", &RegistryArgs{Name: "acme-prod", Protect: protect, Tags: tags}); err != nil {
			return err
		}
		_, err = NewMachine(ctx, "machine", &MachineArgs{
			Name: "acme-prod", Type: "t3.medium", SubnetID: n.PublicSubnetID, SecurityGroupID: f.MachineGroupID,
			AllocationID: n.AllocationID, PrivateIP: "10.1.0.10", InstanceProfile: i.InstanceProfile,
			UserData: pulumi.String("#cloud-config\n"), SecretARN: i.SecretARN, SecretValue: pulumi.String("endpoint-key"),
			Protect: protect, Tags: tags,
		})
		return err
	}
}

func TestWhole(t *testing.T) {
	all, err := run(t, whole(false))
	if err != nil {
		t.Fatal(err)
	}
	// What cannot carry tags at AWS.
	untagged := map[string]bool{
		"aws:ec2/route:Route": true, "aws:ec2/routeTableAssociation:RouteTableAssociation": true,
		"aws:ec2/eipAssociation:EipAssociation": true, "aws:iam/rolePolicy:RolePolicy": true,
		"aws:secretsmanager/secretVersion:SecretVersion": true, "aws:ecr/lifecyclePolicy:LifecyclePolicy": true,
	}
	count := 0
	for _, m := range all {
		if !strings.HasPrefix(m.Type, "aws:") {
			continue
		}
		count++
		if !untagged[m.Type] && (field(m.Inputs, "tags", "team") != "web" || field(m.Inputs, "tags", "Name") == nil) {
			t.Errorf("%s %s has no tags: %v", m.Type, m.Name, m.Inputs["tags"])
		}
	}
	if count < 25 {
		t.Errorf("%d resources, want at least 25", count)
	}
}

func TestMachine(t *testing.T) {
	all, err := run(t, whole(false))
	if err != nil {
		t.Fatal(err)
	}
	m := one(t, all, "aws:ec2/instance:Instance")
	for _, c := range []struct {
		keys []resource.PropertyKey
		want any
	}{
		{[]resource.PropertyKey{"ami"}, "ami-0123456789abcdef0"},
		{[]resource.PropertyKey{"metadataOptions", "httpTokens"}, "required"},
		{[]resource.PropertyKey{"metadataOptions", "httpPutResponseHopLimit"}, 1.0},
		{[]resource.PropertyKey{"rootBlockDevice", "encrypted"}, true},
		{[]resource.PropertyKey{"rootBlockDevice", "volumeType"}, "gp3"},
		{[]resource.PropertyKey{"rootBlockDevice", "tags", "team"}, "web"},
		{[]resource.PropertyKey{"privateIp"}, "10.1.0.10"},
		{[]resource.PropertyKey{"userData"}, "#cloud-config\n"},
		{[]resource.PropertyKey{"keyName"}, nil},
	} {
		if got := field(m, c.keys...); got != c.want {
			t.Errorf("%v: got %v, want %v", c.keys, got, c.want)
		}
	}
	version := one(t, all, "aws:secretsmanager/secretVersion:SecretVersion")["secretString"]
	if !version.IsSecret() && !(version.IsOutput() && version.OutputValue().Secret) {
		t.Errorf("the endpoint's key is not marked as a secret: %v", version)
	}
}

func TestDatabase(t *testing.T) {
	for _, protect := range []bool{false, true} {
		all, err := run(t, whole(protect))
		if err != nil {
			t.Fatal(err)
		}
		db := one(t, all, "aws:rds/instance:Instance")
		want := map[resource.PropertyKey]any{
			"engine": "postgres", "engineVersion": "16", "publiclyAccessible": false, "storageEncrypted": true,
			"backupRetentionPeriod": 7.0, "deletionProtection": protect, "skipFinalSnapshot": !protect, "storageType": "gp3",
			"finalSnapshotIdentifier": nil,
		}
		if protect {
			want["finalSnapshotIdentifier"] = "acme-prod-final-89abcdef"
		}
		for k, v := range want {
			if got := field(db, k); got != v {
				t.Errorf("protect %v: %s is %v, want %v", protect, k, got, v)
			}
		}
		if got := field(one(t, all, "aws:rds/parameterGroup:ParameterGroup"), "family"); got != "postgres16" {
			t.Errorf("family %v", got)
		}
	}
}

func TestFirewallRules(t *testing.T) {
	all, err := run(t, whole(false))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, m := range of(all, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule") {
		if field(m.Inputs, "fromPort") != field(m.Inputs, "toPort") || field(m.Inputs, "ipProtocol") != "tcp" {
			t.Errorf("%s opens more than one port: %v", m.Name, m.Inputs)
		}
		source := field(m.Inputs, "cidrIpv4")
		if source == nil {
			source = "group"
		}
		got[fmt.Sprintf("%v %v", field(m.Inputs, "fromPort"), source)]++
	}
	want := map[string]int{"2376 10.1.0.0/16": 1, "3000 10.1.0.0/16": 1, "5432 group": 2}
	for _, port := range []int{2376, 9701, 9702, 9703} {
		want[fmt.Sprintf("%d 203.0.113.7/32", port)], want[fmt.Sprintf("%d 198.51.100.0/24", port)] = 1, 1
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("rules\n got %v\nwant %v", got, want)
	}
	for _, g := range of(all, "aws:ec2/securityGroup:SecurityGroup") {
		if g.Inputs["ingress"].HasValue() || g.Inputs["egress"].HasValue() {
			t.Errorf("%s has rules of its own beside those that are resources", g.Name)
		}
	}
}

func TestRefusals(t *testing.T) {
	firewall := func(change func(*FirewallArgs)) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			args := &FirewallArgs{Name: "acme-prod", VPCID: pulumi.String("vpc-1"), NetworkCIDR: "10.1.0.0/16"}
			change(args)
			_, err := NewFirewall(ctx, "firewall", args)
			return err
		}
	}
	network := func(change func(*NetworkArgs)) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			args := networkArgs()
			change(args)
			_, err := NewNetwork(ctx, "network", args)
			return err
		}
	}
	for _, c := range []struct {
		name    string
		program pulumi.RunFunc
		want    string // empty: accepted
	}{
		{"the internet", firewall(func(a *FirewallArgs) { a.OperatorCIDRs = []string{"0.0.0.0/0"} }), `OperatorCIDRs "0.0.0.0/0"`},
		{"half of it", firewall(func(a *FirewallArgs) { a.OperatorCIDRs = []string{"128.0.0.0/1"} }), "opens the port to the internet"},
		{"the internet, with a reason", firewall(func(a *FirewallArgs) { a.OperatorCIDRs, a.AllowPublic = []string{"0.0.0.0/0"}, "workshop" }), ""},
		{"SSH from the internet, whatever the reason", firewall(func(a *FirewallArgs) { a.SSHCIDRs, a.AllowPublic = []string{"0.0.0.0/0"}, "workshop" }), `SSHCIDRs "0.0.0.0/0"`},
		{"IPv6", firewall(func(a *FirewallArgs) { a.OperatorCIDRs = []string{"::/0"} }), "want an IPv4 range"},
		{"host bits", firewall(func(a *FirewallArgs) { a.OperatorCIDRs = []string{"203.0.113.7/24"} }), "want an IPv4 range"},
		{"twice", firewall(func(a *FirewallArgs) { a.OperatorCIDRs = []string{"203.0.113.7/32", "203.0.113.7/32"} }), "is there twice"},
		{"the network itself", firewall(func(a *FirewallArgs) { a.OperatorCIDRs = []string{"10.1.0.0/16"} }), "is the network itself"},
		{"one subnet", network(func(a *NetworkArgs) { a.AppCIDRs = a.AppCIDRs[:1] }), "want two of each"},
		{"the same zone twice", network(func(a *NetworkArgs) { a.Zones = []string{"eu-west-1a", "eu-west-1a"} }), "want two different availability zones"},
		{"an unknown target", func(ctx *pulumi.Context) error {
			_, err := NewIdentity(ctx, "identity", &IdentityArgs{Name: "acme-prod", Targets: []string{"aws-eks"}})
			return err
		}, `Targets "aws-eks": want aws-ecs, aws-ec2, aws-lambda, aws-cloudfront`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := run(t, c.program)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	r := &recorder{zones: []any{"eu-west-1a"}}
	err := pulumi.RunErr(network(func(*NetworkArgs) {}), pulumi.WithMocks("acme", "prod", r))
	if err == nil || !strings.Contains(err.Error(), "want two; choose another region") {
		t.Errorf("one zone: got %v", err)
	}
}

package aws

import (
	"reflect"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/stacks"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

func TestDefaults(t *testing.T) {
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "eu-central-1")
	p := &Platform{Network: Network{CIDR: "10.50.0.0/16"}}
	if err := p.Complete(); err != nil {
		t.Fatal(err)
	}
	if p.Region != "eu-central-1" || p.Size != stacks.Small || p.Machine.Type != "t3.medium" || p.Database.Class != "db.t4g.micro" {
		t.Errorf("got %+v", p)
	}
	want := Network{
		CIDR: "10.50.0.0/16", Machine: "10.50.0.0/24", Database: []string{"10.50.1.0/24", "10.50.2.0/24"},
		Apps: []string{"10.50.3.0/24", "10.50.4.0/24"}, AppPorts: []int{3000, 5000},
	}
	if !reflect.DeepEqual(p.Network, want) {
		t.Errorf("network %+v, want %+v", p.Network, want)
	}
	before := *p
	if err := p.Complete(); err != nil || !reflect.DeepEqual(*p, before) {
		t.Errorf("completing twice changes the spec: %v\n%+v\n%+v", err, *p, before)
	}
	t.Setenv("AWS_REGION", "eu-west-3")
	q := &Platform{}
	if err := q.Complete(); err != nil || q.Config()["aws:region"] != (auto.ConfigValue{Value: "eu-west-3"}) {
		t.Errorf("config %v, %v", q.Config(), err)
	}
	for _, size := range stacks.Sizes() {
		if p := (&Platform{Size: size}); p.Complete() != nil || p.Machine.Type == "" || p.Database.Class == "" {
			t.Errorf("size %s has no types", size)
		}
	}
}

func TestBadInput(t *testing.T) {
	key := "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFsLW5vLXNlY3JldC1qdXN0LWEtdGVzdC1rZXkxMjM0 somebody"
	for _, c := range []struct {
		name string
		spec Platform
		want string // empty: accepted
	}{
		{"region", Platform{Region: "eu-west-9"}, `region "eu-west-9": did you mean eu-west-1? want one of af-south-1`},
		{"region far from all", Platform{Region: "nowhere"}, `region "nowhere": want one of`},
		{"size", Platform{Size: "smal"}, `size "smal": did you mean small? want one of small, medium, large`},
		{"size that does not exist", Platform{Size: "gigantic"}, `size "gigantic": want one of small, medium, large`},
		{"exact types with any size", Platform{Machine: Machine{Type: "c7i.2xlarge"}, Database: Database{Class: "db.r6g.xlarge"}}, ""},
		{"overlap", Platform{Network: Network{Apps: []string{"10.1.1.0/24", "10.1.4.0/24"}}}, `network.apps[0] "10.1.1.0/24": overlaps network.database[0] 10.1.1.0/24`},
		{"outside", Platform{Network: Network{Machine: "10.2.0.0/24"}}, `network.machine "10.2.0.0/24": is outside network.cidr`},
		{"network too small", Platform{Network: Network{CIDR: "10.1.0.0/24"}}, `network.cidr "10.1.0.0/24": want a prefix from /16 to /21`},
		{"network", Platform{Network: Network{CIDR: "ten"}}, `network.cidr "ten": want an IPv4 range`},
		{"one subnet", Platform{Network: Network{Database: []string{"10.1.1.0/24"}}}, "want two of each"},
		{"zones", Platform{Network: Network{Zones: []string{"us-east-1a"}}}, "want two different availability zones"},
		{"port", Platform{Network: Network{AppPorts: []int{0}}}, "network.app_ports 0: want 1 to 65535"},
		{"the internet", Platform{OperatorCIDRs: []string{"0.0.0.0/0"}}, `operator_cidrs "0.0.0.0/0": opens the platform to the internet: want your own range, or the reason for it in allow_public`},
		{"the internet with a reason", Platform{OperatorCIDRs: []string{"0.0.0.0/0"}, AllowPublic: "workshop"}, ""},
		{"half the internet", Platform{OperatorCIDRs: []string{"0.0.0.0/1"}}, `operator_cidrs "0.0.0.0/1"`},
		{"operator", Platform{OperatorCIDRs: []string{"203.0.113.7"}}, "want an IPv4 range such as 203.0.113.7/32"},
		{"operator twice", Platform{OperatorCIDRs: []string{"203.0.113.7/32", "203.0.113.7/32"}}, "want each range once"},
		{"SSH from the internet", Platform{AllowPublic: "workshop", SSH: SSH{CIDRs: []string{"0.0.0.0/0"}, Keys: []string{key}}}, `ssh.cidrs "0.0.0.0/0"`},
		{"SSH without keys", Platform{SSH: SSH{CIDRs: []string{"203.0.113.7/32"}}}, "ssh: 1 cidrs and 0 keys: want both"},
		{"SSH with a private key", Platform{SSH: SSH{CIDRs: []string{"203.0.113.7/32"}, Keys: []string{"-----BEGIN"}}}, "ssh.keys[0]"},
		{"SSH", Platform{SSH: SSH{CIDRs: []string{"203.0.113.7/32"}, Keys: []string{key}}}, ""},
		{"target", Platform{Targets: []string{"aws-esc"}}, `targets "aws-esc": did you mean aws-ecs?`},
		{"another cloud's target", Platform{Targets: []string{"google-cloud-run"}}, "want one of aws-ecs"},
		{"type", Platform{Machine: Machine{Type: "big"}}, `machine.type "big": want an EC2 instance type`},
		{"type of no family", Platform{Machine: Machine{Type: "t9.large"}}, `machine.type "t9.large": want an EC2 instance type such as t3.medium`},
		{"type of no size", Platform{Machine: Machine{Type: "t3.huge"}}, `machine.type "t3.huge": want an EC2 instance type`},
		{"the first ARM", Platform{Machine: Machine{Type: "a1.large"}}, `machine.type "a1.large": has an ARM processor`},
		{"ARM", Platform{Machine: Machine{Type: "t4g.small"}}, "has an ARM processor"},
		{"ARM with more letters", Platform{Machine: Machine{Type: "c7gn.large"}}, "has an ARM processor"},
		{"image", Platform{Machine: Machine{Image: "ubuntu"}}, `machine.image "ubuntu": want an AMI`},
		{"newest image", Platform{Machine: Machine{Image: "latest"}}, ""},
		{"disk", Platform{Machine: Machine{DiskGB: 8}}, "machine.disk_gb 8: want 20 to 16384"},
		{"class", Platform{Database: Database{Class: "t4g.micro"}}, "want an RDS instance class"},
		{"class of no family", Platform{Database: Database{Class: "db.zz9.large"}}, `database.class "db.zz9.large": want an RDS instance class such as db.t4g.micro`},
		{"class of no size", Platform{Database: Database{Class: "db.t4g.foo"}}, `database.class "db.t4g.foo": want an RDS instance class`},
		{"version", Platform{Database: Database{Version: "11"}}, `database.version "11": `},
		{"backups off", Platform{Database: Database{BackupDays: -1}}, "database.backup_days -1: want 1 to 35"},
		{"storage", Platform{Database: Database{StorageGB: 5}}, "database.storage_gb 5: want 20 to 65536"},
		{"database user", Platform{Database: Database{User: "Pilot; DROP"}}, "database.user"},
		{"reserved user", Platform{Database: Database{User: "postgres"}}, "is reserved on RDS"},
		{"tag of ours", Platform{Tags: map[string]string{"pilot-stack": "x"}}, `tags "pilot-stack": is set by Pilot itself`},
		{"tag of AWS", Platform{Tags: map[string]string{"AWS:x": "x"}}, "want another key"},
		{"tag's letters", Platform{Tags: map[string]string{"a": "b;c"}}, `tags "a": "b;c": want`},
		{"tags", Platform{Tags: map[string]string{"Cost Center": "42/7"}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.spec.Region == "" {
				c.spec.Region = "us-east-1"
			}
			err := c.spec.Complete()
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestOutputs(t *testing.T) {
	out := (&Platform{}).Outputs(auto.OutputMap{
		stacks.OutputDockerHost: {Value: "tcp://198.51.100.7:2376"}, stacks.OutputDBPort: {Value: 5432.0},
		outputAppSubnetIDs: {Value: []any{"subnet-1", "subnet-2"}}, outputVPCID: {Value: "vpc-1"}, outputRegion: {Value: "us-east-1"},
	})
	if out.Docker.Host != "tcp://198.51.100.7:2376" || out.Database.Port != "5432" || out.VPCID != "vpc-1" ||
		!reflect.DeepEqual(out.AppSubnetIDs, []string{"subnet-1", "subnet-2"}) || out.InstanceID != "" {
		t.Errorf("got %+v", out)
	}
}

func TestSettings(t *testing.T) {
	target := Target()
	p := target.New()
	for _, s := range target.Settings {
		value := "value-of-" + s.Name
		if s.Name == "runners" {
			value = "3"
			if err := s.Set(p, "many"); err == nil {
				t.Error("many runners are taken for a number")
			}
		}
		if s.Switch {
			// The one switch, bare, takes the place of image.
			continue
		}
		if err := s.Set(p, value); err != nil {
			t.Error(err)
		}
	}
	if got := p.(*Platform); got.Above == nil || len(got.Images) == 0 {
		t.Error("the target's platform puts no server on its machine")
	} else {
		got.Above, got.Images = nil, nil
	}
	want := &Platform{
		Region: "value-of-region", Size: "value-of-size", OperatorCIDRs: []string{"value-of-operator-cidr"},
		Machine: Machine{Type: "value-of-machine-type", Image: "value-of-machine-image"}, Database: Database{Class: "value-of-database-class"},
		Runners: 3, ServerImage: "value-of-image", BootTimeout: "value-of-boot-timeout",
	}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got %+v, want %+v", p, want)
	}
}

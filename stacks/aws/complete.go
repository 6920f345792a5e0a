package aws

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"

	"github.com/pilot-framework/pilot/internal/machinetype"
	components "github.com/pilot-framework/pilot/pkg/infra/aws"
	"github.com/pilot-framework/pilot/pkg/server/cloudinit"
	"github.com/pilot-framework/pilot/stacks"
)

// bySize are the types that a size stands for.
var bySize = map[stacks.Size]struct{ machine, database string }{
	stacks.Small:  {"t3.medium", "db.t4g.micro"},
	stacks.Medium: {"t3.large", "db.t4g.medium"},
	stacks.Large:  {"m6i.xlarge", "db.m6g.large"},
}

var (
	imageForm = regexp.MustCompile(`^ami-([0-9a-f]{8}|[0-9a-f]{17})$`)
	// identifierForm is RDS's rule for database names and users.
	identifierForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)
	// The forms of tags. Source: AWS General Reference, tag naming limits. They
	// are compiled when they are needed: that takes 13 ms and 15 MB, which every
	// start of a program would pay for.
	tagKey = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$`)
	})
	tagValue = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$`)
	})
)

// Complete fills in the defaults and validates.
func (p *Platform) Complete() error {
	p.defaults()
	if err := stacks.CompleteServer(&p.Runners, &p.BootTimeout); err != nil {
		return err
	}
	return p.Validate()
}

func (p *Platform) defaults() {
	def(&p.Region, os.Getenv("AWS_REGION"))
	def(&p.Region, os.Getenv("AWS_DEFAULT_REGION"))
	def(&p.Region, "us-east-1")
	def(&p.Size, stacks.Small)
	types := bySize[p.Size]
	def(&p.Machine.Type, types.machine)
	def(&p.Database.Class, types.database)
	if p.Targets == nil {
		p.Targets = []string{components.TargetECS, components.TargetCloudFront}
	}

	n := &p.Network
	def(&n.CIDR, "10.1.0.0/16")
	def(&n.Machine, stacks.Subnet(n.CIDR, 24, 0))
	if n.Database == nil {
		n.Database = []string{stacks.Subnet(n.CIDR, 24, 1), stacks.Subnet(n.CIDR, 24, 2)}
	}
	if n.Apps == nil {
		n.Apps = []string{stacks.Subnet(n.CIDR, 24, 3), stacks.Subnet(n.CIDR, 24, 4)}
	}
	if n.AppPorts == nil {
		n.AppPorts = []int{3000, 5000}
	}
	def(&p.Machine.DiskGB, 40)
	def(&p.Database.Version, "16")
	def(&p.Database.StorageGB, 20)
	def(&p.Database.MaxStorageGB, 100)
	def(&p.Database.BackupDays, 7)
	def(&p.Database.Name, "pilot")
	def(&p.Database.User, "pilot")
}

func (p *Platform) checkTags() error {
	if len(p.Tags) == 0 {
		return nil
	}
	if err := stacks.CheckLabels("tags", p.Tags, tagKey(), tagValue(),
		"a key of at most 128 and a value of at most 256 letters, digits, spaces and _.:/=+-@", 50); err != nil {
		return err
	}
	for k := range p.Tags {
		if k == "Name" || len(k) >= 4 && strings.EqualFold(k[:4], "aws:") {
			return fmt.Errorf("tags %q: is set by Pilot or AWS itself: want another key", k)
		}
	}
	return nil
}

// Validate tells the first thing that is wrong with a spec whose defaults are
// filled in: the field, its value and what would be right.
func (p *Platform) Validate() error {
	if err := stacks.CheckOneOf("region", p.Region, regions); err != nil {
		return err
	}
	if err := p.Size.Validate(); err != nil {
		return err
	}
	for _, t := range p.Targets {
		if err := stacks.CheckOneOf("targets", t, components.DeployTargets()); err != nil {
			return err
		}
	}
	if err := p.checkTags(); err != nil {
		return err
	}
	if err := p.Network.validate(); err != nil {
		return err
	}
	if err := stacks.CheckOperators("operator_cidrs", p.OperatorCIDRs, p.AllowPublic); err != nil {
		return err
	}
	if err := p.Machine.validate(); err != nil {
		return err
	}
	if err := p.Database.validate(); err != nil {
		return err
	}
	return p.SSH.validate()
}

func (n *Network) validate() error {
	if len(n.Database) != 2 || len(n.Apps) != 2 {
		return fmt.Errorf("network: %d database and %d app subnets: want two of each, one for each zone", len(n.Database), len(n.Apps))
	}
	if len(n.Zones) != 0 && (len(n.Zones) != 2 || n.Zones[0] == n.Zones[1]) {
		return fmt.Errorf("network.zones %q: want two different availability zones, or none", n.Zones)
	}
	for _, port := range n.AppPorts {
		if port < 1 || port > 65535 {
			return fmt.Errorf("network.app_ports %d: want 1 to 65535", port)
		}
	}
	// A VPC has at most a /16, a subnet at least a /28.
	subnet := func(field, cidr string) stacks.Range {
		return stacks.Range{Field: field, CIDR: cidr, Within: "network.cidr", Widest: 16, Narrowest: 28}
	}
	return stacks.CheckRanges([]stacks.Range{
		{Field: "network.cidr", CIDR: n.CIDR, Widest: 16, Narrowest: 21},
		subnet("network.machine", n.Machine),
		subnet("network.database[0]", n.Database[0]), subnet("network.database[1]", n.Database[1]),
		subnet("network.apps[0]", n.Apps[0]), subnet("network.apps[1]", n.Apps[1]),
	})
}

func (m *Machine) validate() error {
	if !machinetype.Is(machinetype.EC2, m.Type) {
		return fmt.Errorf("machine.type %q: want an EC2 instance type such as t3.medium", m.Type)
	}
	// The server's image is not made for ARM.
	if machinetype.EC2IsARM(m.Type) {
		return fmt.Errorf("machine.type %q: has an ARM processor: want one for 64-bit x86, such as t3.medium", m.Type)
	}
	if m.Image != "" && m.Image != components.LatestImage && !imageForm.MatchString(m.Image) {
		return fmt.Errorf("machine.image %q: want an AMI such as ami-0123456789abcdef0, or latest", m.Image)
	}
	if m.DiskGB < 20 || m.DiskGB > 16384 {
		return fmt.Errorf("machine.disk_gb %d: want 20 to 16384", m.DiskGB)
	}
	return nil
}

func (d *Database) validate() error {
	if !machinetype.Is(machinetype.RDS, d.Class) {
		return fmt.Errorf("database.class %q: want an RDS instance class such as db.t4g.micro", d.Class)
	}
	if err := stacks.CheckOneOf("database.version", d.Version, []string{"16", "17"}); err != nil {
		return err
	}
	if d.StorageGB < 20 || d.StorageGB > 65536 {
		return fmt.Errorf("database.storage_gb %d: want 20 to 65536", d.StorageGB)
	}
	if d.MaxStorageGB > 65536 {
		return fmt.Errorf("database.max_storage_gb %d: want at most 65536", d.MaxStorageGB)
	}
	if d.BackupDays < 1 || d.BackupDays > 35 {
		return fmt.Errorf("database.backup_days %d: want 1 to 35", d.BackupDays)
	}
	for field, name := range map[string]string{"database.name": d.Name, "database.user": d.User} {
		if !identifierForm.MatchString(name) {
			return fmt.Errorf("%s %q: want a lower-case letter, then up to 62 lower-case letters, digits or underscores", field, name)
		}
	}
	for _, taken := range []string{"admin", "rdsadmin", "postgres"} {
		if d.User == taken {
			return fmt.Errorf("database.user %q: is reserved on RDS: want another, such as pilot", d.User)
		}
	}
	return nil
}

func (s *SSH) validate() error {
	if (len(s.CIDRs) == 0) != (len(s.Keys) == 0) {
		return fmt.Errorf("ssh: %d cidrs and %d keys: want both, or neither to keep SSH off", len(s.CIDRs), len(s.Keys))
	}
	if err := stacks.CheckOperators("ssh.cidrs", s.CIDRs, ""); err != nil {
		return err
	}
	return cloudinit.CheckKeys("ssh.keys", s.Keys)
}

func def[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

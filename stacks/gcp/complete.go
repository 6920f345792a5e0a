package gcp

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/pilot-framework/pilot/internal/machinetype"
	components "github.com/pilot-framework/pilot/pkg/infra/gcp"
	"github.com/pilot-framework/pilot/pkg/server/cloudinit"
	"github.com/pilot-framework/pilot/stacks"
)

// bySize are the types that a size stands for.
var bySize = map[stacks.Size]struct{ machine, database string }{
	stacks.Small:  {"e2-medium", "db-f1-micro"},
	stacks.Medium: {"e2-standard-2", "db-custom-1-3840"},
	stacks.Large:  {"e2-standard-4", "db-custom-2-7680"},
}

var (
	// projectForm is Google's rule for project ids, with the domain that old
	// ones begin with.
	projectForm = regexp.MustCompile(`^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$`)
	imageForm   = regexp.MustCompile(`^(https://www\.googleapis\.com/compute/v1/)?projects/[a-z0-9.:-]+/global/images/[a-z][a-z0-9-]*$`)
	// identifierForm is PostgreSQL's rule for names that need no quotes.
	identifierForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)
	// The forms of labels. Source: Google Cloud Resource Manager, requirements for labels.
	labelKey   = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)
	labelValue = regexp.MustCompile(`^[a-z0-9_-]{0,63}$`)
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
	def(&p.Project, os.Getenv("GOOGLE_CLOUD_PROJECT"))
	def(&p.Project, os.Getenv("CLOUDSDK_CORE_PROJECT"))
	if p.Simulated {
		def(&p.Project, SimulatedProject)
	}
	def(&p.Region, os.Getenv("CLOUDSDK_COMPUTE_REGION"))
	def(&p.Region, "us-central1")
	def(&p.Size, stacks.Small)
	types := bySize[p.Size]
	def(&p.Machine.Type, types.machine)
	def(&p.Database.Class, types.database)
	if p.Targets == nil {
		p.Targets = components.DeployTargets()
	}
	def(&p.Network.Machine, "10.1.0.0/24")
	def(&p.Network.Database, "10.2.0.0/20")
	def(&p.Network.Apps, "10.8.0.0/28")
	def(&p.Machine.DiskGB, 40)
	def(&p.Database.Version, "16")
	def(&p.Database.StorageGB, 10)
	def(&p.Database.MaxStorageGB, 100)
	def(&p.Database.BackupDays, 7)
	def(&p.Database.Name, "pilot")
	def(&p.Database.User, "pilot")
}

// Validate tells the first thing that is wrong with a spec whose defaults are
// filled in: the field, its value and what would be right.
func (p *Platform) Validate() error {
	if err := CheckProject(p.Project); err != nil {
		return err
	}
	if err := stacks.CheckOneOf("region", p.Region, regions); err != nil {
		return err
	}
	if p.Zone != "" && (!strings.HasPrefix(p.Zone, p.Region+"-") || len(p.Zone) != len(p.Region)+2) {
		return fmt.Errorf("zone %q: is not in region %s: want one such as %s-b", p.Zone, p.Region, p.Region)
	}
	if err := p.Size.Validate(); err != nil {
		return err
	}
	for _, t := range p.Targets {
		if err := stacks.CheckOneOf("targets", t, components.DeployTargets()); err != nil {
			return err
		}
	}
	if err := stacks.CheckLabels("tags", p.Tags, labelKey, labelValue,
		"a key and a value of at most 63 lower-case letters, digits, hyphens and underscores, the key beginning with a letter", 64); err != nil {
		return err
	}
	if err := stacks.CheckRanges([]stacks.Range{
		{Field: "network.machine", CIDR: p.Network.Machine, Widest: 16, Narrowest: 28},
		{Field: "network.database", CIDR: p.Network.Database, Widest: 16, Narrowest: 24},
		{Field: "network.apps", CIDR: p.Network.Apps, Widest: 28, Narrowest: 28},
	}); err != nil {
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

func (m *Machine) validate() error {
	if !machinetype.Is(machinetype.ComputeEngine, m.Type) {
		return fmt.Errorf("machine.type %q: want a machine type such as e2-medium", m.Type)
	}
	// The server's image is not made for ARM.
	if machinetype.ComputeEngineIsARM(m.Type) {
		return fmt.Errorf("machine.type %q: has an ARM processor: want one for 64-bit x86, such as e2-medium", m.Type)
	}
	if m.Image != "" && m.Image != components.LatestImage && !imageForm.MatchString(m.Image) {
		return fmt.Errorf("machine.image %q: want an image such as projects/ubuntu-os-cloud/global/images/NAME, or latest", m.Image)
	}
	if m.DiskGB < 20 || m.DiskGB > 65536 {
		return fmt.Errorf("machine.disk_gb %d: want 20 to 65536", m.DiskGB)
	}
	return nil
}

func (d *Database) validate() error {
	if !machinetype.Is(machinetype.CloudSQLPostgres, d.Class) {
		return fmt.Errorf("database.class %q: want a tier of Cloud SQL for PostgreSQL such as db-f1-micro or db-custom-2-7680", d.Class)
	}
	if err := stacks.CheckOneOf("database.version", d.Version, []string{"16", "17"}); err != nil {
		return err
	}
	if d.StorageGB < 10 || d.StorageGB > 65536 {
		return fmt.Errorf("database.storage_gb %d: want 10 to 65536", d.StorageGB)
	}
	if d.MaxStorageGB > 65536 {
		return fmt.Errorf("database.max_storage_gb %d: want at most 65536", d.MaxStorageGB)
	}
	if d.BackupDays < 1 || d.BackupDays > 365 {
		return fmt.Errorf("database.backup_days %d: want 1 to 365", d.BackupDays)
	}
	for field, name := range map[string]string{"database.name": d.Name, "database.user": d.User} {
		if !identifierForm.MatchString(name) {
			return fmt.Errorf("%s %q: want a lower-case letter, then up to 62 lower-case letters, digits or underscores", field, name)
		}
	}
	if d.User == "postgres" || strings.HasPrefix(d.User, "cloudsql") {
		return fmt.Errorf("database.user %q: is reserved on Cloud SQL: want another, such as pilot", d.User)
	}
	if d.Name == "postgres" {
		return fmt.Errorf("database.name %q: is there already on Cloud SQL: want another, such as pilot", d.Name)
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

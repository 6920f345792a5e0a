package gcp

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

var team = map[string]string{"team": "web"}

const (
	project = "acme-prod-123"
	region  = "europe-west1"
)

// whole puts all components together, as a stack does.
func whole(protect bool) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		n, err := NewNetwork(ctx, "network", &NetworkArgs{
			Name: "acme-prod", Project: project, Region: region,
			MachineCIDR: "10.1.0.0/24", DatabaseCIDR: "10.2.0.0/20", AppCIDR: "10.8.0.0/28", Labels: team,
		})
		if err != nil {
			return err
		}
		if _, err := NewFirewall(ctx, "firewall", &FirewallArgs{
			Name: "acme-prod", Project: project, NetworkID: n.NetworkID, NetworkCIDRs: []string{"10.1.0.0/24"},
			OperatorCIDRs: []string{"203.0.113.7/32", "198.51.100.0/24"},
		}); err != nil {
			return err
		}
		i, err := NewIdentity(ctx, "identity", &IdentityArgs{Name: "acme-prod", Project: project, Targets: DeployTargets(), Labels: team})
		if err != nil {
			return err
		}
		if _, err := NewDatabase(ctx, "database", &DatabaseArgs{
			Name: "acme-prod", Project: project, Region: region, Network: n.Peering, Tier: "db-f1-micro",
			Password: pulumi.String("database-password"), Protect: protect, Labels: team,
		}); err != nil {
			return err
		}
		if _, err := NewRegistry(ctx, "registry", &RegistryArgs{
			Name: "acme-prod", Project: project, Region: region, Writer: i.DeployAccount, Reader: i.AppAccount, Protect: protect, Labels: team,
		}); err != nil {
			return err
		}
		_, err = NewMachine(ctx, "machine", &MachineArgs{
			Name: "acme-prod", Project: project, Region: region, Type: "e2-medium", SubnetID: n.SubnetID, PublicIP: n.PublicIP,
			PrivateIP: "10.1.0.10", ServiceAccount: i.MachineAccount, UserData: pulumi.String("#cloud-config\n"),
			SecretID: i.SecretID, SecretValue: pulumi.String("endpoint-key"), Protect: protect, Labels: team,
		})
		return err
	}
}

func TestWhole(t *testing.T) {
	all, err := run(t, whole(false))
	if err != nil {
		t.Fatal(err)
	}
	labelled := map[string]resource.PropertyKey{
		"gcp:compute/address:Address": "labels", "gcp:compute/globalAddress:GlobalAddress": "labels",
		"gcp:secretmanager/secret:Secret": "labels", "gcp:artifactregistry/repository:Repository": "labels",
		"gcp:compute/instance:Instance": "labels",
	}
	count := 0
	for _, m := range all {
		if !strings.HasPrefix(m.Type, "gcp:") {
			continue
		}
		count++
		if key, ok := labelled[m.Type]; ok {
			if field(m.Inputs, key, "team") != "web" {
				t.Errorf("%s %s has no labels: %v", m.Type, m.Name, m.Inputs)
			}
			delete(labelled, m.Type)
		}
		if m.Type == "gcp:projects/service:Service" &&
			(field(m.Inputs, "disableOnDestroy") != false || field(m.Inputs, "disableDependentServices") != false) {
			t.Errorf("%s would be switched off on destroy", m.Name)
		}
	}
	if count < 18 || len(labelled) > 0 {
		t.Errorf("%d resources, want at least 18; missing %v", count, labelled)
	}
}

func TestMachine(t *testing.T) {
	all, err := run(t, whole(true))
	if err != nil {
		t.Fatal(err)
	}
	m := one(t, all, "gcp:compute/instance:Instance")
	for _, c := range []struct {
		keys []resource.PropertyKey
		want any
	}{
		{[]resource.PropertyKey{"zone"}, "europe-west1-b"},
		{[]resource.PropertyKey{"shieldedInstanceConfig", "enableSecureBoot"}, true},
		{[]resource.PropertyKey{"shieldedInstanceConfig", "enableVtpm"}, true},
		{[]resource.PropertyKey{"metadata", "enable-oslogin"}, "TRUE"},
		{[]resource.PropertyKey{"metadata", "user-data"}, "#cloud-config\n"},
		{[]resource.PropertyKey{"serviceAccount", "email"}, "acme-prod-machine@acme-prod-123.iam.gserviceaccount.com"},
		{[]resource.PropertyKey{"deletionProtection"}, true},
		{[]resource.PropertyKey{"allowStoppingForUpdate"}, true},
	} {
		if got := field(m, c.keys...); got != c.want {
			t.Errorf("%v: got %v, want %v", c.keys, got, c.want)
		}
	}
	version := one(t, all, "gcp:secretmanager/secretVersion:SecretVersion")["secretData"]
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
		db := one(t, all, "gcp:sql/databaseInstance:DatabaseInstance")
		for _, c := range []struct {
			keys []resource.PropertyKey
			want any
		}{
			{[]resource.PropertyKey{"databaseVersion"}, "POSTGRES_16"},
			{[]resource.PropertyKey{"deletionProtection"}, protect},
			{[]resource.PropertyKey{"settings", "deletionProtectionEnabled"}, protect},
			{[]resource.PropertyKey{"settings", "edition"}, "ENTERPRISE"},
			{[]resource.PropertyKey{"settings", "userLabels", "team"}, "web"},
			{[]resource.PropertyKey{"settings", "ipConfiguration", "ipv4Enabled"}, false},
			{[]resource.PropertyKey{"settings", "ipConfiguration", "sslMode"}, "ENCRYPTED_ONLY"},
			{[]resource.PropertyKey{"settings", "backupConfiguration", "enabled"}, true},
			{[]resource.PropertyKey{"settings", "backupConfiguration", "pointInTimeRecoveryEnabled"}, true},
			{[]resource.PropertyKey{"name"}, nil},
		} {
			if got := field(db, c.keys...); got != c.want {
				t.Errorf("protect %v: %v is %v, want %v", protect, c.keys, got, c.want)
			}
		}
	}
}

func TestFirewallRules(t *testing.T) {
	all, err := run(t, whole(false))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range of(all, "gcp:compute/firewall:Firewall") {
		tags := plain(m.Inputs["targetTags"]).([]resource.PropertyValue)
		if len(tags) != 1 || plain(tags[0]) != "acme-prod-machine" {
			t.Errorf("%s holds for %v, want the machine alone", m.Name, tags)
		}
		var sources []string
		for _, s := range plain(m.Inputs["sourceRanges"]).([]resource.PropertyValue) {
			sources = append(sources, plain(s).(string))
		}
		allow := plain(m.Inputs["allows"]).([]resource.PropertyValue)
		ports := plain(plain(allow[0]).(resource.PropertyMap)["ports"]).([]resource.PropertyValue)
		if len(allow) != 1 || len(ports) != 1 || len(sources) == 0 {
			t.Errorf("%s: %v from %v", m.Name, ports, sources)
		}
		got = append(got, fmt.Sprint(plain(ports[0]), " ", strings.Join(sources, ",")))
	}
	slices.Sort(got)
	want := []string{
		"2376 10.1.0.0/24", "2376 198.51.100.0/24,203.0.113.7/32", "9701 198.51.100.0/24,203.0.113.7/32",
		"9702 198.51.100.0/24,203.0.113.7/32", "9703 198.51.100.0/24,203.0.113.7/32",
	}
	if !slices.Equal(got, want) {
		t.Errorf("rules\n got %q\nwant %q", got, want)
	}
}

func TestRefusals(t *testing.T) {
	firewall := func(change func(*FirewallArgs)) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			args := &FirewallArgs{Name: "acme-prod", Project: project, NetworkID: pulumi.String("network")}
			change(args)
			_, err := NewFirewall(ctx, "firewall", args)
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
		{"twice", firewall(func(a *FirewallArgs) { a.OperatorCIDRs = []string{"203.0.113.7/32", "203.0.113.7/32"} }), "is there twice"},
		{"a long name", func(ctx *pulumi.Context) error {
			_, err := NewIdentity(ctx, "identity", &IdentityArgs{Name: strings.Repeat("a", MaxNameLength+1)})
			return err
		}, "want at most 21 characters"},
		{"an unknown target", func(ctx *pulumi.Context) error {
			_, err := NewIdentity(ctx, "identity", &IdentityArgs{Name: "acme-prod", Targets: []string{"google-gke"}})
			return err
		}, `Targets "google-gke": want google-cloud-run, google-cloud-cdn`},
		{"no range", func(ctx *pulumi.Context) error {
			_, err := NewNetwork(ctx, "network", &NetworkArgs{Name: "acme-prod", DatabaseCIDR: "10.2"})
			return err
		}, `DatabaseCIDR "10.2": want an IPv4 range`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := run(t, c.program)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestDeployRoles(t *testing.T) {
	all, err := run(t, whole(false))
	if err != nil {
		t.Fatal(err)
	}
	roles := of(all, "gcp:projects/iAMCustomRole:IAMCustomRole")
	if len(roles) != len(DeployTargets()) {
		t.Fatalf("%d roles, want one for each target", len(roles))
	}
	for _, target := range DeployTargets() {
		permissions := DeployPermissions(target)
		if !slices.Contains(permissions, "resourcemanager.projects.get") {
			t.Errorf("%s: permissions %v", target, permissions)
		}
		for _, p := range permissions {
			if strings.Contains(p, "*") || strings.HasPrefix(p, "iam.") || strings.HasSuffix(p, "projects.setIamPolicy") {
				t.Errorf("%s: %s gives too much", target, p)
			}
		}
	}
	// What the first list lacked, and without which its own plugins failed.
	for _, p := range []string{"storage.objects.list", "compute.urlMaps.invalidateCache"} {
		if !slices.Contains(DeployPermissions(TargetCloudCDN), p) {
			t.Errorf("%s is missing", p)
		}
	}
	// Whole-project grants go to the deploy account alone, and only its own roles.
	for _, m := range of(all, "gcp:projects/iAMMember:IAMMember") {
		if role := field(m.Inputs, "role").(string); !strings.HasPrefix(role, "projects/acme-prod-123/roles/acme_prod_google_cloud_") {
			t.Errorf("%s grants %s", m.Name, role)
		}
		if who := field(m.Inputs, "member"); who != "serviceAccount:acme-prod-deploy@acme-prod-123.iam.gserviceaccount.com" {
			t.Errorf("%s grants to %v", m.Name, who)
		}
	}
	reader := one(t, all, "gcp:secretmanager/secretIamMember:SecretIamMember")
	if field(reader, "member") != "serviceAccount:acme-prod-machine@acme-prod-123.iam.gserviceaccount.com" {
		t.Errorf("the secret is open to %v", field(reader, "member"))
	}
}

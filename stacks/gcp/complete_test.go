package gcp

import (
	"reflect"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/stacks"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

func clean(t *testing.T) {
	t.Helper()
	for _, v := range []string{"GOOGLE_CLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT", "CLOUDSDK_COMPUTE_REGION"} {
		t.Setenv(v, "")
	}
}

func TestDefaults(t *testing.T) {
	clean(t)
	t.Setenv("GOOGLE_CLOUD_PROJECT", "acme-prod-123")
	t.Setenv("CLOUDSDK_COMPUTE_REGION", "europe-west1")
	p := &Platform{}
	if err := p.Complete(); err != nil {
		t.Fatal(err)
	}
	want := auto.ConfigMap{"gcp:project": {Value: "acme-prod-123"}, "gcp:region": {Value: "europe-west1"}}
	if !reflect.DeepEqual(p.Config(), want) || p.Machine.Type != "e2-medium" || p.Database.Class != "db-f1-micro" {
		t.Errorf("got %+v", p)
	}
	before := *p
	if err := p.Complete(); err != nil || !reflect.DeepEqual(*p, before) {
		t.Errorf("completing twice changes the spec: %v", err)
	}
	for _, size := range stacks.Sizes() {
		if p := (&Platform{Size: size}); p.Complete() != nil || p.Machine.Type == "" || p.Database.Class == "" {
			t.Errorf("size %s has no types", size)
		}
	}
}

func TestBadInput(t *testing.T) {
	clean(t)
	key := "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFsLW5vLXNlY3JldC1qdXN0LWEtdGVzdC1rZXkxMjM0 somebody"
	for _, c := range []struct {
		name string
		spec Platform
		want string // empty: accepted
	}{
		{"no project", Platform{Project: "-"}, `project "": want the id of a Google Cloud project`},
		{"project", Platform{Project: "Acme Prod"}, `project "Acme Prod": want an id of 6 to 30`},
		{"region", Platform{Region: "europe-west11"}, `region "europe-west11": did you mean europe-west1? want one of africa-south1`},
		{"AWS's region", Platform{Region: "eu-west-1"}, `region "eu-west-1": `},
		{"zone", Platform{Region: "europe-west1", Zone: "europe-west4-a"}, `zone "europe-west4-a": is not in region europe-west1: want one such as europe-west1-b`},
		{"region as zone", Platform{Region: "europe-west1", Zone: "europe-west1"}, "is not in region"},
		{"good zone", Platform{Region: "europe-west1", Zone: "europe-west1-c"}, ""},
		{"size", Platform{Size: "lage"}, `size "lage": did you mean large?`},
		{"overlap", Platform{Network: Network{Database: "10.1.0.0/16"}}, `network.database "10.1.0.0/16": overlaps network.machine 10.1.0.0/24`},
		{"connector", Platform{Network: Network{Apps: "10.8.0.0/24"}}, `network.apps "10.8.0.0/24": want exactly a /28`},
		{"database range", Platform{Network: Network{Database: "10.2.0.0/26"}}, "want a prefix from /16 to /24"},
		{"Cloud SQL's own", Platform{Network: Network{Database: "172.17.0.0/20"}}, "overlaps 172.17.0.0/16"},
		{"the internet", Platform{OperatorCIDRs: []string{"0.0.0.0/0"}}, "the reason for it in allow_public"},
		{"the internet with a reason", Platform{OperatorCIDRs: []string{"0.0.0.0/0"}, AllowPublic: "workshop"}, ""},
		{"SSH from the internet", Platform{AllowPublic: "workshop", SSH: SSH{CIDRs: []string{"0.0.0.0/0"}, Keys: []string{key}}}, `ssh.cidrs "0.0.0.0/0"`},
		{"SSH without ranges", Platform{SSH: SSH{Keys: []string{key}}}, "ssh: 0 cidrs and 1 keys: want both"},
		{"target", Platform{Targets: []string{"google-cloud-rum"}}, `targets "google-cloud-rum": did you mean google-cloud-run?`},
		{"type", Platform{Machine: Machine{Type: "medium"}}, `machine.type "medium": want a machine type`},
		{"type of no family", Platform{Machine: Machine{Type: "q7-standard-2"}}, `machine.type "q7-standard-2": want a machine type such as e2-medium`},
		{"type of no size", Platform{Machine: Machine{Type: "e2-huge"}}, `machine.type "e2-huge": want a machine type`},
		{"exact types with any size", Platform{Machine: Machine{Type: "n2d-highmem-8"}, Database: Database{Class: "db-custom-4-15360"}}, ""},
		{"ARM", Platform{Machine: Machine{Type: "t2a-standard-1"}}, "has an ARM processor"},
		{"image", Platform{Machine: Machine{Image: "ubuntu-2404"}}, `machine.image "ubuntu-2404": want an image such as`},
		{"disk", Platform{Machine: Machine{DiskGB: 8}}, "machine.disk_gb 8"},
		{"tier", Platform{Database: Database{Class: "small"}}, `database.class "small": want a tier`},
		{"tier of no size", Platform{Database: Database{Class: "db-huge"}}, `database.class "db-huge": want a tier`},
		{"tier of another engine", Platform{Database: Database{Class: "db-n1-standard-1"}}, "want a tier of Cloud SQL for PostgreSQL"},
		{"version", Platform{Database: Database{Version: "11"}}, `database.version "11": `},
		{"backups", Platform{Database: Database{BackupDays: 400}}, "database.backup_days 400: want 1 to 365"},
		{"database there already", Platform{Database: Database{Name: "postgres"}}, "is there already on Cloud SQL"},
		{"reserved user", Platform{Database: Database{User: "postgres"}}, "is reserved on Cloud SQL"},
		{"label's letters", Platform{Tags: map[string]string{"Team": "web"}}, `tags "Team": "web": want a key`},
		{"label", Platform{Tags: map[string]string{"team": "web"}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			switch c.spec.Project {
			case "":
				c.spec.Project = "acme-prod-123"
			case "-":
				c.spec.Project = ""
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
		stacks.OutputDBHost: {Value: "10.2.0.3"}, outputProject: {Value: "acme-prod-123"}, outputZone: {Value: "europe-west1-b"},
	})
	if out.Database.Host != "10.2.0.3" || out.Project != "acme-prod-123" || out.Zone != "europe-west1-b" || out.RegistryURL != "" {
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
		Project: "value-of-project", Region: "value-of-region", Zone: "value-of-zone", Size: "value-of-size",
		OperatorCIDRs: []string{"value-of-operator-cidr"},
		Machine:       Machine{Type: "value-of-machine-type", Image: "value-of-machine-image"}, Database: Database{Class: "value-of-database-class"},
		Runners: 3, ServerImage: "value-of-image", BootTimeout: "value-of-boot-timeout",
	}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got %+v, want %+v", p, want)
	}
}

package appconfig

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

// platforms are what the clouds' platforms say of themselves.
var platforms = map[string]Platform{
	"aws": {
		Region: "eu-west-1", AppSubnets: []string{"subnet-0a1", "subnet-0b2"},
		RegistryURL: "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
	},
	"gcp": {
		Region: "europe-west1", Project: "acme-prod-1", VPCConnector: "pilot-vpc",
		RegistryURL: "europe-west1-docker.pkg.dev/acme-prod-1/apps",
	},
	"kubernetes": {RegistryURL: "registry.example.com/acme"},
}

// TestFreshAppsAreAcceptedByWaypoint makes an app for every target and build
// kind, compares the file to its golden one, and has Waypoint check it.
func TestFreshAppsAreAcceptedByWaypoint(t *testing.T) {
	for _, target := range Targets() {
		for _, kind := range target.Builds {
			t.Run(target.Name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				f, err := New("shop")
				if err != nil {
					t.Fatal(err)
				}
				spec := Spec{Project: f.Project(), Name: "front", Target: target.Name, Build: kind, Path: "apps/front"}
				if target.Name == "google-cloud-cdn" {
					spec.Domain = "www.example.com"
				}
				app, err := NewApp(spec, platforms[target.Cloud])
				if err != nil {
					t.Fatal(err)
				}
				if err := f.AddApp(app); err != nil {
					t.Fatal(err)
				}
				golden(t, fmt.Sprintf("%s-%s.hcl", target.Name, kind), f.Bytes())
				accepted(t, f)
			})
		}
	}
}

// TestEveryTargetInOneProject has a job of the real Waypoint load apps of every
// target and build kind.
func TestEveryTargetInOneProject(t *testing.T) {
	t.Parallel()
	f, err := New("everywhere")
	if err != nil {
		t.Fatal(err)
	}
	for i, target := range Targets() {
		for j, kind := range target.Builds {
			spec := Spec{Project: f.Project(), Name: fmt.Sprintf("front-%d-%d", i, j), Target: target.Name, Build: kind, Path: kind, Domain: "www.example.com"}
			app, err := NewApp(spec, platforms[target.Cloud])
			if err != nil {
				t.Fatal(err)
			}
			if err := f.AddApp(app); err != nil {
				t.Fatal(err)
			}
		}
	}
	accepted(t, f)
	if said := loadRefused(t, f); said != "" {
		t.Errorf("Waypoint does not load it: %s\n%s", said, f.Bytes())
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got:\n%s\nwant:\n%s", path, got, want)
	}
}

// accepted fails the test when this package, Waypoint or one of its plugins has
// something against the file.
func accepted(t testing.TB, f *File) {
	t.Helper()
	if err := f.Validate(); err != nil {
		t.Errorf("not valid: %v", err)
	}
	if said := initRefused(t, f.Bytes()); said != "" {
		t.Errorf("Waypoint refuses it: %s\n%s", said, f.Bytes())
	}
	if said := optionsRefused(t, f.Bytes()); said != "" {
		t.Errorf("a plugin refuses it: %s\n%s", said, f.Bytes())
	}
}

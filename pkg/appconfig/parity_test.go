package appconfig

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// TestWhatThe2021TemplatesSaidIsExpressible reads files that say what Pilot's
// first generators wrote, in today's plugins, and has Waypoint check them.
func TestWhatThe2021TemplatesSaidIsExpressible(t *testing.T) {
	files, err := filepath.Glob("testdata/parity/*.hcl")
	if err != nil || len(files) != 5 {
		t.Fatalf("%d files (%v)", len(files), err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			f, err := Load(path)
			if err != nil {
				t.Fatal(err)
			}
			accepted(t, f)
			// All of it is in the model: an app made of the model says the same.
			again, err := New(f.Project())
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range f.Apps() {
				if err := again.AddApp(a); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if string(again.Bytes()) != string(want) {
				t.Errorf("got:\n%s\nwant:\n%s", again.Bytes(), want)
			}
		})
	}
}

func TestTemplateIsAccepted(t *testing.T) {
	t.Parallel()
	f, err := Template("shop", "web")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "template.hcl", f.Bytes())
	accepted(t, f)
	if said := loadRefused(t, f); said != "" {
		t.Errorf("Waypoint does not load it: %s", said)
	}
	apps := f.Apps()
	if f.Project() != "shop" || len(apps) != 1 || apps[0].Name != "web" || apps[0].Target() != "docker" {
		t.Errorf("%q %+v", f.Project(), apps)
	}
	// The registry is the one of an app that is filled in: without it each build
	// would take the last one's name, and a rollback would deploy the newest image.
	for _, name := range []string{"web", "my_shop"} {
		f, err := Template(name, name)
		if err != nil {
			t.Fatal(err)
		}
		filled, err := NewApp(Spec{Project: name, Name: name, Target: "docker"}, Platform{})
		if err != nil {
			t.Fatal(err)
		}
		app, _ := f.App(name)
		if got, want := app.Registry, filled.Registry; got == nil || got.Use != want.Use ||
			!reflect.DeepEqual(got.Options, want.Options) || !maps.Equal(got.Expressions, want.Expressions) {
			t.Errorf("the template's registry is %+v, want %+v", got, want)
		}
	}
	for _, bad := range [][2]string{{"my shop", "web"}, {"shop", "Web"}} {
		if _, err := Template(bad[0], bad[1]); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// TestTwoAppsOfOneProject puts apps of two clouds into one file.
func TestTwoAppsOfOneProject(t *testing.T) {
	t.Parallel()
	f, err := New("shop")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []struct {
		spec  Spec
		cloud string
	}{
		{Spec{Name: "api", Target: "aws-ecs", Path: "services/api", Port: 8080}, "aws"},
		{Spec{Name: "web", Target: "google-cloud-run", Path: "./web/"}, "gcp"},
	} {
		s.spec.Project = f.Project()
		app, err := NewApp(s.spec, platforms[s.cloud])
		if err != nil {
			t.Fatal(err)
		}
		if err := f.AddApp(app); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.AddVariable(Variable{Name: "tag", Type: "string", Default: `"v1"`, Description: "what to run", Env: []string{"TAG"}}); err != nil {
		t.Fatal(err)
	}
	if err := f.SetConfig(Config{
		Env: map[string]string{"LOG_LEVEL": "info", "QUOTED": `say "${hi}"`}, Expressions: map[string]string{"env.TAG": "var.tag"},
	}); err != nil {
		t.Fatal(err)
	}
	golden(t, "two-apps.hcl", f.Bytes())
	accepted(t, f)
	if said := loadRefused(t, f); said != "" {
		t.Errorf("Waypoint does not load it: %s", said)
	}
	if c := f.Config(); c.Env["QUOTED"] != `say "${hi}"` || c.Expressions["env.TAG"] != "var.tag" {
		t.Errorf("config came back as %+v", c)
	}
	if err := f.RemoveApp("api"); err != nil {
		t.Fatal(err)
	}
	if apps := f.Apps(); len(apps) != 1 || apps[0].Name != "web" {
		t.Errorf("%+v", apps)
	}
}

package appconfig

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// handEdited is a file with what people put into files.
const handEdited = `# The shop. Ask Ana before touching the queue.
project = "shop"

/* one runner for all */
runner {
  enabled = true
  data_source "git" {
    url = "https://git.example.com/shop.git"
  }
}

variable "tag" {
  type    = string
  default = "latest" // until CI sets it
}

config {
  env = {
    "LOG_LEVEL" = "info"
    DATABASE    = dynamic("vault", { path = "db" })
  }
}

app "api"   {
    path = "./services/api"   # odd indentation stays

    build {
      hook {
        when    = "before"
        command = ["echo", "building ${app.name}"]
      }
      use "docker" { disable_entrypoint = true }
      workspace "staging" {
        use "docker" {
          no_cache = true
        }
      }
    }

    deploy {
        use "docker" {
          service_port = 8080
          client_config {
            api_version = "1.41"
          }
        }
    }
    url { auto_hostname = false }
}

pipeline "release" {
  step "one" {
    use "build" {}
  }
}
# the end, without a line end`

func parse(t *testing.T, src string) *File {
	t.Helper()
	f, err := Parse([]byte(src), "waypoint.hcl")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func dockerApp(t *testing.T, name, path string) App {
	t.Helper()
	a, err := NewApp(Spec{Project: "shop", Name: name, Target: "docker", Path: path}, Platform{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestUnchangedFileIsByteIdentical(t *testing.T) {
	for name, src := range map[string]string{
		"hand edited": handEdited,
		"windows":     strings.ReplaceAll(handEdited, "\n", "\r\n"),
		"empty":       "",
		"only spaces": "\n\n   \n",
	} {
		path := filepath.Join(t.TempDir(), FileName)
		if err := os.WriteFile(path, []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := Load(path)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := f.Save(path); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != src {
			t.Errorf("%s: changed to %q (%v)", name, got, err)
		}
		if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode became %v", name, info.Mode())
		}
	}
}

func TestAddAppKeepsTheRest(t *testing.T) {
	for name, src := range map[string]string{"unix": handEdited, "windows": strings.ReplaceAll(handEdited, "\n", "\r\n")} {
		f := parse(t, src)
		if err := f.AddApp(dockerApp(t, "web", "web/front")); err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(f.Bytes(), []byte(src)) {
			t.Errorf("%s: what was there changed:\n%s", name, f.Bytes())
		}
		if n := bytes.Count(f.Bytes(), []byte("\n")) - bytes.Count(f.Bytes(), []byte("\r\n")); name == "windows" && n != 0 {
			t.Errorf("%d lines with other line ends", n)
		}
		if err := f.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		apps := f.Apps()
		if len(apps) != 2 || apps[0].Name != "api" || apps[1].Name != "web" || apps[1].Path != "web/front" || apps[1].Target() != "docker" || apps[1].BuildKind() != "docker" {
			t.Errorf("%s: %+v", name, apps)
		}
		before := f.Bytes()
		if err := f.AddApp(dockerApp(t, "web", "")); !errors.Is(err, ErrExists) {
			t.Errorf("%s: a second web gave %v", name, err)
		}
		if !bytes.Equal(before, f.Bytes()) {
			t.Errorf("%s: a refused app changed the file", name)
		}
	}
}

func TestReadsHandEditedFile(t *testing.T) {
	f := parse(t, handEdited)
	if err := f.Validate(); err != nil {
		t.Fatal(err)
	}
	if f.Project() != "shop" {
		t.Errorf("project %q", f.Project())
	}
	c := f.Config()
	if c.Env["LOG_LEVEL"] != "info" || c.Expressions["env.DATABASE"] != `dynamic("vault", { path = "db" })` {
		t.Errorf("config %+v", c)
	}
	v := f.Variables()
	if len(v) != 1 || v[0].Name != "tag" || v[0].Type != "string" || v[0].Default != `"latest"` {
		t.Errorf("variables %+v", v)
	}
	api, ok := f.App("api")
	if !ok || api.Path != "services/api" || api.Deploy.Options.(*DockerDeploy).ServicePort != 8080 {
		t.Errorf("api %+v", api)
	}
}

func TestUpdateAppChangesOnlyWhatDiffers(t *testing.T) {
	f := parse(t, handEdited)
	api, _ := f.App("api")
	if err := f.UpdateApp(api); err != nil {
		t.Fatal(err)
	}
	if string(f.Bytes()) != handEdited {
		t.Fatalf("an update to the same changed the file:\n%s", f.Bytes())
	}
	o := api.Deploy.Options.(*DockerDeploy)
	o.ServicePort = 9090
	api.Build.Expressions = map[string]string{"dockerfile": "var.tag"}
	if err := f.UpdateApp(api); err != nil {
		t.Fatal(err)
	}
	got := string(f.Bytes())
	for _, want := range []string{"\n          service_port = 9090\n", "\n        dockerfile         = var.tag\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in:\n%s", want, got)
		}
	}
	kept := strings.Split(lines(handEdited, "service_port", `{ disable_entrypoint`), "\n")
	for _, l := range strings.Split(got, "\n") {
		if len(kept) > 0 && l == kept[0] {
			kept = kept[1:]
		}
	}
	if len(kept) > 0 {
		t.Errorf("line %q was not kept in:\n%s", kept[0], got)
	}
	if err := f.Validate(); err != nil {
		t.Error(err)
	}
}

// lines returns the text without the lines that hold one of parts.
func lines(text string, parts ...string) string {
	var kept []string
	for _, l := range strings.Split(text, "\n") {
		if !slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(l, p) }) {
			kept = append(kept, l)
		}
	}
	return strings.Join(kept, "\n")
}

// A comment that follows a brace goes with neither what is taken out after it nor
// the line's end, and one before a block on one line makes no two lines of it.
func TestCommentAfterABrace(t *testing.T) {
	f, err := Parse([]byte("project = \"p\"\napp \"a\" { # the first\n  build {\n    use \"docker\" {}\n  }\n  deploy { # ours\n    use \"docker\" {}\n  }\n} # end of a\n"+
		"app \"b\" {\n  build {\n    use \"docker\" {}\n  }\n  deploy {\n    # nothing to say\n    use \"docker\" {}\n  }\n}\n"), FileName)
	if err != nil {
		t.Fatal(err)
	}
	for _, app := range []string{"a", "b"} {
		out, err := f.DeliverConfig(app)
		if err != nil {
			t.Fatal(err)
		}
		if err := out.Validate(); err != nil {
			t.Fatalf("%v\n%s", err, out.Bytes())
		}
		if a, ok := out.App(app); !ok || !strings.Contains(string(out.Bytes()), "static_environment = var.pilot_config_"+app) {
			t.Errorf("app %v in\n%s", a, out.Bytes())
		}
	}
	a, _ := f.App("a")
	a.Deploy = Stage{Use: "kubernetes", Options: &KubernetesDeploy{}}
	if err := f.UpdateApp(a); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# the first", "# ours", "# end of a", `use "kubernetes"`} {
		if !strings.Contains(string(f.Bytes()), want) {
			t.Errorf("no %s in\n%s", want, f.Bytes())
		}
	}
	if err := f.RemoveApp("a"); err != nil {
		t.Fatal(err)
	}
	if err := f.RemoveApp("b"); err != nil {
		t.Errorf("%v\n%s", err, f.Bytes())
	}
}

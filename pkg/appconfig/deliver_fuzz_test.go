package appconfig

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzDeliver looks for a file that this package takes, and for which a deploy's
// copy with the app's configuration in it is none that it takes.
func FuzzDeliver(f *testing.F) {
	for _, pattern := range []string{"testdata/golden/*.hcl", "testdata/parity/*.hcl"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			f.Fatalf("no files in %s (%v)", pattern, err)
		}
		for _, p := range paths {
			src, err := os.ReadFile(p)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
	for _, deploy := range []string{
		`use "docker" { service_port = 1 }`, "use \"docker\" {\n}", "use \"docker\" { static_environment = { A = \"b\", \"C\" = 1 } }",
		"use \"docker\" {\nstatic_environment = var.pilot_config_web # mine\n}",
		"use \"aws-ecs\" {\nregion = \"eu-west-1\"\nmemory = 512\nstatic_environment = merge({ A = \"x\" }, {})\nsecrets = { K = \"arn:aws:ssm:x\" }\n}",
		"use \"docker\" {}\nworkspace \"w\" {\nuse \"aws-ecs\" {\nregion = \"eu-west-1\"\nmemory = 512\n}\n}",
	} {
		f.Add([]byte("project = \"p\"\nconfig {\nenv = {\nP = \"1\"\nT = \"${app.name}-x\"\nD = dynamic(\"v\", {})\n}\n}\napp \"web\" {\nbuild {\nuse \"docker\" {}\n}\ndeploy {\n" + deploy + "\n}\n}\n"))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		file, err := Parse(src, FileName)
		if err != nil || file.Validate() != nil {
			return
		}
		for _, a := range file.Apps() {
			file.ComputedEnv(a.Name)
			out, err := file.DeliverConfig(a.Name)
			if err == nil {
				out, err = out.DeliverSecrets(a.Name)
			}
			if err != nil {
				t.Fatalf("app %q: %v\n%s", a.Name, err, src)
			}
			if err := out.Validate(); err != nil {
				t.Fatalf("app %q: %v\n%s\nis made of\n%s", a.Name, err, out.Bytes(), src)
			}
		}
	})
}

package appconfig_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/appconfig"
)

func TestDeliverConfig(t *testing.T) {
	for name, c := range map[string]struct{ deploy, want string }{
		"none": {
			"use \"docker\" {\n      service_port = 80\n    }",
			"static_environment = var.pilot_config_web",
		},
		"own": {
			"use \"aws-ecs\" {\n      region = \"eu-west-1\"\n      memory = 512\n      static_environment = { A = \"b\" }\n    }",
			`static_environment = merge({ A = "b" }, var.pilot_config_web)`,
		},
		"on one line": {
			"use \"docker\" { service_port = 80 }",
			"static_environment = var.pilot_config_web",
		},
		"empty": {
			"use \"docker\" {}",
			"static_environment = var.pilot_config_web",
		},
		"workspace": {
			"use \"docker\" {\n    }\n    workspace \"prod\" {\n      use \"kubernetes\" {\n      }\n    }",
			"use \"kubernetes\" {\n        static_environment = var.pilot_config_web",
		},
	} {
		t.Run(name, func(t *testing.T) {
			text := "project = \"shop\"\n\n# By hand.\napp \"web\" {\n  build {\n    use \"docker\" {\n    }\n  }\n  deploy {\n    " + c.deploy + "\n  }\n}\n"
			f, err := appconfig.Parse([]byte(text), appconfig.FileName)
			if err != nil {
				t.Fatal(err)
			}
			out, err := f.DeliverConfig("web")
			if err != nil {
				t.Fatal(err)
			}
			got := string(out.Bytes())
			if !strings.Contains(squeezed(got), squeezed(c.want)) || !strings.Contains(got, "# By hand.") {
				t.Errorf("got\n%s\nwant in it %s", got, c.want)
			}
			if err := out.Validate(); err != nil {
				t.Errorf("%v\n%s", err, got)
			}
			if string(f.Bytes()) != text {
				t.Error("the file itself was changed")
			}
			again, err := out.DeliverConfig("web")
			if err != nil || string(again.Bytes()) != got {
				t.Errorf("a second time: %v\n%s", err, again.Bytes())
			}
		})
	}
}

func TestDeliverSecrets(t *testing.T) {
	const region = "region = \"eu-west-1\"\n memory = 512\n "
	for name, c := range map[string]struct {
		use, want, not string
	}{
		"none":   {"use \"aws-ecs\" {\n " + region + "}", "secrets = var.pilot_secrets_web", "static_environment"},
		"own":    {"use \"aws-ecs\" {\n " + region + "secrets = { A = \"arn:a\" }\n}", `secrets = merge({ A = "arn:a" }, var.pilot_secrets_web)`, "static_environment"},
		"docker": {"use \"docker\" {\n}", "use \"docker\" {", "secrets ="},
		"environment": {
			"use \"aws-ecs\" {\n " + region + "static_environment = { A = \"b\" }\n}",
			`static_environment = { for k, v in { A = "b" } : k => v if !contains(keys(var.pilot_secrets_web), k) }`, "merge(",
		},
	} {
		t.Run(name, func(t *testing.T) {
			text := "project = \"shop\"\n\napp \"web\" {\n  build {\n    use \"docker\" {\n    }\n  }\n  deploy {\n    " + c.use + "\n  }\n}\n"
			f, err := appconfig.Parse([]byte(text), appconfig.FileName)
			if err != nil {
				t.Fatal(err)
			}
			out, err := f.DeliverSecrets("web")
			if err != nil {
				t.Fatal(err)
			}
			got := squeezed(string(out.Bytes()))
			if !strings.Contains(got, squeezed(c.want)) || strings.Contains(got, c.not) {
				t.Errorf("got\n%s\nwant in it %s", out.Bytes(), c.want)
			}
			if err := out.Validate(); err != nil {
				t.Errorf("%v\n%s", err, out.Bytes())
			}
			again, err := out.DeliverSecrets("web")
			if err != nil || string(again.Bytes()) != string(out.Bytes()) {
				t.Errorf("a second time: %v\n%s", err, again.Bytes())
			}
			if _, err := f.DeliverSecrets("other"); !errors.Is(err, appconfig.ErrNotFound) {
				t.Errorf("of no app: %v", err)
			}
		})
	}
}

func squeezed(s string) string { return strings.Join(strings.Fields(s), " ") }

func TestConfigExpressionKeepsEveryValue(t *testing.T) {
	got := appconfig.ConfigExpression(map[string]string{"A": "x\n\"${y}\"%{z}", "B": "ü"})
	text := "project = \"p\"\nvariable \"v\" {\n  default = " + got + "\n}\n"
	f, err := appconfig.Parse([]byte(text), appconfig.FileName)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if err := f.Validate(); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
	for _, want := range []string{`x\n\"$${y}\"%%{z}`, "ü"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
}

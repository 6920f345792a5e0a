package appconfig

import (
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// What a deploy makes of a file is taken by Waypoint and by the real plugins, for
// every target that runs a program.
func TestDeliveredFilesAreTaken(t *testing.T) {
	file, err := New("shop")
	if err != nil {
		t.Fatal(err)
	}
	text := string(file.Bytes())
	for _, target := range Targets() {
		if target.Static {
			continue
		}
		t.Run(target.Name, func(t *testing.T) {
			f, err := Parse([]byte(text), FileName)
			if err != nil {
				t.Fatal(err)
			}
			app, err := NewApp(Spec{Project: "shop", Name: "webapp", Target: target.Name}, Platform{
				Region:  map[string]string{"gcp": "europe-west1"}[target.Cloud] + map[string]string{"aws": "eu-west-1"}[target.Cloud],
				Project: "acme-prod", RegistryURL: "europe-west1-docker.pkg.dev/acme-prod/apps",
			})
			if err != nil {
				t.Fatal(err)
			}
			withEnvironment(t, &app)
			if err := f.AddApp(app); err != nil {
				t.Fatal(err)
			}
			if f, err = f.DeliverConfig("webapp"); err != nil {
				t.Fatal(err)
			}
			if f, err = f.DeliverSecrets("webapp"); err != nil {
				t.Fatal(err)
			}
			if err := f.Validate(); err != nil {
				t.Errorf("%v\n%s", err, f.Bytes())
			}
			if said := loadRefused(t, f); said != "" {
				t.Errorf("%s\n%s", said, f.Bytes())
			}
			if said := optionsRefused(t, f.Bytes()); said != "" {
				t.Errorf("%s\n%s", said, f.Bytes())
			}
		})
	}
}

// What the environment of a task is, with secrets and without.
func TestSecretsStandInOnePlace(t *testing.T) {
	f, err := Parse([]byte("project = \"shop\"\napp \"web\" {\n  build {\n    use \"docker\" {}\n  }\n  deploy {\n    use \"aws-ecs\" {\n"+
		"      region = \"eu-west-1\"\n      memory = 512\n      static_environment = { OWN = \"1\", KEY = \"of the file\" }\n    }\n  }\n}\n"), FileName)
	if err != nil {
		t.Fatal(err)
	}
	if f, err = f.DeliverSecrets("web"); err != nil {
		t.Fatal(err)
	}
	for _, secrets := range []cty.Value{evalContext.Variables["var"].GetAttr("pilot_secrets_webapp"), cty.MapValEmpty(cty.String)} {
		parsed, diags := hclsyntax.ParseConfig(f.Bytes(), FileName, hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		app := parsed.Body.(*hclsyntax.Body).Blocks[0].Body
		use := app.Blocks[len(app.Blocks)-1].Body.Blocks[0].Body
		env, diags := use.Attributes["static_environment"].Expr.Value(&hcl.EvalContext{
			Functions: evalContext.Functions,
			Variables: map[string]cty.Value{"var": cty.ObjectVal(map[string]cty.Value{"pilot_secrets_web": secrets})},
		})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if env.Type().HasAttribute("KEY") != (secrets.LengthInt() == 0) || !env.Type().HasAttribute("OWN") {
			t.Errorf("with the secrets %#v the environment is %#v", secrets, env)
		}
	}
}

// withEnvironment gives the app an environment of its own.
func withEnvironment(t *testing.T, app *App) {
	t.Helper()
	own := map[string]string{"OWN": "1", "KEY": "of the file"}
	switch o := app.Deploy.Options.(type) {
	case *DockerDeploy:
		o.StaticEnvironment = own
	case *ECSDeploy:
		o.StaticEnvironment, o.Secrets = own, map[string]string{"OTHER": "arn:aws:ssm:eu-west-1:1:parameter/other"}
	case *LambdaDeploy:
		o.StaticEnvironment = own
	case *CloudRunDeploy:
		o.StaticEnvironment = own
	}
}

package appconfig

import (
	"strings"
	"testing"
)

// wrap puts an app's inside into a file, from line 3 on.
func wrap(inside string) string {
	return "project = \"shop\"\napp \"web\" {\n" + inside + "\n}\n"
}

const (
	goodBuild  = "build {\nuse \"docker\" {}\n}\n"
	goodDeploy = "deploy {\nuse \"docker\" {}\n}\n"
	ecsRest    = "build {\nuse \"docker\" {}\nregistry {\nuse \"aws-ecr\" {\ntag = gitrefhash()\n}\n}\n}\n"
)

// TestErrorsNameThePlace has one broken file a line, and what must be said.
func TestErrorsNameThePlace(t *testing.T) {
	for name, test := range map[string]struct{ src, want string }{
		"no HCL":          {"project = \"shop\"\napp \"web\" {\n  path = = 1\n}\n", "waypoint.hcl:3:10: Invalid expression"},
		"unclosed":        {"project = \"shop\"\napp \"web\" {\n", "waypoint.hcl:"},
		"no project":      {"app \"web\" {\n" + goodBuild + goodDeploy + "}\n", "waypoint.hcl:1:1: project: must be set"},
		"project name":    {"project = \"my shop\"\n", `waypoint.hcl:1:11: project = "my shop": must be letters, digits, _ and -`},
		"unknown block":   {"project = \"shop\"\nappp \"web\" {}\n", `waypoint.hcl:2:1: appp: unknown; did you mean "app"?`},
		"block as attr":   {wrap("build = 1\n" + goodDeploy), `waypoint.hcl:3:1: app "web": build: is a block`},
		"no label":        {"project = \"shop\"\napp {\n}\n", `waypoint.hcl:2:1: app: takes one label`},
		"no build":        {wrap(goodDeploy), `waypoint.hcl:2:1: app "web": build: the app needs a build block`},
		"no deploy":       {wrap(goodBuild), `waypoint.hcl:2:1: app "web": deploy: the app needs a deploy block`},
		"two builds":      {wrap(goodBuild + goodBuild + goodDeploy), `waypoint.hcl:6:1: app "web": build: must stand once only`},
		"no use":          {wrap("build {}\n" + goodDeploy), `waypoint.hcl:3:1: app "web": build.use: must be set`},
		"unknown target":  {wrap(goodBuild + "deploy {\nuse \"aws-esc\" {}\n}"), `waypoint.hcl:7:5: app "web": deploy.use = "aws-esc": unknown; did you mean "aws-ecs"?`},
		"unknown build":   {wrap("build {\nuse \"dokcer\" {}\n}\n" + goodDeploy), `waypoint.hcl:4:5: app "web": build.use = "dokcer": unknown; did you mean "docker"?`},
		"unknown option":  {wrap(goodBuild + "deploy {\nuse \"docker\" {\nservice_prot = 80\n}\n}"), `waypoint.hcl:8:1: app "web": deploy.service_prot: unknown; did you mean "service_port"?`},
		"wrong type":      {wrap(goodBuild + "deploy {\nuse \"docker\" {\nservice_port = \"http\"\n}\n}"), `waypoint.hcl:8:16: app "web": deploy.service_port = "http": a number is required`},
		"out of range":    {wrap(goodBuild + "deploy {\nuse \"docker\" {\nservice_port = 70000\n}\n}"), `waypoint.hcl:8:16: app "web": deploy.service_port = 70000: must be 1 to 65535`},
		"missing option":  {wrap(ecsRest + "deploy {\nuse \"aws-ecs\" {\nregion = \"eu-west-1\"\n}\n}"), `deploy.memory: must be set`},
		"fargate memory":  {wrap(ecsRest + "deploy {\nuse \"aws-ecs\" {\nregion = \"eu-west-1\"\nmemory = 700\n}\n}"), `waypoint.hcl:14:10: app "web": deploy.memory = 700: must be one of 512, 1024, 2048`},
		"fargate cpu":     {wrap(ecsRest + "deploy {\nuse \"aws-ecs\" {\nregion = \"eu-west-1\"\nmemory = 512\ncpu = 1024\n}\n}"), `deploy.cpu = 1024: must be one of 256 with 512 MiB`},
		"region":          {wrap(ecsRest + "deploy {\nuse \"aws-ecs\" {\nregion = \"Ireland\"\nmemory = 512\n}\n}"), `deploy.region = "Ireland": must be an AWS region such as eu-west-1`},
		"name too long":   {strings.Replace(wrap(ecsRest+"deploy {\nuse \"aws-ecs\" {\nregion = \"eu-west-1\"\nmemory = 512\n}\n}"), `"web"`, `"web-of-a-very-long-name"`, 1), `waypoint.hcl:2:5: app "web-of-a-very-long-name": name = "web-of-a-very-long-name": must be 1 to 19 characters`},
		"path outside":    {wrap("path = \"../other\"\n" + goodBuild + goodDeploy), `waypoint.hcl:3:8: app "web": path = "../other": must not leave the project's folder`},
		"same name twice": {wrap(goodBuild+goodDeploy) + "app \"WEB\" {\n" + goodBuild + goodDeploy + "}\n", `waypoint.hcl:11:5: app "WEB": name: the project has an app of this name already`},
		"yarn on docker":  {wrap("build {\nuse \"pilot-yarn\" {}\n}\n" + goodDeploy), `build.use = "pilot-yarn": target docker takes docker or pack`},
		"yarn output":     {wrap("build {\nuse \"pilot-yarn\" {\noutput = \"../dist\"\n}\n}\n" + goodDeploy), `waypoint.hcl:5:10: app "web": build.output = "../dist": must not leave the project's folder`},
		"yarn image":      {wrap("build {\nuse \"pilot-yarn\" {\nimage = \"Node 22\"\n}\n}\n" + goodDeploy), `waypoint.hcl:5:9: app "web": build.image = "Node 22": must be an image, such as node:22`},
		"yarn variable":   {wrap("build {\nuse \"pilot-yarn\" {\nenv = { API-URL = \"x\" }\n}\n}\n" + goodDeploy), `build.env = "API-URL": must be letters, digits and _`},
		"cloud run image": {wrap("build {\nuse \"docker\" {}\nregistry {\nuse \"docker\" {\nimage = \"docker.io/me/web\"\ntag = \"1\"\n}\n}\n}\ndeploy {\nuse \"google-cloud-run\" {\nproject = \"acme-prod\"\nlocation = \"europe-west1\"\n}\n}"), `waypoint.hcl:7:9: app "web": registry.image = "docker.io/me/web": Cloud Run takes images from`},
		"label":           {wrap("labels = { \"waypoint/x\" = \"y\" }\n" + goodBuild + goodDeploy), `labels.waypoint/x: must not start with "waypoint/"`},
		"variable name":   {"project = \"shop\"\nvariable \"1x\" {}\n", `waypoint.hcl:2:10: variable = "1x": must be a letter`},
		"variable type":   {"project = \"shop\"\nvariable \"x\" {\ntype = strin\n}\n", `waypoint.hcl:3:8: variable.x.type = strin: must be a type`},
		"default":         {"project = \"shop\"\nvariable \"x\" {\ntype = number\ndefault = \"a\"\n}\n", `waypoint.hcl:4:11: variable.x.default = "a": a number is required`},
		"env name":        {"project = \"shop\"\nconfig {\nenv = { \"A B\" = \"1\" }\n}\n", `config.env = "A B": must be an environment variable's name`},
		"undeclared":      {wrap(goodBuild+"deploy {\nuse \"docker\" {\nservice_port = var.prot\n}\n}") + "variable \"port\" {}\n", `waypoint.hcl:8:16: var.prot: is not declared; did you mean var.port?`},
		"unknown name":    {wrap(goodBuild + "deploy {\nuse \"docker\" {\nservice_port = vra.port\n}\n}"), `waypoint.hcl:8:16: vra: unknown; did you mean "var"?`},
		"early variable":  {wrap("path = var.p\n"+goodBuild+goodDeploy) + "variable \"p\" {}\n", `waypoint.hcl:3:8: app "web": path = var.p: "var" is not known here`},
		"runner":          {"project = \"a\"\nrunner {\nenabeld = true\n}\n", `waypoint.hcl:3:1: runner.enabeld: unknown; did you mean "enabled"?`},
		"hook":            {wrap("build {\nuse \"docker\" {}\nhook {\nwhen = \"before\"\n}\n}\n" + goodDeploy), `build.hook.command: must be set`},
		"wrong release":   {wrap(goodBuild + goodDeploy + "release {\nuse \"aws-alb\" {}\n}"), `release.use = "aws-alb": can't release what docker deployed; it takes none`},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Parse([]byte(test.src), FileName)
			if err == nil {
				err = f.Validate()
			}
			if err == nil {
				t.Fatalf("accepted:\n%s", test.src)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("got:\n%v\nwant: %s", err, test.want)
			}
		})
	}
}

func TestSpecErrorsNameTheField(t *testing.T) {
	aws := platforms["aws"]
	for name, test := range map[string]struct {
		spec     Spec
		platform Platform
		want     string
	}{
		"no region":     {Spec{Name: "web", Target: "aws-ecs"}, Platform{}, `app "web": region: target aws-ecs needs a region`},
		"no registry":   {Spec{Name: "web", Target: "kubernetes"}, Platform{}, `registry: target kubernetes needs a registry for images`},
		"no project":    {Spec{Name: "web", Target: "google-cloud-run"}, Platform{Region: "europe-west1", RegistryURL: "gcr.io/x"}, `project: target google-cloud-run needs a Google Cloud project id`},
		"no domain":     {Spec{Name: "web", Target: "google-cloud-cdn"}, platforms["gcp"], `domain: target google-cloud-cdn needs the domain name`},
		"port":          {Spec{Name: "web", Target: "docker", Port: 65536}, Platform{}, `deploy.service_port = 65536: must be 1 to 65535`},
		"negative port": {Spec{Name: "front", Target: "aws-ec2", Port: -1}, aws, `deploy.service_port = -1: must be 1 to 65535`},
		"name":          {Spec{Name: "Web", Target: "docker"}, Platform{}, `name = "Web": must be lower-case letters`},
		"path":          {Spec{Name: "web", Target: "docker", Path: "/srv/web"}, Platform{}, `path = "/srv/web": must be relative`},
		"build":         {Spec{Name: "web", Target: "aws-cloudfront", Build: "pack"}, aws, `build = "pack": target aws-cloudfront takes yarn`},
	} {
		_, err := NewApp(test.spec, test.platform)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v\nwant %s", name, err, test.want)
		}
	}
}

func TestExpressionsCantSmuggleAnything(t *testing.T) {
	for _, src := range []string{"", "1\n}\nevil {", "1\nb = 2", "1 # comment", "${", "\"a", "var.x }", "1 /* c */", "<<EOT\nx"} {
		app := dockerApp(t, "web", "")
		app.Deploy.Expressions = map[string]string{"service_port": src}
		f, _ := New("shop")
		if err := f.AddApp(app); err == nil {
			t.Errorf("%q was taken:\n%s", src, f.Bytes())
		}
	}
	for _, src := range []string{"var.port", "1 + 2", "tonumber(var.x)", "var.a ? 1 : 2", "{ a = 1 }.a", "(\n1 + 2\n)", `[for x in var.y : x][0]`} {
		app := dockerApp(t, "web", "")
		app.Deploy.Expressions = map[string]string{"service_port": src}
		f, _ := New("shop")
		if err := f.AddApp(app); err != nil {
			t.Errorf("%q: %v", src, err)
			continue
		}
		back, _ := f.App("web")
		if got := back.Deploy.Expressions["service_port"]; got != src {
			// What can be computed at once is no expression any more.
			if got != "" || back.Deploy.Options.(*DockerDeploy).ServicePort == 0 {
				t.Errorf("%q came back as %q", src, got)
			}
		}
	}
}

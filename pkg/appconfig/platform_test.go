package appconfig_test

import (
	"fmt"
	"testing"

	"github.com/pilot-framework/pilot/pkg/appconfig"
)

// One more app is as the first one, which was made with the platform at hand.
func TestPlatformOfTheFilesApps(t *testing.T) {
	for target, platform := range map[string]appconfig.Platform{
		"aws-ecs":          {Region: "eu-west-1", AppSubnets: []string{"subnet-0a", "subnet-0b"}, RegistryURL: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme-prod"},
		"aws-lambda":       {Region: "eu-west-1", RegistryURL: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme-prod"},
		"google-cloud-run": {Region: "europe-west1", Project: "acme-prod", RegistryURL: "europe-west1-docker.pkg.dev/acme-prod/apps", VPCConnector: "apps"},
		"kubernetes":       {RegistryURL: "registry.example.com/apps"},
	} {
		t.Run(target, func(t *testing.T) {
			file, err := appconfig.New("shop")
			if err != nil {
				t.Fatal(err)
			}
			first, err := appconfig.NewApp(appconfig.Spec{Project: "shop", Name: "first", Target: target}, platform)
			if err != nil {
				t.Fatal(err)
			}
			if err := file.AddApp(first); err != nil {
				t.Fatal(err)
			}
			of, err := appconfig.TargetByName(target)
			if err != nil {
				t.Fatal(err)
			}
			spec := appconfig.Spec{Project: "shop", Name: "second", Target: target}
			want, err := appconfig.NewApp(spec, platform)
			if err != nil {
				t.Fatal(err)
			}
			got, err := appconfig.NewApp(spec, file.PlatformOf(of.Cloud))
			if err != nil {
				t.Fatal(err)
			}
			if a, b := text(t, want), text(t, got); a != b {
				t.Errorf("with the platform\n%s\nfrom the first app\n%s", a, b)
			}
		})
	}
}

func text(t *testing.T, app appconfig.App) string {
	t.Helper()
	file, err := appconfig.New("shop")
	if err == nil {
		err = file.AddApp(app)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(file.Bytes())
}

func TestPlatformOfRunners(t *testing.T) {
	files := map[string]string{"/dev/shm/c": "[default]\nregion = eu-west-1\nrole_arn = x\n"}
	for _, c := range []struct {
		cloud     string
		variables map[string]string
		want      appconfig.Platform
	}{
		{"aws", map[string]string{"AWS_CONFIG_FILE": "/dev/shm/c"}, appconfig.Platform{Region: "eu-west-1"}},
		{"aws", map[string]string{"AWS_CONFIG_FILE": "/dev/shm/c", "AWS_REGION": "us-east-1"}, appconfig.Platform{Region: "us-east-1"}},
		{"gcp", map[string]string{"GOOGLE_CLOUD_PROJECT": "acme"}, appconfig.Platform{Project: "acme"}},
		{"kubernetes", map[string]string{"AWS_REGION": "us-east-1"}, appconfig.Platform{}},
		{"aws", nil, appconfig.Platform{}},
	} {
		if got := appconfig.PlatformOfRunners(c.cloud, c.variables, files); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s %v: %+v", c.cloud, c.variables, got)
		}
	}
}

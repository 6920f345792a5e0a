package deploy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/appconfig"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/client/servertest"
)

// vault keeps secrets in memory.
type vault struct {
	places  []SecretPlace
	kept    map[string]map[string]string
	refuses error
}

func (v *vault) Put(_ context.Context, _ *client.Client, place SecretPlace, values map[string]string) (map[string]string, error) {
	if v.refuses != nil {
		return nil, v.refuses
	}
	v.places = append(v.places, place)
	v.kept[place.Name] = values
	refs := map[string]string{}
	for name := range values {
		refs[name] = "arn:" + place.Name + ":" + name
	}
	return refs, nil
}

func (v *vault) Delete(_ context.Context, _ *client.Client, place SecretPlace) error {
	delete(v.kept, place.Name)
	return nil
}

func fileFor(t *testing.T, use string) *appconfig.File {
	t.Helper()
	f, err := appconfig.Parse([]byte("project = \"shop\"\n\nconfig {\n  env = {\n    FROM_FILE = \"1\"\n    MODE      = \"file\"\n  }\n}\n\napp \"web\" {\n  config {\n    env = {\n      OWN = \"file\"\n    }\n  }\n"+
		"  build {\n    use \"docker\" {\n    }\n  }\n  deploy {\n    use "+use+"\n  }\n}\n"), ConfigFile)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

const ecs = "\"aws-ecs\" {\n      region = \"eu-west-1\"\n      memory = 512\n    }"

func TestConfigurationOfEachTarget(t *testing.T) {
	_, c := servertest.Bootstrapped(t)
	ctx := servertest.Timeout(t, time.Minute)
	servertest.Must(t, c.EnsureProject(ctx, client.ProjectSpec{Name: "shop", Apps: []string{"web"}}))
	scope := client.Scope{Project: "shop", App: "web"}
	servertest.Must(t, c.SetVariables(ctx, scope, map[string]client.Secret{"MODE": "server", "OWN": "server"}))
	servertest.Must(t, c.SetSecrets(ctx, scope, map[string]client.Secret{"API_KEY": "s3cret"}))

	keeps := &vault{kept: map[string]map[string]string{}}
	configure := func(use string, store SecretStore, deploys bool, workspace string) (client.JobRequest, []string, error) {
		w := &work{
			Subject: Subject{Project: "shop", App: "web"}, server: c, deploys: deploys,
			platform: Platform{Secrets: store}, req: Request{Workspace: workspace},
		}
		var job client.JobRequest
		var notes []string
		err := w.configure(ctx, &job, fileFor(t, use), Progress{Note: func(line string) { notes = append(notes, line) }})
		return job, notes, err
	}

	t.Run("by reference", func(t *testing.T) {
		job, notes, err := configure(ecs, keeps, true, "")
		servertest.Must(t, err)
		plain, refs := job.Expressions["pilot_config_web"].Reveal(), job.Expressions["pilot_secrets_web"].Reveal()
		if strings.Contains(plain+refs+string(job.Config), "s3cret") || strings.Contains(plain, "API_KEY") || len(notes) != 0 {
			t.Errorf("the secret is in the job: %s %s\n%s\n%v", plain, refs, job.Config, notes)
		}
		for _, want := range []string{`"FROM_FILE" = "1"`, `"MODE" = "server"`, `"OWN" = "file"`} {
			if !strings.Contains(strings.Join(strings.Fields(plain), " "), want) {
				t.Errorf("%s lacks %s", plain, want)
			}
		}
		if !strings.Contains(refs, "arn:shop/web:API_KEY") || !strings.Contains(string(job.Config), "var.pilot_secrets_web") {
			t.Errorf("%s\n%s", refs, job.Config)
		}
		if keeps.kept["shop/web"]["API_KEY"] != "s3cret" || keeps.places[0] != (SecretPlace{Target: "aws-ecs", Region: "eu-west-1", Name: "shop/web", App: "web"}) {
			t.Errorf("kept %v at %+v", keeps.kept, keeps.places)
		}
		_, _, err = configure(ecs, keeps, true, "staging")
		servertest.Must(t, err)
		if keeps.kept["shop/web/staging"] == nil {
			t.Errorf("workspaces share secrets: %v", keeps.kept)
		}
	})
	t.Run("only deploys", func(t *testing.T) {
		before := len(keeps.places)
		job, _, err := configure(ecs, keeps, false, "")
		servertest.Must(t, err)
		if len(keeps.places) != before || strings.Contains(fmt.Sprint(job.Expressions["pilot_config_web"].Reveal()), "s3cret") {
			t.Error("a job that deploys nothing got the secrets")
		}
	})
	t.Run("refused", func(t *testing.T) {
		for want, store := range map[string]SecretStore{"denied": &vault{refuses: errors.New("denied")}, "nothing is set up": nil} {
			_, _, err := configure(ecs, store, true, "")
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "API_KEY") || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%v, want %q", err, want)
			}
		}
		var input *InputError
		_, _, err := configure(strings.Replace(ecs, `"eu-west-1"`, "var.region", 1), keeps, true, "")
		if !errors.As(err, &input) || !strings.Contains(err.Error(), "deploy.region is var.region") {
			t.Errorf("a computed region: %v", err)
		}
	})
	t.Run("in the clear", func(t *testing.T) {
		for use, want := range map[string]string{
			"\"aws-lambda\" {\n      region = \"eu-west-1\"\n    }":                                           "lambda:GetFunction",
			"\"google-cloud-run\" {\n      project = \"acme-prod\"\n      location = \"europe-west1\"\n    }": "run.services.get",
			"\"kubernetes\" {\n    }": "in the cluster",
			"\"docker\" {\n    }":     "",
		} {
			job, notes, err := configure(use, keeps, true, "")
			servertest.Must(t, err)
			if !strings.Contains(job.Expressions["pilot_config_web"].Reveal(), "s3cret") {
				t.Errorf("%s: the secret does not reach the app", use)
			}
			said := strings.Join(notes, "\n")
			if !strings.Contains(said, want) || strings.Contains(said, "s3cret") || want != "" && !strings.Contains(said, "API_KEY") || want == "" && said != "" {
				t.Errorf("%s: it says %q, want %q", use, said, want)
			}
		}
	})
	t.Run("none", func(t *testing.T) {
		job, notes, err := configure("\"aws-ec2\" {\n      region = \"eu-west-1\"\n      instance_type = \"t3.small\"\n      service_port = 80\n    }", keeps, true, "")
		servertest.Must(t, err)
		if job.Config != nil || !slices.ContainsFunc(notes, func(n string) bool { return strings.Contains(n, "none of it reaches the app") }) {
			t.Errorf("%s\n%v", job.Config, notes)
		}
	})
}

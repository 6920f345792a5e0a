package deploy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/appconfig"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/client/servertest"
	"github.com/pilot-framework/pilot/pkg/server/cloud"
)

// barred is a store that nothing can be deleted from.
type barred struct {
	*vault
	why error
}

func (b barred) Delete(context.Context, *client.Client, SecretPlace) error { return b.why }

// nowhere is the source of jobs that no runner takes.
var nowhere = client.Source{URL: "https://git.invalid/shop.git", Ref: "main"}

func TestSecretsThatAreUnsetDoNotStayInTheCloud(t *testing.T) {
	_, c := servertest.Bootstrapped(t)
	ctx := servertest.Timeout(t, time.Minute)
	servertest.Must(t, c.EnsureProject(ctx, client.ProjectSpec{Name: "shop", Apps: []string{"web"}}))
	scope := client.Scope{Project: "shop", App: "web"}
	keeps := &vault{kept: map[string]map[string]string{}}
	with := func(store SecretStore) *work {
		return &work{Subject: Subject{Project: "shop", App: "web"}, server: c, deploys: true, platform: Platform{Secrets: store}}
	}
	// There is no runner: the job is on the server, and that is all that counts.
	up := func() []string {
		t.Helper()
		job := client.JobRequest{Project: "shop", App: "web", Source: nowhere}
		var notes []string
		servertest.Must(t, with(keeps).configure(ctx, &job, fileFor(t, ecs), Progress{Note: func(line string) { notes = append(notes, line) }}))
		short, cancel := context.WithCancel(ctx)
		defer cancel()
		_, err := c.Up(short, job, func(e client.Event) {
			if _, ok := e.(*client.Queued); ok {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("up: %v", err)
		}
		return notes
	}
	forget := func(store SecretStore, use string) ([]string, error) {
		var notes []string
		err := with(store).forgetSecrets(ctx, fileFor(t, use).Bytes(), Progress{Note: func(line string) { notes = append(notes, line) }})
		return notes, err
	}

	up()
	if len(keeps.places) != 0 {
		t.Fatalf("an app without secrets has some kept at %v", keeps.places)
	}
	servertest.Must(t, c.SetSecrets(ctx, scope, map[string]client.Secret{"API_KEY": "s3cret"}))
	up()
	if keeps.kept["shop/web"]["API_KEY"] != "s3cret" {
		t.Fatalf("kept %v", keeps.kept)
	}
	servertest.Must(t, c.UnsetVariables(ctx, scope, "API_KEY"))
	if notes := up(); len(keeps.kept["shop/web"]) != 0 || len(notes) != 0 {
		t.Errorf("still kept after it was unset: %v, it says %v", keeps.kept, notes)
	}
	puts := len(keeps.places)
	if up(); len(keeps.places) != puts {
		t.Error("what is empty is emptied again")
	}

	if _, there := keeps.kept["shop/web"]; !there {
		t.Fatal("what deployments refer to is gone")
	}
	notes, err := forget(keeps, ecs)
	if _, there := keeps.kept["shop/web"]; there || err != nil || len(notes) != 0 {
		t.Errorf("still there after destroy: %v, it says %v, %v", keeps.kept, notes, err)
	}

	// An app that needs nothing of the cloud's secrets is destroyed without them.
	computed := strings.Replace(ecs, `"eu-west-1"`, "var.region", 1)
	for name, tc := range map[string]struct {
		why       error
		use, said string
	}{
		"no identity":     {fmt.Errorf("AWS: %w", cloud.ErrNoIdentity), ecs, ""},
		"denied":          {errors.New("denied"), ecs, "denied"},
		"another target":  {errors.New("denied"), "\"docker\" {\n    }", ""},
		"computed region": {errors.New("denied"), computed, ""},
	} {
		notes, err := forget(barred{keeps, tc.why}, tc.use)
		if said := strings.Join(notes, "\n"); err != nil || (said == "") != (tc.said == "") || !strings.Contains(said, tc.said) {
			t.Errorf("%s: it says %v, %v", name, notes, err)
		}
	}
	// With secrets set, they are known to stay.
	servertest.Must(t, c.SetSecrets(ctx, scope, map[string]client.Secret{"API_KEY": "s3cret"}))
	for _, why := range []error{errors.New("denied"), cloud.ErrNoIdentity} {
		if _, err := forget(barred{keeps, why}, ecs); !errors.Is(err, why) {
			t.Errorf("%v, want %v", err, why)
		}
	}
}

// That they can't be emptied is told, and is no reason not to deploy.
func TestADeployDoesNotNeedToEmptySecrets(t *testing.T) {
	_, c := servertest.Bootstrapped(t)
	ctx := servertest.Timeout(t, time.Minute)
	servertest.Must(t, c.EnsureProject(ctx, client.ProjectSpec{Name: "shop", Apps: []string{"web"}}))
	short, cancel := context.WithCancel(ctx)
	defer cancel()
	_, err := c.Up(short, client.JobRequest{
		Project: "shop", App: "web", Source: nowhere, Expressions: map[string]client.Secret{appconfig.SecretsVariable("web"): `{ "K" = "arn" }`},
	}, func(client.Event) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("up: %v", err)
	}
	w := &work{
		Subject: Subject{Project: "shop", App: "web"}, server: c, deploys: true,
		platform: Platform{Secrets: &vault{refuses: errors.New("denied")}},
	}
	var notes []string
	var job client.JobRequest
	servertest.Must(t, w.configure(ctx, &job, fileFor(t, ecs), Progress{Note: func(line string) { notes = append(notes, line) }}))
	if said := strings.Join(notes, "\n"); !strings.Contains(said, "denied") || !strings.Contains(said, "shop/web") {
		t.Errorf("it says %q", said)
	}
}

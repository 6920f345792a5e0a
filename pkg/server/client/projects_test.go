package client_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/client/servertest"
)

func TestProjectsAndVariables(t *testing.T) {
	_, c := servertest.Bootstrapped(t)
	ctx := servertest.Timeout(t, 60*time.Second)

	if _, err := c.Project(ctx, "shop"); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("unknown project: %v", err)
	}
	spec := client.ProjectSpec{Name: "shop", Apps: []string{"web", "api"}}
	servertest.Must(t, c.EnsureProject(ctx, spec))
	servertest.Must(t, c.EnsureProject(ctx, spec))
	jobs, err := c.Jobs(ctx, client.JobFilter{})
	servertest.Must(t, err)
	if len(jobs) != 0 {
		t.Errorf("making a project without a repository queued %v", jobs)
	}
	spec.Apps = []string{"admin"}
	spec.Repository = &client.Repository{
		Source: client.Source{URL: "https://git.example.com/shop.git", Ref: "main", Path: "services", Username: "bot", Password: "s3cret"},
		Poll:   time.Minute,
	}
	servertest.Must(t, c.EnsureProject(ctx, spec))
	p, err := c.Project(ctx, "shop")
	servertest.Must(t, err)
	want := client.Project{Name: "shop", Apps: []string{"admin", "api", "web"}, Repository: &client.Repository{
		Source: client.Source{URL: "https://git.example.com/shop.git", Ref: "main", Path: "services", Username: "bot"}, Poll: time.Minute,
	}}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("project %+v, want %+v", p, want)
	}
	spec.Repository = &client.Repository{}
	servertest.Must(t, c.EnsureProject(ctx, spec))
	if p, err = c.Project(ctx, "shop"); err != nil || p.Repository != nil || len(p.Apps) != 3 {
		t.Errorf("after unlinking: %+v, %v", p, err)
	}
	servertest.Must(t, c.EnsureProject(ctx, client.ProjectSpec{Name: "blog"}))
	all, err := c.Projects(ctx)
	servertest.Must(t, err)
	if len(all) != 2 || all[0].Name != "blog" || all[1].Name != "shop" {
		t.Errorf("projects %+v", all)
	}

	t.Run("variables", func(t *testing.T) {
		project, app := client.Scope{Project: "shop"}, client.Scope{Project: "shop", App: "web"}
		servertest.Must(t, c.SetVariables(ctx, client.Scope{}, map[string]client.Secret{"EVERY": "1"}))
		servertest.Must(t, c.SetVariables(ctx, project, map[string]client.Secret{"LEVEL": "project", "DB": "postgres://x"}))
		servertest.Must(t, c.SetVariables(ctx, app, map[string]client.Secret{"LEVEL": "app"}))
		list, err := c.Variables(ctx, app)
		servertest.Must(t, err)
		if got := reveal(list); got != "DB=postgres://x@shop/ EVERY=1@/ LEVEL=app@shop/web" {
			t.Errorf("app's variables: %s", got)
		}
		list, err = c.Variables(ctx, project)
		servertest.Must(t, err)
		if got := reveal(list); got != "DB=postgres://x@shop/ EVERY=1@/ LEVEL=project@shop/ LEVEL=app@shop/web" {
			t.Errorf("project's variables: %s", got)
		}
		servertest.Must(t, c.UnsetVariables(ctx, app, "LEVEL", "NEVER_SET"))
		list, err = c.Variables(ctx, app)
		servertest.Must(t, err)
		if got := reveal(list); !strings.Contains(got, "LEVEL=project@shop/") {
			t.Errorf("after unset: %s", got)
		}
		if err := c.SetVariables(ctx, app, map[string]client.Secret{"1X": "v"}); err == nil || !strings.Contains(err.Error(), `"1X"`) {
			t.Errorf("bad name: %v", err)
		}
	})
	t.Run("runner variables", func(t *testing.T) {
		servertest.Must(t, c.SetRunnerVariables(ctx, map[string]client.Secret{"AWS_SECRET_ACCESS_KEY": "hunter2"}))
		servertest.Must(t, c.SetEndpoints(ctx, client.Endpoints{UI: "https://h:9702", Source: "https://h:9703"}))
		servertest.Must(t, c.SetEndpoints(ctx, client.Endpoints{RunnerSource: "https://source:9703"}))
		e, err := c.Endpoints(ctx)
		servertest.Must(t, err)
		if e != (client.Endpoints{UI: "https://h:9702", Source: "https://h:9703", RunnerSource: "https://source:9703"}) {
			t.Errorf("endpoints %+v", e)
		}
		list, err := c.RunnerVariables(ctx)
		servertest.Must(t, err)
		if got := reveal(list); !strings.Contains(got, "AWS_SECRET_ACCESS_KEY=hunter2@/") || strings.Contains(got, "EVERY") {
			t.Errorf("runner variables: %s", got)
		}
		// Nothing prints a value.
		asJSON, err := json.Marshal(list)
		servertest.Must(t, err)
		if shown := fmt.Sprintf("%v %+v %#v %s %q", list, list, list, list[0].Value, list[0].Value) + string(asJSON); strings.Contains(shown, "hunter2") {
			t.Errorf("a value is shown: %s", shown)
		}
		apps, err := c.Variables(ctx, client.Scope{Project: "shop", App: "web"})
		servertest.Must(t, err)
		if strings.Contains(reveal(apps), "AWS") || strings.Contains(reveal(apps), "PILOT") {
			t.Error("an app gets the runners' variables")
		}
		servertest.Must(t, c.UnsetRunnerVariables(ctx, "AWS_SECRET_ACCESS_KEY"))
		list, err = c.RunnerVariables(ctx)
		servertest.Must(t, err)
		if strings.Contains(reveal(list), "AWS") {
			t.Error("the runner variable is still set")
		}
	})
	servertest.Must(t, c.DeleteProject(ctx, "blog"))
	servertest.Must(t, c.DeleteProject(ctx, "blog"))
	if _, err := c.Project(ctx, "blog"); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("deleted project: %v", err)
	}
}

func reveal(list []client.Variable) string {
	var out []string
	for _, v := range list {
		out = append(out, fmt.Sprintf("%s=%s@%s/%s", v.Name, v.Value.Reveal(), v.Scope.Project, v.Scope.App))
	}
	return strings.Join(out, " ")
}

func TestBadRequestsNameTheField(t *testing.T) {
	s := &servertest.Server{Config: client.Config{Address: "127.0.0.1:1", CA: servertest.NewAuthority(t, "CA").PEM}}
	c := s.Dial(t, strings.Repeat("a", 40))
	ctx := servertest.Timeout(t, 10*time.Second)
	good := client.Source{URL: "https://h/git/shop.git"}
	for _, tc := range []struct {
		name string
		req  client.JobRequest
		want string
	}{
		{"project", client.JobRequest{Project: "a b", App: "web", Source: good}, `project name "a b"`},
		{"app", client.JobRequest{Project: "shop", Source: good}, `app name ""`},
		{"workspace", client.JobRequest{Project: "shop", App: "web", Workspace: "/", Source: good}, `workspace name "/"`},
		{"no URL", client.JobRequest{Project: "shop", App: "web", Source: client.Source{Ref: "x"}}, "URL is empty"},
		{"scheme", client.JobRequest{Project: "shop", App: "web", Source: client.Source{URL: "ftp://h/x"}}, `source URL "ftp://h/x"`},
		{"password in URL", client.JobRequest{Project: "shop", App: "web", Source: client.Source{URL: "https://u:hunter2@h/x"}}, "holds a password"},
		{"path", client.JobRequest{Project: "shop", App: "web", Source: client.Source{URL: "https://h/x", Path: "../y"}}, `source path "../y"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := c.Up(ctx, tc.req, nil)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %v, want %q", err, tc.want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Fatalf("the password is shown: %v", err)
			}
		})
	}
	secret := client.Source{URL: "https://h/x", Ref: "r", Username: "u", Password: "hunter2", PrivateKey: "hunter2"}
	if shown := fmt.Sprintf("%v %+v %#v %s", secret, secret, secret, secret); strings.Contains(shown, "hunter2") {
		t.Errorf("a source shows its secrets: %s", shown)
	}
	err := c.EnsureProject(ctx, client.ProjectSpec{Name: "shop", Repository: &client.Repository{Source: good, Poll: time.Second}})
	if err == nil || !strings.Contains(err.Error(), "poll interval 1s") {
		t.Errorf("poll: %v", err)
	}
	if err := c.EnsureProject(ctx, client.ProjectSpec{Name: "shop"}); !errors.Is(err, client.ErrUnavailable) {
		t.Errorf("no server: %v", err)
	}
}

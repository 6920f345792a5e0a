package client

import (
	"context"
	"fmt"
	"sort"
	"time"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// ProjectSpec is what EnsureProject brings about.
type ProjectSpec struct {
	// Name of the project.
	Name string
	// Apps that must exist in it. Apps that are there already stay.
	Apps []string
	// Repository, if not nil, links the project to a git repository, for jobs
	// that bring no source of their own and for Poll. A zero Repository removes
	// the link; nil leaves it as it is.
	Repository *Repository
}

// Repository links a project to git.
type Repository struct {
	// Source is the repository's URL, ref (empty: its default branch), path and
	// credentials. The credentials are stored on the server, and every member can
	// read them there.
	Source Source
	// Poll is how often the server looks for a new commit and deploys it. Zero is
	// never. At least 5 s.
	Poll time.Duration
}

// ShortestPoll is the shortest interval of Repository.Poll.
const ShortestPoll = 5 * time.Second

// Project is a group of apps.
type Project struct {
	Name string
	// Apps are the names of its apps, sorted.
	Apps []string
	// Repository is the linked repository without its password, nil if there is
	// none.
	Repository *Repository
}

// EnsureProject makes the project and its apps, or brings them in line with the
// spec. It changes nothing, and asks the server for nothing more than the present
// state, when all is as wanted.
func (c *Client) EnsureProject(ctx context.Context, spec ProjectSpec) error {
	if err := spec.check(); err != nil {
		return err
	}
	project, err := c.project(ctx, spec.Name)
	exists := err == nil
	if err != nil && !isNotFound(err) {
		return c.failed("look up project "+spec.Name, err)
	}
	want := &pb.Project{Name: spec.Name}
	if exists {
		want = proto.Clone(project).(*pb.Project)
	}
	if spec.Repository != nil {
		spec.Repository.apply(want)
	}
	if !exists || !proto.Equal(project, want) {
		// Applications are kept apart from the project and written below.
		want.Applications = nil
		if _, err := c.api.UpsertProject(ctx, &pb.UpsertProjectRequest{Project: want}); err != nil {
			return c.failed("write project "+spec.Name, err)
		}
	}
	have := map[string]bool{}
	for _, app := range project.GetApplications() {
		have[app.GetName()] = true
	}
	for _, app := range spec.Apps {
		if have[app] {
			continue
		}
		_, err := c.api.UpsertApplication(ctx, &pb.UpsertApplicationRequest{Project: &pb.Ref_Project{Project: spec.Name}, Name: app})
		if err != nil {
			return c.failed(fmt.Sprintf("make app %s/%s", spec.Name, app), err)
		}
	}
	return nil
}

func (s ProjectSpec) check() error {
	if err := CheckName("project", s.Name); err != nil {
		return err
	}
	for _, app := range s.Apps {
		if err := CheckName("app", app); err != nil {
			return err
		}
	}
	if r := s.Repository; r != nil {
		if r.Poll != 0 && r.Poll < ShortestPoll {
			return fmt.Errorf("project %s: poll interval %s: want 0 (never) or at least %s", s.Name, r.Poll, ShortestPoll)
		}
		if r.Poll != 0 && r.Source.URL == "" {
			return fmt.Errorf("project %s: poll interval %s without a repository URL", s.Name, r.Poll)
		}
		if r.Source.URL != "" {
			return r.Source.Check()
		}
	}
	return nil
}

func (r *Repository) apply(p *pb.Project) {
	p.DataSource, p.DataSourcePoll, p.RemoteEnabled = nil, nil, false
	if r.Source.URL == "" {
		return
	}
	p.DataSource, p.RemoteEnabled = r.Source.dataSource(), true
	if r.Poll > 0 {
		p.DataSourcePoll = &pb.Project_Poll{Enabled: true, Interval: r.Poll.String()}
	}
}

// Project gives one project. The error is ErrNotFound if there is none of that
// name.
func (c *Client) Project(ctx context.Context, name string) (Project, error) {
	if err := CheckName("project", name); err != nil {
		return Project{}, err
	}
	p, err := c.project(ctx, name)
	if err != nil {
		return Project{}, c.failed("look up project "+name, err)
	}
	return newProject(p), nil
}

// RepositorySource is the repository that a project is linked to, with its
// credentials. The error is ErrNotFound if it is linked to none.
func (c *Client) RepositorySource(ctx context.Context, name string) (Source, error) {
	if err := CheckName("project", name); err != nil {
		return Source{}, err
	}
	p, err := c.project(ctx, name)
	if err != nil {
		return Source{}, c.failed("look up project "+name, err)
	}
	git := p.GetDataSource().GetGit()
	if git == nil {
		return Source{}, &serverError{doing: "repository of " + name, message: "the project is linked to none", kind: ErrNotFound}
	}
	return Source{
		URL: git.GetUrl(), Ref: git.GetRef(), Path: git.GetPath(), PrivateKey: string(git.GetSsh().GetPrivateKeyPem()),
		Username: git.GetBasic().GetUsername(), Password: git.GetBasic().GetPassword(),
	}, nil
}

// SetProjectExpressions replaces the values that all jobs of a project get for
// input variables of its config file, as HCL expressions. A job's own win. Each must
// be declared in the file. The server keeps them as it keeps configuration.
func (c *Client) SetProjectExpressions(ctx context.Context, name string, expressions map[string]Secret) error {
	if err := CheckName("project", name); err != nil {
		return err
	}
	project, err := c.project(ctx, name)
	if err != nil {
		return c.failed("look up project "+name, err)
	}
	want := proto.Clone(project).(*pb.Project)
	want.Variables = variables(nil, expressions)
	if proto.Equal(project, want) {
		return nil
	}
	want.Applications = nil
	_, err = c.api.UpsertProject(ctx, &pb.UpsertProjectRequest{Project: want})
	return c.failed("write project "+name, err)
}

// Projects lists all projects by name.
func (c *Client) Projects(ctx context.Context) ([]Project, error) {
	resp, err := c.api.ListProjects(ctx, &pb.ListProjectsRequest{})
	if err != nil {
		return nil, c.failed("list projects", err)
	}
	projects := make([]Project, 0, len(resp.GetProjects()))
	for _, ref := range resp.GetProjects() {
		p, err := c.project(ctx, ref.GetProject())
		if isNotFound(err) {
			continue // deleted since the list was made
		}
		if err != nil {
			return nil, c.failed("look up project "+ref.GetProject(), err)
		}
		projects = append(projects, newProject(p))
	}
	sort.Slice(projects, func(i, j int) bool { return projects[i].Name < projects[j].Name })
	return projects, nil
}

// DeleteProject removes a project from the server with its history and
// configuration. It destroys nothing that was deployed: destroy the apps first.
// A project that is not there is no error.
func (c *Client) DeleteProject(ctx context.Context, name string) error {
	if err := CheckName("project", name); err != nil {
		return err
	}
	_, err := c.api.DestroyProject(ctx, &pb.DestroyProjectRequest{Project: &pb.Ref_Project{Project: name}})
	if isNotFound(err) {
		return nil
	}
	return c.failed("delete project "+name, err)
}

func (c *Client) project(ctx context.Context, name string) (*pb.Project, error) {
	resp, err := c.api.GetProject(ctx, &pb.GetProjectRequest{Project: &pb.Ref_Project{Project: name}})
	return resp.GetProject(), err
}

func newProject(p *pb.Project) Project {
	project := Project{Name: p.GetName(), Apps: []string{}}
	for _, app := range p.GetApplications() {
		project.Apps = append(project.Apps, app.GetName())
	}
	sort.Strings(project.Apps)
	if git := p.GetDataSource().GetGit(); git != nil {
		project.Repository = &Repository{Source: Source{URL: git.GetUrl(), Ref: git.GetRef(), Path: git.GetPath(), Username: git.GetBasic().GetUsername()}}
		if poll := p.GetDataSourcePoll(); poll.GetEnabled() {
			project.Repository.Poll, _ = time.ParseDuration(poll.GetInterval())
		}
	}
	return project
}

func isNotFound(err error) bool { return status.Code(err) == codes.NotFound }

package client

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
	"google.golang.org/protobuf/types/known/emptypb"
)

// Secret is a value that is not shown by accident: printing, formatting or
// encoding it gives a mask. Reveal gives the value.
type Secret string

const mask = "[secret]"

// Reveal gives the value itself.
func (s Secret) Reveal() string { return string(s) }

// String gives a mask.
func (s Secret) String() string { return mask }

// GoString gives a mask.
func (s Secret) GoString() string { return mask }

// Format gives a mask for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(mask)) }

// MarshalText gives a mask, for JSON and the like.
func (s Secret) MarshalText() ([]byte, error) { return []byte(mask), nil }

// Scope is whom a configuration variable is for. The zero Scope is every app of
// the server.
type Scope struct {
	// Project, and with it App, narrow the scope.
	Project, App string
	// Workspace narrows it to one workspace, empty is all.
	Workspace string
}

func (s Scope) check() error {
	if s.App != "" && s.Project == "" {
		return fmt.Errorf("scope with app %q: want its project too", s.App)
	}
	for what, name := range map[string]string{"project": s.Project, "app": s.App, "workspace": s.Workspace} {
		if name != "" {
			if err := CheckName(what, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// Variable is one configuration variable: an environment variable of the apps in
// its scope, or of the runners.
type Variable struct {
	Name  string
	Value Secret
	// Scope is where it was set.
	Scope Scope
	// Secret is true when it was set as one: lists then hide its value.
	Secret bool
}

// variableRule is the rule for names of environment variables.
var variableRule = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// CheckVariable refuses what can't be set: what is no name of an environment
// variable, and the names that the marks of secrets have.
func CheckVariable(name string) error {
	if strings.HasPrefix(name, secretMark) {
		return fmt.Errorf("variable name %q: names that begin with %s are taken", name, secretMark)
	}
	return checkVariableForm(name)
}

func checkVariableForm(name string) error {
	if variableRule.MatchString(name) {
		return nil
	}
	return fmt.Errorf("variable name %q: want letters, digits and underscores, not starting with a digit", name)
}

// Variables lists the variables that a scope gets, by name: for an app its own,
// its project's and the server's, the narrowest one where several have the same
// name; for a project its own, its apps' and the server's, all of them.
func (c *Client) Variables(ctx context.Context, scope Scope) ([]Variable, error) {
	if err := scope.check(); err != nil {
		return nil, err
	}
	req := &pb.ConfigGetRequest{Scope: &pb.ConfigGetRequest_Project{Project: &pb.Ref_Project{Project: scope.Project}}}
	if scope.App != "" {
		req.Scope = &pb.ConfigGetRequest_Application{Application: &pb.Ref_Application{Project: scope.Project, Application: scope.App}}
	}
	if scope.Workspace != "" {
		req.Workspace = &pb.Ref_Workspace{Workspace: scope.Workspace}
	}
	return c.variables(ctx, req)
}

// SetVariables sets variables in one scope. Running deployments keep the values
// they were started with. The server takes an empty value for none, so it is
// refused.
func (c *Client) SetVariables(ctx context.Context, scope Scope, values map[string]Secret) error {
	return c.setVariables(ctx, scope, values, false)
}

// SetSecrets is SetVariables for values that lists must hide.
func (c *Client) SetSecrets(ctx context.Context, scope Scope, values map[string]Secret) error {
	return c.setVariables(ctx, scope, values, true)
}

// UnsetVariables removes variables from one scope; others of the same name in
// wider scopes stay. A variable that is not set is no error.
func (c *Client) UnsetVariables(ctx context.Context, scope Scope, names ...string) error {
	for _, name := range names {
		if err := CheckVariable(name); err != nil {
			return err
		}
	}
	marks := make([]string, 0, len(names))
	for _, name := range names {
		marks = append(marks, secretMark+name)
	}
	return c.deleteVariables(ctx, scope, slices.Concat(names, marks), nil)
}

// RunnerVariables lists the environment variables that all runners get, by name.
func (c *Client) RunnerVariables(ctx context.Context) ([]Variable, error) {
	return c.variables(ctx, &pb.ConfigGetRequest{
		Scope: &pb.ConfigGetRequest_Project{Project: &pb.Ref_Project{}},
		// No runner has this ID, so only what is for all of them is listed.
		Runner: &pb.Ref_RunnerId{Id: "-"},
	})
}

// SetRunnerVariables sets environment variables of all runners, such as a cloud's
// credentials. Runners take them over without a restart, for their next job.
func (c *Client) SetRunnerVariables(ctx context.Context, values map[string]Secret) error {
	return c.writeVariables(ctx, "set runner variables", Scope{}, values, anyRunner())
}

// UnsetRunnerVariables removes environment variables of the runners. A variable
// that is not set is no error.
func (c *Client) UnsetRunnerVariables(ctx context.Context, names ...string) error {
	return c.deleteVariables(ctx, Scope{}, names, anyRunner())
}

func anyRunner() *pb.Ref_Runner {
	return &pb.Ref_Runner{Target: &pb.Ref_Runner_Any{Any: &pb.Ref_RunnerAny{}}}
}

func (c *Client) variables(ctx context.Context, req *pb.ConfigGetRequest) ([]Variable, error) {
	resp, err := c.api.GetConfig(ctx, req)
	if err != nil {
		return nil, c.failed("read variables", err)
	}
	out := make([]Variable, 0, len(resp.GetVariables()))
	for _, v := range resp.GetVariables() {
		scope := Scope{Workspace: v.GetTarget().GetWorkspace().GetWorkspace()}
		switch s := v.GetTarget().GetAppScope().(type) {
		case *pb.ConfigVar_Target_Project:
			scope.Project = s.Project.GetProject()
		case *pb.ConfigVar_Target_Application:
			scope.Project, scope.App = s.Application.GetProject(), s.Application.GetApplication()
		}
		out = append(out, Variable{Name: v.GetName(), Value: Secret(v.GetStatic()), Scope: scope})
	}
	out = marked(out)
	sort.SliceStable(out, func(i, j int) bool {
		if out[i].Name != out[j].Name {
			return out[i].Name < out[j].Name
		}
		return out[i].Scope.App < out[j].Scope.App
	})
	return out, nil
}

func (c *Client) writeVariables(ctx context.Context, doing string, scope Scope, values map[string]Secret, runner *pb.Ref_Runner) error {
	req := &pb.ConfigSetRequest{}
	for name, value := range values {
		v, err := configVar(scope, name, runner)
		if err != nil {
			return err
		}
		v.Value = &pb.ConfigVar_Static{Static: value.Reveal()}
		req.Variables = append(req.Variables, v)
	}
	if len(req.Variables) == 0 {
		return nil
	}
	_, err := c.api.SetConfig(ctx, req)
	return c.failed(doing, err)
}

func (c *Client) deleteVariables(ctx context.Context, scope Scope, names []string, runner *pb.Ref_Runner) error {
	req := &pb.ConfigDeleteRequest{}
	for _, name := range names {
		v, err := configVar(scope, name, runner)
		if err != nil {
			return err
		}
		v.Value = &pb.ConfigVar_Unset{Unset: &emptypb.Empty{}}
		req.Variables = append(req.Variables, v)
	}
	if len(req.Variables) == 0 {
		return nil
	}
	_, err := c.api.DeleteConfig(ctx, req)
	return c.failed("unset variables", err)
}

func configVar(scope Scope, name string, runner *pb.Ref_Runner) (*pb.ConfigVar, error) {
	if err := scope.check(); err != nil {
		return nil, err
	}
	if err := checkVariableForm(name); err != nil {
		return nil, err
	}
	target := &pb.ConfigVar_Target{Runner: runner}
	switch {
	case scope.App != "":
		target.AppScope = &pb.ConfigVar_Target_Application{Application: &pb.Ref_Application{Project: scope.Project, Application: scope.App}}
	case scope.Project != "":
		target.AppScope = &pb.ConfigVar_Target_Project{Project: &pb.Ref_Project{Project: scope.Project}}
	default:
		target.AppScope = &pb.ConfigVar_Target_Global{Global: &pb.Ref_Global{}}
	}
	if scope.Workspace != "" {
		target.Workspace = &pb.Ref_Workspace{Workspace: scope.Workspace}
	}
	return &pb.ConfigVar{Name: name, Target: target}, nil
}

package client

import (
	"context"
	"fmt"
	"path"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
	"google.golang.org/protobuf/types/known/emptypb"
)

// RunnerConfig is what all runners get beside what is in their image.
type RunnerConfig struct {
	// Variables are environment variables, by name.
	Variables map[string]Secret
	// Files are the contents of files, by absolute path. A runner writes them
	// readable by everybody in its container, and leaves them when they are
	// taken back: a path in memory, as below /dev/shm, ends with the container.
	Files map[string]Secret
}

// SetRunnerConfig gives all runners variables and files and takes drop back,
// names and paths alike. Runners take it over without a restart, for their next
// job. What is set is set in one step; an interrupted call may leave some of
// drop.
func (c *Client) SetRunnerConfig(ctx context.Context, config RunnerConfig, drop ...string) error {
	req := &pb.ConfigSetRequest{}
	for name, value := range config.Variables {
		v, err := configVar(Scope{}, name, anyRunner())
		if err != nil {
			return err
		}
		v.Value = &pb.ConfigVar_Static{Static: value.Reveal()}
		req.Variables = append(req.Variables, v)
	}
	for name, value := range config.Files {
		v, err := runnerFile(name)
		if err != nil {
			return err
		}
		v.Value = &pb.ConfigVar_Static{Static: value.Reveal()}
		req.Variables = append(req.Variables, v)
	}
	if len(req.Variables) > 0 {
		if _, err := c.api.SetConfig(ctx, req); err != nil {
			return c.failed("set the runners' configuration", err)
		}
	}
	gone := &pb.ConfigDeleteRequest{}
	for _, name := range drop {
		form := runnerFile
		if !path.IsAbs(name) {
			form = func(name string) (*pb.ConfigVar, error) { return configVar(Scope{}, name, anyRunner()) }
		}
		v, err := form(name)
		if err != nil {
			return err
		}
		v.Value = &pb.ConfigVar_Unset{Unset: &emptypb.Empty{}}
		gone.Variables = append(gone.Variables, v)
	}
	if len(gone.Variables) == 0 {
		return nil
	}
	_, err := c.api.DeleteConfig(ctx, gone)
	return c.failed("unset the runners' configuration", err)
}

// RunnerConfig is what all runners get.
func (c *Client) RunnerConfig(ctx context.Context) (RunnerConfig, error) {
	all, err := c.RunnerVariables(ctx)
	config := RunnerConfig{Variables: map[string]Secret{}, Files: map[string]Secret{}}
	for _, v := range all {
		if path.IsAbs(v.Name) {
			config.Files[v.Name] = v.Value
		} else {
			config.Variables[v.Name] = v.Value
		}
	}
	return config, err
}

func runnerFile(name string) (*pb.ConfigVar, error) {
	if !path.IsAbs(name) || path.Clean(name) != name {
		return nil, fmt.Errorf("file %q of the runners: want an absolute path without .. in it", name)
	}
	return &pb.ConfigVar{Name: name, NameIsPath: true, Target: &pb.ConfigVar_Target{
		AppScope: &pb.ConfigVar_Target_Global{Global: &pb.Ref_Global{}}, Runner: anyRunner(),
	}}, nil
}

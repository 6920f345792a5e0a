package main

import (
	"errors"
	"io/fs"
	"os"

	"github.com/pilot-framework/pilot/internal/home"
	"github.com/pilot-framework/pilot/pkg/server"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pilot-framework/pilot/stacks/access"
	awsaccess "github.com/pilot-framework/pilot/stacks/access/aws"
	gcpaccess "github.com/pilot-framework/pilot/stacks/access/gcp"
	"github.com/urfave/cli/v2"
)

// accessCloud is a cloud that runners elsewhere can be given access to.
type accessCloud struct {
	name string
	// only are the flags that no other cloud has.
	only []string
	spec func(*cli.Context, access.Common) access.Spec
}

// accessClouds is the list of them. A new one is one entry here.
var accessClouds = []accessCloud{
	{"aws", []string{"vpc"}, func(c *cli.Context, common access.Common) access.Spec {
		return &awsaccess.Access{Common: common, Region: c.String("region"), VPC: c.String("vpc")}
	}},
	{"gcp", []string{"project"}, func(c *cli.Context, common access.Common) access.Spec {
		return &gcpaccess.Access{Common: common, Project: c.String("project"), Region: c.String("region")}
	}},
}

// chosenCloud is the one cloud that the flags name.
func chosenCloud(c *cli.Context) (accessCloud, error) {
	var chosen []accessCloud
	for _, cloud := range accessClouds {
		if c.Bool(cloud.name) {
			chosen = append(chosen, cloud)
		}
	}
	if len(chosen) != 1 {
		return accessCloud{}, usagef("say which cloud the runners are to deploy to: --aws or --gcp")
	}
	for _, cloud := range accessClouds {
		for _, flag := range cloud.only {
			if cloud.name != chosen[0].name && c.IsSet(flag) {
				return accessCloud{}, usagef("--%s: %s has no such setting; it belongs to %s", flag, chosen[0].name, cloud.name)
			}
		}
	}
	return chosen[0], nil
}

// accessPlatform is the platform whose runners get access.
type accessPlatform struct {
	name, target string
	server       client.Config
}

// common is what the access stacks of all clouds want to know of the platform.
func (p accessPlatform) common(c *cli.Context) access.Common {
	common := access.Common{Server: p.server.Address, Targets: c.StringSlice("targets")}
	if p.server.Address != "" {
		common.Runners = server.RunnerConfigurer(p.server)
	}
	return common
}

// accessPlatform finds the platform: the context, or, where the cloud is
// simulated and no server runs, what the spec file says.
func (s *session) accessPlatform(c *cli.Context) (accessPlatform, error) {
	if !c.Bool("offline") {
		_, kept, err := s.context(c)
		if errors.Is(err, home.ErrNoContext) {
			err = usage(err)
		}
		return accessPlatform{kept.Name, kept.Target, client.Config{Address: kept.Address, CA: []byte(kept.CA), Token: kept.Token}}, err
	}
	file := c.String("file")
	data, err := os.ReadFile(file)
	if err != nil && (!errors.Is(err, fs.ErrNotExist) || c.IsSet("file")) {
		return accessPlatform{}, usagef("--file: %w", err)
	}
	head, _, err := readSpec(file, data)
	if err != nil {
		return accessPlatform{}, usage(err)
	}
	p := accessPlatform{name: c.String("stack"), target: head.Target}
	for _, value := range []string{head.Stack, head.Target, targets[0].Name} {
		if p.name == "" {
			p.name = value
		}
	}
	if p.target == "" {
		p.target = targets[0].Name
	}
	return p, nil
}

// openAccess opens the access stack of a platform, with what was recorded the
// last time filled in where the flags say nothing.
func (s *session) openAccess(c *cli.Context, cloud accessCloud, p accessPlatform) (*opened, access.Spec, error) {
	open := func(s *session, a access.Spec) (*opened, error) {
		if c.Bool("offline") {
			a.Simulate()
		}
		return s.openSpec(c, &spec{Stack: access.Stack(p.name, cloud.name), Target: stacks.Target{Name: cloud.name}, Platform: a})
	}
	// The recorded region belongs to the configuration, which is read at opening.
	void, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return nil, nil, err
	}
	defer void.Close()
	o, err := open(&session{in: s.in, out: void, errOut: void}, cloud.spec(c, p.common(c)))
	if err != nil {
		return nil, nil, err
	}
	recorded, err := o.Outputs(c.Context)
	if err := errors.Join(err, o.Close()); err != nil {
		return nil, nil, err
	}
	a := cloud.spec(c, p.common(c))
	a.Recall(recorded)
	if c.Bool("offline") {
		a.Simulate()
	}
	shared := a.Shared()
	shared.Key = 1
	if shared.Name == "" {
		if shared.Name, err = access.NewName(p.name); err != nil {
			return nil, nil, err
		}
	}
	if err := a.Complete(); err != nil {
		return nil, nil, usage(err)
	}
	o, err = open(s, a)
	return o, a, err
}

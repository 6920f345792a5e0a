package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"google.golang.org/grpc"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/pilot-framework/pilot/internal/testprovider"
	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/infra/cloudsim"
	"github.com/pilot-framework/pilot/stacks/aws"
)

const passphrase = "bench"

// work is what one side does once.
type work struct {
	what  string // things, aws, or fleet
	dir   string // where state and simulated cloud are
	n     int    // how many resources, or stacks for fleet
	stock string
	state string // the state's URL; empty is a folder in dir
}

// load is a program and what it needs.
type load struct {
	program   pulumi.RunFunc
	config    auto.ConfigMap
	providers []infra.Provider
	close     func() error
}

// things is a program of n small resources, one of them with a secret, as
// every real platform has one.
func things(n int) load {
	p := &testprovider.Provider{}
	return load{
		program: func(ctx *pulumi.Context) error {
			_, err := testprovider.NewThing(ctx, "secret", testprovider.ThingArgs{Value: "v", Secret: pulumi.String("password")})
			if err != nil {
				return err
			}
			return testprovider.Many(n-1, "v")(ctx)
		},
		providers: []infra.Provider{{Name: testprovider.Name, Version: testprovider.Version, New: p.New}},
		close:     func() error { return nil },
	}
}

// platform is the whole AWS platform on a simulated cloud of its own.
func platform(dir string) (load, error) {
	p := &aws.Platform{Region: "eu-west-1", OperatorCIDRs: []string{"203.0.113.7/32"}}
	p.Simulate()
	if err := p.Complete(); err != nil {
		return load{}, err
	}
	sim, err := cloudsim.Open(filepath.Join(dir, "cloud"))
	if err != nil {
		return load{}, err
	}
	return load{
		program: p.Program(), config: p.Config(), providers: append(p.Providers(), sim.AWS()), close: sim.Close,
	}, nil
}

func (w work) load() (load, error) {
	switch w.what {
	case "things":
		return things(w.n), nil
	case "aws", "fleet":
		return platform(w.dir)
	}
	return load{}, fmt.Errorf("-work %q: want things, aws or fleet", w.what)
}

func (w work) stateURL() string {
	if w.state != "" {
		return w.state
	}
	return "file://" + filepath.ToSlash(filepath.Join(w.dir, "state"))
}

// ours runs the engine of package engine; for a fleet, on all its stacks at once.
func (w work) ours(ctx context.Context) error {
	if w.what != "fleet" {
		return w.oneOfOurs(ctx, engine.New())
	}
	var group sync.WaitGroup
	failed := make([]error, w.n)
	e := engine.New()
	for i := range w.n {
		one := w
		one.dir = filepath.Join(w.dir, fmt.Sprint(i))
		if err := os.MkdirAll(one.dir, 0o700); err != nil {
			return err
		}
		group.Go(func() { failed[i] = one.oneOfOurs(ctx, e) })
	}
	group.Wait()
	return errors.Join(failed...)
}

func (w work) oneOfOurs(ctx context.Context, e infra.Engine) error {
	l, err := w.load()
	if err != nil {
		return err
	}
	defer func() { _ = l.close() }()
	stack, err := e.Open(ctx, infra.EngineSpec{
		Ref:   infra.Ref{Project: "bench", Stack: "bench"},
		State: w.stateURL(),
		Secrets: infra.Secrets{
			Passphrase: func(context.Context) (string, error) { return passphrase, nil },
			KeyDir:     filepath.Join(w.dir, "keys"),
		},
		Program:   l.program,
		Config:    l.config,
		Providers: l.providers,
	})
	if err != nil {
		return err
	}
	defer stack.Close()
	for _, verb := range []infra.Verb{infra.VerbPreview, infra.VerbUp} {
		if _, err := stack.Run(ctx, infra.Operation{Verb: verb}); err != nil {
			return err
		}
	}
	return nil
}

// theirs runs the Automation API as its documentation does.
func (w work) theirs(ctx context.Context) error {
	l, err := w.load()
	if err != nil {
		return err
	}
	defer func() { _ = l.close() }()
	names, stop, err := serve(ctx, l.providers)
	if err != nil {
		return err
	}
	defer stop()

	// The Automation API looks for the command in ROOT/bin.
	root := filepath.Join(w.dir, "root")
	for _, dir := range []string{filepath.Join(root, "bin"), filepath.Join(w.dir, "state")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	link := filepath.Join(root, "bin", "pulumi")
	if _, err := os.Lstat(link); err != nil {
		if err := os.Symlink(w.stock, link); err != nil {
			return err
		}
	}
	cmd, err := auto.NewPulumiCommand(&auto.PulumiCommandOptions{Root: root})
	if err != nil {
		return err
	}
	stack, err := auto.UpsertStackInlineSource(ctx, "bench", "bench", l.program,
		auto.Pulumi(cmd),
		auto.WorkDir(w.dir),
		auto.Project(workspace.Project{
			Name:    tokens.PackageName("bench"),
			Runtime: workspace.NewProjectRuntimeInfo("go", nil),
			Backend: &workspace.ProjectBackend{URL: w.stateURL()},
		}),
		auto.EnvVars(map[string]string{
			"PULUMI_CONFIG_PASSPHRASE": passphrase,
			"PULUMI_SKIP_UPDATE_CHECK": "true",
			"PULUMI_DEBUG_PROVIDERS":   names,
		}))
	if err != nil {
		return err
	}
	if len(l.config) > 0 {
		if err := stack.SetAllConfig(ctx, l.config); err != nil {
			return err
		}
	}
	if _, err := stack.Preview(ctx); err != nil {
		return err
	}
	_, err = stack.Up(ctx)
	return err
}

// serve serves providers on this machine, and says where as the stock command
// wants to be told.
func serve(ctx context.Context, providers []infra.Provider) (names string, stop func(), err error) {
	var list []string
	var servers []*grpc.Server
	stop = func() {
		for _, s := range servers {
			s.Stop()
		}
	}
	for _, p := range providers {
		server, err := p.New(ctx)
		if err != nil {
			stop()
			return "", nil, err
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			stop()
			return "", nil, err
		}
		s := grpc.NewServer()
		rpc.RegisterResourceProviderServer(s, server)
		go func() { _ = s.Serve(l) }()
		servers = append(servers, s)
		list = append(list, fmt.Sprintf("%s:%d", p.Name, l.Addr().(*net.TCPAddr).Port))
	}
	return strings.Join(list, ","), stop, nil
}

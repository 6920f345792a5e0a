package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"google.golang.org/grpc"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/pilot-framework/pilot/internal/testprovider"
	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
)

const passphrase = "bench"

// program has a secret, as every real platform has one.
func program(ctx *pulumi.Context) error {
	_, err := testprovider.NewThing(ctx, "secret",
		testprovider.ThingArgs{Value: "v", Secret: pulumi.String("password")})
	if err != nil {
		return err
	}
	return testprovider.Many(resources-1, "v")(ctx)
}

func stateURL(dir string) string { return "file://" + filepath.ToSlash(filepath.Join(dir, "state")) }

// ours runs the engine of package engine.
func ours(ctx context.Context, dir string) error {
	p := &testprovider.Provider{}
	stack, err := engine.New().Open(ctx, infra.EngineSpec{
		Ref:       infra.Ref{Project: "bench", Stack: "noop"},
		State:     stateURL(dir),
		Secrets:   infra.Secrets{Passphrase: func(context.Context) (string, error) { return passphrase, nil }},
		Program:   program,
		Providers: []infra.Provider{{Name: testprovider.Name, Version: testprovider.Version, New: p.New}},
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
func theirs(ctx context.Context, dir, stock string) error {
	p := &testprovider.Provider{}
	server, err := p.New(ctx)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := grpc.NewServer()
	rpc.RegisterResourceProviderServer(s, server)
	go func() { _ = s.Serve(l) }()
	defer s.Stop()

	// The Automation API looks for the command in ROOT/bin.
	root := filepath.Join(dir, "root")
	if err := os.MkdirAll(filepath.Join(root, "bin"), 0o700); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "state"), 0o700); err != nil {
		return err
	}
	link := filepath.Join(root, "bin", "pulumi")
	if _, err := os.Lstat(link); err != nil {
		if err := os.Symlink(stock, link); err != nil {
			return err
		}
	}
	cmd, err := auto.NewPulumiCommand(&auto.PulumiCommandOptions{Root: root})
	if err != nil {
		return err
	}
	stack, err := auto.UpsertStackInlineSource(ctx, "noop", "bench", program,
		auto.Pulumi(cmd),
		auto.WorkDir(dir),
		auto.Project(workspace.Project{
			Name:    tokens.PackageName("bench"),
			Runtime: workspace.NewProjectRuntimeInfo("go", nil),
			Backend: &workspace.ProjectBackend{URL: stateURL(dir)},
		}),
		auto.EnvVars(map[string]string{
			"PULUMI_CONFIG_PASSPHRASE": passphrase,
			"PULUMI_SKIP_UPDATE_CHECK": "true",
			"PULUMI_DEBUG_PROVIDERS":   fmt.Sprintf("%s:%d", testprovider.Name, l.Addr().(*net.TCPAddr).Port),
		}))
	if err != nil {
		return err
	}
	if _, err := stack.Preview(ctx); err != nil {
		return err
	}
	_, err = stack.Up(ctx)
	return err
}

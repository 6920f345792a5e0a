package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"testing"

	"github.com/blang/semver"
	"google.golang.org/grpc"

	"github.com/pulumi/pulumi/sdk/v3"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/pilot-framework/pilot/internal/testprovider"
	"github.com/pilot-framework/pilot/pkg/engine/cli"
)

// stockMark makes the test binary, started again, be the raw command line.
const stockMark = "CLI_TEST_STOCK"

func TestMain(m *testing.M) {
	if os.Getenv(stockMark) != "" {
		os.Exit(cli.Main(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// restarted is the ordinary way to run the pulumi command: a process for each
// command. It shares no code with engine.Command.
type restarted struct{ t *testing.T }

func (r restarted) Version() semver.Version { return sdk.Version }

func (r restarted) Run(
	ctx context.Context, dir string, stdin io.Reader, outs, errs []io.Writer, env []string, args ...string,
) (string, string, int, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", "", -1, err
	}
	var out, errOut bytes.Buffer
	cmd := exec.CommandContext(ctx, exe, append([]string{"--non-interactive"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), env...), stockMark+"=1", "PULUMI_SKIP_UPDATE_CHECK=true")
	cmd.Stdin = stdin
	cmd.Stdout = io.MultiWriter(append(outs, &out)...)
	cmd.Stderr = io.MultiWriter(append(errs, &errOut)...)
	err = cmd.Run()
	return out.String(), errOut.String(), cmd.ProcessState.ExitCode(), err
}

// served starts p on a port, for the command that can only attach to one.
func served(t *testing.T, p *testprovider.Provider) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, err := p.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer()
	rpc.RegisterResourceProviderServer(s, server)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(s.Stop)
	return fmt.Sprintf("%s:%d", testprovider.Name, l.Addr().(*net.TCPAddr).Port)
}

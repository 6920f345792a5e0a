// Package cli is the raw command line of the Pulumi engine in this binary: the
// commands that work on stacks, their configuration and their state, as the
// pulumi command of the same version has them.
//
// A program that imports this package, even for its side effect alone, can be
// started again by engine.Command as that command line, for the commands that
// it does not serve in process.
package cli

import (
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	"github.com/pulumi/pulumi/pkg/v3/cmd/pulumi/auth"
	cmdbackend "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi/backend"
	"github.com/pulumi/pulumi/pkg/v3/cmd/pulumi/cancel"
	"github.com/pulumi/pulumi/pkg/v3/cmd/pulumi/cmd"
	"github.com/pulumi/pulumi/pkg/v3/cmd/pulumi/config"
	"github.com/pulumi/pulumi/pkg/v3/cmd/pulumi/operations"
	"github.com/pulumi/pulumi/pkg/v3/cmd/pulumi/plugin"
	"github.com/pulumi/pulumi/pkg/v3/cmd/pulumi/stack"
	"github.com/pulumi/pulumi/pkg/v3/cmd/pulumi/state"
	"github.com/pulumi/pulumi/pkg/v3/cmd/pulumi/version"
	"github.com/pulumi/pulumi/pkg/v3/cmd/pulumi/whoami"
	"github.com/pulumi/pulumi/pkg/v3/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/common/env"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/cmdutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/logging"

	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/engine/internal/restart"
)

func init() {
	restart.Linked = true
	if os.Getenv(restart.Marker) == "" {
		return
	}
	// This process was started by engine.Command. What it starts in turn, such
	// as a provider plugin, must not take the same turn.
	if err := os.Unsetenv(restart.Marker); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	os.Exit(Main(os.Args[1:]))
}

// Invoked says whether a program that was started under this name (its
// os.Args[0]) is meant to be the raw command line: the name is pulumi.
func Invoked(arg0 string) bool {
	name := strings.TrimSuffix(filepath.Base(arg0), ".exe")
	return name == "pulumi"
}

// Main runs the raw command line with args, which hold no program name, and
// returns the exit code. It uses the process's standard streams, environment
// and working directory, and is meant to be the last thing that a program does.
func Main(args []string) (code int) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(os.Stderr, "error: the engine panicked: %v\n%s", r, debug.Stack())
			code = 1
		}
	}()
	root := newRoot()
	root.SetArgs(args)
	err := root.Execute()
	logging.Flush()
	if err != nil {
		cmd.DisplayErrorMessage(root.Context(), err, os.Stderr)
		return cmd.ExitCodeFor(err)
	}
	return 0
}

// newRoot is the command that all others hang on.
func newRoot() *cobra.Command {
	var (
		cwd, color             string
		verbose                int
		logToStderr, flowToAll bool
	)
	root := &cobra.Command{
		Use:           "pulumi",
		Short:         "The Pulumi engine's own commands",
		Version:       engine.Version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			if err := cmdutil.SetGlobalColorization(color); err != nil {
				return fmt.Errorf("--color %q: want always, never, raw or auto: %w", color, err)
			}
			if cwd != "" {
				if err := os.Chdir(cwd); err != nil {
					return fmt.Errorf("--cwd: %w", err)
				}
			}
			logging.InitLogging(logToStderr, verbose, flowToAll)
			// The storage drivers log through this package.
			log.SetOutput(io.Discard)
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("unknown command %q", args[0])
			}
			return c.Help()
		},
	}
	root.SetVersionTemplate("{{.Version}}\n")
	flags := root.PersistentFlags()
	flags.StringVarP(&cwd, "cwd", "C", "", "Run as if started in another directory")
	flags.StringVar(&color, "color", "auto", "Colorize output: always, never, raw or auto")
	flags.BoolVarP(&cmdutil.Emoji, "emoji", "e", false, "Enable emojis in the output")
	flags.BoolVarP(&cmdutil.FullyQualifyStackNames, "fully-qualify-stack-names", "Q", false,
		"Show fully qualified stack names")
	flags.BoolVar(&backend.DisableIntegrityChecking, "disable-integrity-checking", false,
		"Do not check the state's integrity")
	flags.BoolVar(&cmdutil.DisableInteractive, "non-interactive", false, "Never ask")
	flags.BoolVar(&flowToAll, "logflow", false, "Pass log settings on to plugins")
	flags.BoolVar(&logToStderr, "logtostderr", false, "Log to standard error instead of to files")
	flags.IntVarP(&verbose, "verbose", "v", 0, "Verbosity of the log, 0 to 11")

	ws := workspace.Instance
	root.AddCommand(
		operations.NewPreviewCmd(), operations.NewUpCmd(), operations.NewRefreshCmd(),
		operations.NewDestroyCmd(), operations.NewImportCmd(), cancel.NewCancelCmd(ws),
		stack.NewStackCmd(), config.NewConfigCmd(ws), state.NewStateCmd(), plugin.NewPluginCmd(),
		auth.NewLoginCmd(ws, cmdbackend.DefaultLoginManager, env.Global()), auth.NewLogoutCmd(ws),
		whoami.NewWhoAmICmd(ws, cmdbackend.DefaultLoginManager), version.NewVersionCmd(),
	)
	return root
}

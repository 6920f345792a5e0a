package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"

	"github.com/blang/semver"
	"github.com/spf13/pflag"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"

	"github.com/pilot-framework/pilot/pkg/engine/internal/restart"
	"github.com/pilot-framework/pilot/pkg/infra"
)

// Command returns this engine in the form that Pulumi's Automation API drives
// the pulumi command in:
//
//	auto.UpsertStackInlineSource(ctx, stack, project, program, auto.Pulumi(engine.Command()))
//
// The commands and flags that the Automation API uses for inline programs are
// served in this process. Any other is handed to this program started again,
// which needs an import of package pkg/engine/cli; without that it is refused.
//
// Resources of the given providers are served from this process.
func Command(providers ...infra.Provider) auto.PulumiCommand {
	return &command{providers: providers}
}

type command struct {
	providers []infra.Provider
}

// Version is the version of the Pulumi engine in this binary.
func (c *command) Version() semver.Version {
	v, err := semver.ParseTolerant(Version())
	if err != nil {
		return semver.Version{}
	}
	return v
}

// errNotServed says that a command or one of its flags is not served in process.
var errNotServed = errors.New("not served in process")

// Run runs one command. A code other than 0 comes with an error, as from a
// child process; that error wraps the reason.
func (c *command) Run(
	ctx context.Context, workdir string, stdin io.Reader, moreOut, moreErr []io.Writer, env []string, args ...string,
) (string, string, int, error) {
	var stdout, stderr bytes.Buffer
	inv := &invocation{
		ctx:     ctx,
		command: c,
		dir:     workdir,
		env:     newEnviron(env),
		out:     io.MultiWriter(append([]io.Writer{&stdout}, moreOut...)...),
		errOut:  io.MultiWriter(append([]io.Writer{&stderr}, moreErr...)...),
	}
	err := inv.dispatch(args)
	if errors.Is(err, errNotServed) {
		code, err := inv.restart(stdin, args)
		return stdout.String(), stderr.String(), code, err
	}
	if err != nil {
		code := 255
		if ctx.Err() != nil {
			err = errors.Join(err, ctx.Err())
		}
		var told *diagnosticsError
		if !errors.As(err, &told) {
			fmt.Fprintf(inv.errOut, "error: %v\n", err)
		}
		return stdout.String(), stderr.String(), code, &commandError{code: code, err: err}
	}
	return stdout.String(), stderr.String(), 0, nil
}

// commandError reads like a child process's failure.
type commandError struct {
	code int
	err  error
}

func (e *commandError) Error() string { return fmt.Sprintf("exit status %d", e.code) }
func (e *commandError) Unwrap() error { return e.err }

// restart hands the command to this program, started again as the raw command line.
func (inv *invocation) restart(stdin io.Reader, args []string) (int, error) {
	if !restart.Linked {
		err := fmt.Errorf("pulumi %v: %w; import pkg/engine/cli to run it in a second process", args, errNotServed)
		fmt.Fprintf(inv.errOut, "error: %v\n", err)
		return 1, &commandError{code: 1, err: err}
	}
	exe, err := os.Executable()
	if err != nil {
		return -1, fmt.Errorf("find this program: %w", err)
	}
	if !slices.Contains(args, "--non-interactive") {
		args = append([]string{"--non-interactive"}, args...)
	}
	cmd := exec.CommandContext(inv.ctx, exe, args...)
	cmd.Dir = inv.dir
	cmd.Env = append(os.Environ(), "PULUMI_AUTOMATION_API=true", "PULUMI_SKIP_UPDATE_CHECK=true", restart.Marker+"=1")
	for k, v := range inv.env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, inv.out, inv.errOut
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = interruptGrace
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), err
	}
	if err != nil {
		return -1, err
	}
	return 0, nil
}

// dispatch finds the command that args name and runs it.
func (inv *invocation) dispatch(args []string) error {
	if len(args) > 0 && args[0] == "--non-interactive" {
		args = args[1:]
	}
	words := 0
	for words < len(args) && words < 3 && len(args[words]) > 0 && args[words][0] != '-' {
		words++
	}
	// The longest name wins: "stack tag get" before "stack".
	for n := words; n > 0; n-- {
		name := args[0]
		for _, w := range args[1:n] {
			name += " " + w
		}
		if serve, ok := served[name]; ok {
			return serve(inv, args[n:])
		}
	}
	return errNotServed
}

// served holds the commands that run in this process.
var served map[string]func(*invocation, []string) error

func init() {
	served = map[string]func(*invocation, []string) error{
		"stack":          (*invocation).stackShow,
		"stack init":     (*invocation).stackInit,
		"stack select":   (*invocation).stackSelect,
		"stack rm":       (*invocation).stackRemove,
		"stack ls":       (*invocation).stackList,
		"stack output":   (*invocation).stackOutput,
		"stack export":   (*invocation).stackExport,
		"stack import":   (*invocation).stackImport,
		"stack history":  (*invocation).stackHistory,
		"stack rename":   (*invocation).stackRename,
		"stack tag get":  (*invocation).tagGet,
		"stack tag set":  (*invocation).tagSet,
		"stack tag rm":   (*invocation).tagRemove,
		"stack tag ls":   (*invocation).tagList,
		"config":         (*invocation).configAll,
		"config get":     (*invocation).configGet,
		"config set":     (*invocation).configSet,
		"config set-all": (*invocation).configSetAll,
		"config rm":      (*invocation).configRemove,
		"config rm-all":  (*invocation).configRemove,
		"config refresh": (*invocation).configRefresh,
		"whoami":         (*invocation).whoami,
		"cancel":         (*invocation).cancel,
		"preview":        (*invocation).preview,
		"up":             (*invocation).up,
		"refresh":        (*invocation).refresh,
		"destroy":        (*invocation).destroy,
	}
}

// flags is the set of one command; every command of a stack takes its name.
type flags struct {
	*pflag.FlagSet
	stack string
}

func newFlags() *flags {
	f := &flags{FlagSet: pflag.NewFlagSet("", pflag.ContinueOnError)}
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	f.StringVarP(&f.stack, "stack", "s", "", "")
	f.Bool("non-interactive", false, "")
	f.String("color", "", "")
	return f
}

// parse reads args and wants between least and most positional arguments. A
// flag that isn't known means that the command is not served.
func (f *flags) parse(args []string, least, most int) error {
	if err := f.Parse(args); err != nil {
		return fmt.Errorf("%w: %w", errNotServed, err)
	}
	if n := f.NArg(); n < least || most >= 0 && n > most {
		return errNotServed
	}
	return nil
}

package infra

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// StockCLI runs stacks over the ordinary Automation API, with cmd as its
// pulumi command. In-process providers are served on 127.0.0.1 while an
// operation runs.
//
// It has the Automation API's limits: a cancelled context kills the command
// 10 s after it was asked to stop, and Operation.Abort is the same as that.
func StockCLI(cmd auto.PulumiCommand) Engine { return stockEngine{cmd} }

type stockEngine struct{ cmd auto.PulumiCommand }

// Open makes a workspace in a temporary folder that lives until Close.
func (e stockEngine) Open(ctx context.Context, spec EngineSpec) (_ EngineStack, err error) {
	if e.cmd == nil {
		return nil, &FieldError{Field: "pulumi command", Value: "nil", Want: "one from auto.NewPulumiCommand"}
	}
	s := &stockStack{spec: spec}
	if s.dir, err = os.MkdirTemp("", "pilot-stack-"); err != nil {
		return nil, fmt.Errorf("make workspace: %w", err)
	}
	defer func() {
		if err != nil {
			os.RemoveAll(s.dir)
		}
	}()
	env, err := s.environment(ctx)
	if err != nil {
		return nil, err
	}
	work := filepath.Join(s.dir, "work")
	if err := os.Mkdir(work, 0o700); err != nil {
		return nil, fmt.Errorf("make workspace: %w", err)
	}
	opts := []auto.LocalWorkspaceOption{
		auto.Pulumi(e.cmd), auto.WorkDir(work), auto.EnvVars(env),
		auto.Project(workspace.Project{
			Name:    tokens.PackageName(spec.Ref.Project),
			Runtime: workspace.NewProjectRuntimeInfo("go", nil),
			Backend: &workspace.ProjectBackend{URL: spec.State},
		}),
	}
	if spec.Secrets.Provider != "passphrase" {
		opts = append(opts, auto.SecretsProvider(spec.Secrets.Provider))
	}
	s.stack, err = auto.UpsertStackInlineSource(ctx, spec.Ref.Stack, spec.Ref.Project, spec.Program, opts...)
	if err != nil {
		return nil, s.clean(err)
	}
	if len(spec.Config) > 0 {
		if err := s.stack.SetAllConfig(ctx, spec.Config); err != nil {
			return nil, s.clean(err)
		}
	}
	return s, nil
}

type stockStack struct {
	spec  EngineSpec
	dir   string
	mu    sync.Mutex
	stack auto.Stack
}

// environment is what the command needs beyond the caller's own environment.
// The passphrase goes by a file: an environment can be read from outside.
func (s *stockStack) environment(ctx context.Context) (map[string]string, error) {
	env := map[string]string{"PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_BACKEND_URL": s.spec.State}
	if s.spec.Secrets.Provider == "passphrase" && s.spec.Secrets.Passphrase != nil {
		phrase, err := s.spec.Secrets.Passphrase(ctx)
		if err != nil {
			return nil, fmt.Errorf("passphrase: %w", err)
		}
		file := filepath.Join(s.dir, "passphrase")
		if err := os.WriteFile(file, []byte(phrase), 0o600); err != nil {
			return nil, fmt.Errorf("passphrase: %w", err)
		}
		env["PULUMI_CONFIG_PASSPHRASE_FILE"] = file
	}
	if s.spec.PluginDir != "" {
		home := filepath.Join(s.dir, "home")
		if err := os.Mkdir(home, 0o700); err != nil {
			return nil, fmt.Errorf("plugin folder: %w", err)
		}
		if err := os.Symlink(s.spec.PluginDir, filepath.Join(home, "plugins")); err != nil {
			return nil, fmt.Errorf("plugin folder: %w", err)
		}
		env["PULUMI_HOME"] = home
		env["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
		env["PULUMI_IGNORE_AMBIENT_PLUGINS"] = "true"
	}
	return env, nil
}

// Run runs one operation by the command.
func (s *stockStack) Run(ctx context.Context, op Operation) (OperationResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if op.Confirm != nil {
		err := op.Confirm(ctx, func(ctx context.Context, look Operation) error {
			_, err := s.run(ctx, look)
			return err
		})
		if err != nil {
			return OperationResult{}, err
		}
	}
	return s.run(ctx, op)
}

func (s *stockStack) run(ctx context.Context, op Operation) (OperationResult, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if op.Abort != nil {
		go func() {
			select {
			case <-op.Abort:
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	served, err := serveProviders(ctx, s.spec.Providers)
	if err != nil {
		return OperationResult{}, err
	}
	defer served.Close()
	if names := served.String(); names != "" {
		s.stack.Workspace().SetEnvVar("PULUMI_DEBUG_PROVIDERS", names)
		defer s.stack.Workspace().UnsetEnvVar("PULUMI_DEBUG_PROVIDERS")
	}
	f := newEventFeed(op.Events)
	err = s.verb(ctx, op, f)
	lost := f.finish()
	res := OperationResult{Changes: f.changes}
	if err == nil && lost != nil {
		return res, lost
	}
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return res, s.clean(err)
	}
	if op.Verb != VerbPreview && !op.DryRun {
		if res.Outputs, err = s.stack.Outputs(ctx); err != nil {
			return res, s.clean(err)
		}
	}
	return res, nil
}

// Outputs are the outputs of the last update.
func (s *stockStack) Outputs(ctx context.Context) (auto.OutputMap, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out, err := s.stack.Outputs(ctx)
	return out, s.clean(err)
}

// Export returns the state.
func (s *stockStack) Export(ctx context.Context) (apitype.UntypedDeployment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.stack.Export(ctx)
	return d, s.clean(err)
}

// Import replaces the state.
func (s *stockStack) Import(ctx context.Context, state apitype.UntypedDeployment) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clean(s.stack.Import(ctx, state))
}

// History lists past operations, newest first.
func (s *stockStack) History(ctx context.Context, limit int) ([]auto.UpdateSummary, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h, err := s.stack.History(ctx, limit, 1)
	for i := range h {
		// The Automation API hands the message over in quotes, which the
		// command then takes for a part of it.
		if m, err := strconv.Unquote(h[i].Message); err == nil {
			h[i].Message = m
		}
	}
	return h, s.clean(err)
}

// Cancel releases the locks of an operation that is no longer running.
func (s *stockStack) Cancel(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clean(s.stack.Cancel(ctx))
}

// Remove deletes the stack and its history.
func (s *stockStack) Remove(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clean(s.stack.Workspace().RemoveStack(ctx, s.stack.Name()))
}

// Close removes the temporary workspace.
func (s *stockStack) Close() error { return os.RemoveAll(s.dir) }

var lockHolder = regexp.MustCompile(`created by (\S+)@(\S+) \(pid (\d+)\) at (\S+)`)

// clean makes an error of the Automation API fit to be shown: it carries the
// command's whole output otherwise.
func (s *stockStack) clean(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	text := err.Error()
	if auto.IsConcurrentUpdateError(err) || strings.Contains(text, "the stack is currently locked by") {
		held := &LockedError{Stack: s.spec.Ref.String(), Detail: stderrOf(text)}
		if m := lockHolder.FindStringSubmatch(text); m != nil {
			held.User, held.Host = m[1], m[2]
			held.PID, _ = strconv.Atoi(m[3])
			held.Since, _ = time.Parse(time.RFC3339, m[4])
		}
		return held
	}
	if detail := stderrOf(text); detail != "" {
		return errors.New(detail)
	}
	return err
}

// stderrOf takes the command's own words out of the Automation API's error.
func stderrOf(text string) string {
	_, after, ok := strings.Cut(text, "\nstderr: ")
	if !ok {
		return ""
	}
	var lines []string
	for _, l := range strings.Split(after, "\n") {
		l = strings.TrimPrefix(strings.TrimSpace(l), "error: ")
		if l != "" {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, "\n")
}

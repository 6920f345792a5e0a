package engine

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	"github.com/pulumi/pulumi/pkg/v3/backend/display"
	pulumi "github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"github.com/pilot-framework/pilot/pkg/infra"
)

// runFlags are the flags of the commands that run the engine.
type runFlags struct {
	*flags
	client, kind, log, message, file          *string
	yes, skip, previewOnly, noChanges, diff   *bool
	refresh, dependents, excludeDependents    *bool
	suppressOutputs, goOn                     *bool
	targets, excludes, replace, targetReplace *[]string
	parallel                                  *int
}

func newRunFlags() *runFlags {
	f := newFlags()
	r := &runFlags{
		flags:             f,
		client:            f.String("client", "", ""),
		kind:              f.String("exec-kind", "", ""),
		log:               f.String("event-log", "", ""),
		message:           f.StringP("message", "m", "", ""),
		file:              f.String("config-file", "", ""),
		yes:               f.BoolP("yes", "y", false, ""),
		skip:              f.BoolP("skip-preview", "f", false, ""),
		previewOnly:       f.Bool("preview-only", false, ""),
		noChanges:         f.Bool("expect-no-changes", false, ""),
		diff:              f.Bool("diff", false, ""),
		refresh:           f.BoolP("refresh", "r", false, ""),
		dependents:        f.Bool("target-dependents", false, ""),
		excludeDependents: f.Bool("exclude-dependents", false, ""),
		suppressOutputs:   f.Bool("suppress-outputs", false, ""),
		goOn:              f.Bool("continue-on-error", false, ""),
		targets:           f.StringArrayP("target", "t", nil, ""),
		excludes:          f.StringArray("exclude", nil, ""),
		replace:           f.StringArray("replace", nil, ""),
		targetReplace:     f.StringArray("target-replace", nil, ""),
		parallel:          f.IntP("parallel", "p", 0, ""),
	}
	f.String("exec-agent", "", "")
	f.Bool("suppress-progress", false, "")
	f.Bool("suppress-permalink", false, "")
	f.Bool("run-program", false, "")
	return r
}

func (inv *invocation) preview(args []string) error { return inv.run(infra.VerbPreview, args) }
func (inv *invocation) up(args []string) error      { return inv.run(infra.VerbUp, args) }
func (inv *invocation) refresh(args []string) error { return inv.run(infra.VerbRefresh, args) }
func (inv *invocation) destroy(args []string) error { return inv.run(infra.VerbDestroy, args) }

// cancel releases the stack's locks.
func (inv *invocation) cancel(args []string) error {
	f := newFlags()
	yes := f.BoolP("yes", "y", false, "")
	if err := f.parse(args, 0, 0); err != nil || !*yes {
		return errors.Join(err, errNotServed)
	}
	s, err := inv.selectStack(f.stack)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Cancel(inv.ctx); err != nil {
		return err
	}
	_, err = fmt.Fprintf(inv.out, "The currently running update for '%s' has been canceled!\n", f.stack)
	return err
}

// programless says that an operation works from the state alone.
func programless(verb infra.Verb, f *runFlags) bool {
	on, err := strconv.ParseBool(f.Lookup("run-program").Value.String())
	return (verb == infra.VerbRefresh || verb == infra.VerbDestroy) && (err != nil || !on)
}

// run runs one operation of an inline program, which waits at --client.
func (inv *invocation) run(verb infra.Verb, args []string) error {
	f := newRunFlags()
	if err := f.parse(args, 0, 0); err != nil {
		return err
	}
	dry := verb == infra.VerbPreview || *f.previewOnly
	switch {
	case !dry && !(*f.yes && *f.skip):
		return fmt.Errorf("%w: an operation that asks", errNotServed)
	case *f.client == "" && !programless(verb, f):
		return fmt.Errorf("%w: a program that is not inline", errNotServed)
	case *f.previewOnly && verb == infra.VerbUp:
		verb = infra.VerbPreview
	}
	s, err := inv.selectStack(f.stack)
	if err != nil {
		return err
	}
	defer s.Close()
	if *f.client != "" {
		project := *s.project
		project.Runtime = workspace.NewProjectRuntimeInfo("client", map[string]any{"address": *f.client})
		s.project = &project
	}
	if *f.file != "" {
		s.settings = func(ctx context.Context, state secrets.Manager) (settings, error) {
			return inv.fileSettings(ctx, s, state, *f.file)
		}
	}
	message := *f.message
	if text, err := strconv.Unquote(message); err == nil && strings.HasPrefix(message, `"`) {
		message = text // the Automation API quotes it
	}
	r := &run{
		stack:    s,
		execKind: *f.kind,
		op: infra.Operation{
			Verb:             verb,
			DryRun:           dry,
			Refresh:          *f.refresh,
			Targets:          append(*f.targets, *f.targetReplace...),
			TargetDependents: *f.dependents,
			Replace:          append(*f.replace, *f.targetReplace...),
			Parallel:         *f.parallel,
			Message:          message,
		},
		tune: func(o *pulumi.UpdateOptions) {
			o.Excludes = deploy.NewUrnTargets(*f.excludes)
			o.ExcludeDependents = *f.excludeDependents
			o.ContinueOnError = *f.goOn
			if !programless(verb, f) {
				o.RefreshProgram = verb == infra.VerbRefresh
				o.DestroyProgram = verb == infra.VerbDestroy
			}
			if *f.kind != "" {
				o.ExecKind = *f.kind
			}
		},
	}
	return inv.show(r, f)
}

// show runs r with the display of the pulumi command.
func (inv *invocation) show(r *run, f *runFlags) error {
	dry := r.op.DryRun || r.op.Verb == infra.VerbPreview
	kind := kinds[r.op.Verb]
	opts := display.Options{
		Color:             colors.Never,
		Stdout:            inv.out,
		Stderr:            inv.errOut,
		EventLogPath:      *f.log,
		SuppressOutputs:   *f.suppressOutputs,
		SuppressPermalink: true,
		// The spinner would write to the process's own standard output.
		SuppressProgress: true,
	}
	if *f.diff {
		opts.Type = display.DisplayDiff
	}
	events, done := make(chan pulumi.Event), make(chan bool)
	go display.ShowEvents(strings.ToLower(backend.ActionLabel(kind, dry)), kind,
		tokens.MustParseStackName(r.stack.spec.Ref.Stack), r.stack.project.Name, "", events, done, opts, dry)
	r.tap = func(e pulumi.Event) { events <- e }
	err := r.all(inv.ctx)
	<-done
	close(events)
	if err == nil && *f.noChanges {
		for op, n := range r.changes {
			if op != "same" && op != "read" && n > 0 {
				return errors.New("no changes were expected but changes occurred")
			}
		}
	}
	return err
}

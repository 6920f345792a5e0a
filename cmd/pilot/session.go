package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/pilot-framework/pilot/internal/home"
	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/infra/cloudsim"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/urfave/cli/v2"
)

// projectName is the Pulumi project that all of Pilot's stacks belong to.
const projectName = "pilot"

// session is where one command reads from and writes to.
type session struct {
	in, out, errOut *os.File
}

// writeJSON prints v on standard output, where nothing else goes.
func (s *session) writeJSON(v any) error {
	enc := json.NewEncoder(s.out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// reportIfAsked prints a command's report where --json asks for it.
func (s *session) reportIfAsked(c *cli.Context, report any) error {
	if !c.Bool("json") {
		return nil
	}
	return s.writeJSON(report)
}

// say prints a line for people: on standard output, or on standard error
// where that belongs to JSON.
func (s *session) say(c *cli.Context, format string, args ...any) {
	fmt.Fprintf(s.words(c), format+"\n", args...)
}

func (s *session) words(c *cli.Context) *os.File {
	if c.Bool("json") {
		return s.errOut
	}
	return s.out
}

// confirm asks before something is changed. Without a terminal, --yes is the
// only way to say yes.
func (s *session) confirm(c *cli.Context, question string) error {
	if c.Bool("yes") {
		return nil
	}
	ok, err := terminal.Confirm(s.in, s.words(c), question)
	if err != nil {
		return usagef("nobody is here to answer %q; say --yes to go on without being asked", question)
	}
	if !ok {
		return &exitError{exitFailure, errors.New("nothing was changed")}
	}
	return nil
}

// opened is a stack together with what was read to open it.
type opened struct {
	*spec
	*infra.Stack
	home      *home.Home
	progress  *relay
	log       *runLog
	simulated *cloudsim.Sim
}

// Close frees the stack and, where there is one, the simulated cloud.
func (o *opened) Close() error {
	err := o.Stack.Close()
	o.log.close()
	if o.simulated != nil {
		err = errors.Join(err, o.simulated.Close())
	}
	return err
}

// header is what written diffs say about the stack.
func (o *opened) header() infra.Header {
	return infra.Header{Stack: o.spec.Stack, Target: o.Target.Name, Simulated: o.simulated != nil}
}

// open reads the spec and opens its stack.
func (s *session) open(c *cli.Context, more ...infra.Option) (*opened, error) {
	sp, err := loadSpec(c)
	if err != nil {
		return nil, err
	}
	return s.openSpec(c, sp, more...)
}

// openSpec opens the stack of a spec.
func (s *session) openSpec(c *cli.Context, sp *spec, more ...infra.Option) (*opened, error) {
	h, err := home.Open()
	if err != nil {
		return nil, err
	}
	o := &opened{spec: sp, home: h, progress: &relay{}, log: &runLog{home: h, stack: sp.Stack}}
	opts := append(more[:len(more):len(more)],
		infra.WithEngine(engine.New()),
		infra.WithConfig(sp.Platform.Config()),
		infra.WithProgress(o.progress.event),
		infra.WithRawEvents(o.log.event),
		infra.WithSecrets(infra.Secrets{
			Provider: c.String("secrets"), Passphrase: func(context.Context) (string, error) { return h.Passphrase() },
			KeyDir: h.KeyDir(),
		}),
	)
	if abort := abortOf(c.Context); abort != nil {
		opts = append(opts, infra.WithAbortOfAll(abort))
	}
	if f, ok := sp.Platform.(stacks.Finding); ok {
		for pkg, find := range f.Finders() {
			opts = append(opts, infra.WithFinder(pkg, find))
		}
	}
	for _, p := range sp.Platform.Providers() {
		opts = append(opts, infra.WithProvider(p))
	}
	if c.Bool("offline") {
		s.say(c, "simulated: no cloud is asked, nothing real is made")
		if o.simulated, err = cloudsim.Open(h.SimulatedCloud(), simulatedLatency()...); err != nil {
			return nil, err
		}
		opts = append(opts, infra.WithProvider(o.simulated.AWS()), infra.WithProvider(o.simulated.GCP()))
	}
	state := c.String("state")
	if state == "" {
		if state, err = h.StateURL(o.simulated != nil); err != nil {
			return nil, err
		}
	}
	opts = append(opts, infra.WithState(state))
	if wait := c.Duration("wait-for-lock"); wait > 0 {
		opts = append(opts, infra.WithLockWait(wait, nil))
	}
	dir, err := pluginDir(c, h, sp.Platform)
	if err != nil {
		return nil, err
	}
	if dir != "" {
		opts = append(opts, infra.WithPluginDir(dir))
	}
	o.Stack, err = infra.Open(c.Context, infra.Ref{Project: projectName, Stack: sp.Stack}, sp.Platform.Program(), opts...)
	var field *infra.FieldError
	if errors.As(err, &field) {
		return nil, usage(err)
	}
	if err != nil {
		return nil, err
	}
	return o, nil
}

// outputs are the typed outputs of the last apply.
func (o *opened) outputs(ctx context.Context) (stacks.Outputs, error) {
	m, err := o.Outputs(ctx)
	if err != nil {
		return stacks.Outputs{}, err
	}
	return stacks.ParseOutputs(m), nil
}

// run does work while events are shown as progress. The plugins that it needs
// are fetched first.
func (s *session) run(c *cli.Context, o *opened, work func() error) error {
	if err := s.ensurePlugins(c, o); err != nil {
		return err
	}
	p := terminal.NewProgress(s.words(c))
	o.progress.to(p)
	err := work()
	o.progress.to(nil)
	p.Close()
	if file := o.log.path(); err != nil && file != "" {
		err = fmt.Errorf("%w\nall that the engine said is in %s", err, file)
	}
	return err
}

// counted is a number with its noun: 1 change, 2 changes.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/pilot-framework/pilot/internal/home"
	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/urfave/cli/v2"
)

func stackCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "stack",
		Usage: "look at the stack's history, and save or replace its state",
		Subcommands: []*cli.Command{
			{
				Name: "history", Usage: "list what was done to the stack, the newest first",
				Flags:  platformFlags(jsonFlag, &cli.IntFlag{Name: "limit", Value: 20, Usage: "list no more than this; 0 lists all"}),
				Action: s.stackHistory,
			},
			{
				Name: "export", Usage: "write the state as Pulumi's own deployment, secrets encrypted",
				Flags:  platformFlags(jsonFlag, &cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write to this file instead of standard output", TakesFile: true}),
				Action: s.stackExport,
			},
			{
				Name: "import", Usage: "replace the state by one that export, or any Pulumi tool, wrote",
				ArgsUsage: "FILE|-",
				Flags:     platformFlags(jsonFlag, yesFlag),
				Action:    s.stackImport,
			},
		},
	}
}

// pastUpdate is one entry of "stack history --json".
type pastUpdate struct {
	// Version counts up from 1 in backends that number updates.
	Version int `json:"version,omitempty"`
	// Kind is update, refresh, destroy or import.
	Kind string `json:"kind"`
	// Result is succeeded, failed or in-progress.
	Result string `json:"result"`
	// Started and Ended are RFC 3339 times.
	Started string `json:"started"`
	Ended   string `json:"ended,omitempty"`
	Message string `json:"message,omitempty"`
	// Changes counts resources, components among them, by what was done.
	Changes map[string]int `json:"changes"`
}

func (s *session) stackHistory(c *cli.Context) error {
	o, err := s.open(c)
	if err != nil {
		return err
	}
	defer o.Close()
	if c.Int("limit") < 0 {
		return usagef("--limit %d: want 0 (all) or more", c.Int("limit"))
	}
	done, err := o.History(c.Context, c.Int("limit"))
	if err != nil {
		return err
	}
	updates := make([]pastUpdate, 0, len(done))
	for _, d := range done {
		updates = append(updates, updateOf(d))
	}
	if c.Bool("json") {
		return s.writeJSON(updates)
	}
	rows := make([][]string, 0, len(updates))
	for _, u := range updates {
		rows = append(rows, []string{u.Started, u.Kind, u.Result, u.took(), u.changes()})
	}
	terminal.Table(s.out, []string{"started", "kind", "result", "took", "changes"}, rows)
	return nil
}

func updateOf(d auto.UpdateSummary) pastUpdate {
	u := pastUpdate{Version: d.Version, Kind: d.Kind, Result: d.Result, Started: d.StartTime, Message: d.Message, Changes: map[string]int{}}
	if d.EndTime != nil {
		u.Ended = *d.EndTime
	}
	if d.ResourceChanges != nil {
		u.Changes = *d.ResourceChanges
	}
	return u
}

// took is how long an update took; empty when that is not known.
func (u pastUpdate) took() string {
	start, err := time.Parse(time.RFC3339, u.Started)
	if err != nil {
		return ""
	}
	end, err := time.Parse(time.RFC3339, u.Ended)
	if err != nil {
		return ""
	}
	return terminal.Elapsed(end.Sub(start))
}

// changes tells the counts of what was done, "same" aside.
func (u pastUpdate) changes() string {
	var parts []string
	for op, n := range u.Changes {
		if op != "same" && n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, op))
		}
	}
	sort.Strings(parts)
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

func (s *session) stackExport(c *cli.Context) error {
	o, err := s.open(c)
	if err != nil {
		return err
	}
	defer o.Close()
	state, err := o.Export(c.Context)
	if err != nil {
		return err
	}
	file := c.String("output")
	if file == "" {
		return s.writeJSON(state)
	}
	text, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		return err
	}
	if err := home.WriteFile(file, append(text, '\n')); err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	if c.Bool("json") {
		return s.writeJSON(map[string]string{"file": file})
	}
	s.say(c, "state written to %s; its secrets are encrypted", file)
	return nil
}

func (s *session) stackImport(c *cli.Context) error {
	if c.NArg() != 1 {
		return usagef("want one file that pilot stack export wrote, or - for standard input")
	}
	state, err := s.readState(c.Args().First())
	if err != nil {
		return usage(err)
	}
	o, err := s.open(c)
	if err != nil {
		return err
	}
	defer o.Close()
	if err := s.confirm(c, "Replace the state of "+o.spec.Stack+"? Nothing real is touched."); err != nil {
		return err
	}
	if err := o.ImportState(c.Context, state); err != nil {
		return err
	}
	if c.Bool("json") {
		return s.writeJSON(map[string]string{"stack": o.spec.Stack})
	}
	s.say(c, "state replaced; pilot drift tells where the real resources differ from it")
	return nil
}

// maxState is a bound on what is read as a state: 100,000 resources are below it.
const maxState = 1 << 30

func (s *session) readState(file string) (state apitype.UntypedDeployment, err error) {
	in := s.in
	if file != "-" {
		if in, err = os.Open(file); err != nil {
			return state, err
		}
		defer in.Close()
	}
	text, err := io.ReadAll(io.LimitReader(in, maxState))
	if err != nil {
		return state, fmt.Errorf("read %s: %w", file, err)
	}
	if err := json.Unmarshal(text, &state); err != nil {
		return state, fmt.Errorf("%s is no state: %w", file, err)
	}
	if len(state.Deployment) == 0 {
		return state, fmt.Errorf("%s is no state: it has no deployment", file)
	}
	return state, nil
}

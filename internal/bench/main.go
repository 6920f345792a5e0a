// Command bench measures what Pilot promises to be fast at, and compares the
// engine inside the process with Pulumi's Automation API driving the stock
// pulumi command of the same version. The two sides of a pair run in turn,
// each in a fresh process, on the same program, the same kind of state and the
// same simulated cloud; medians are compared.
//
// It prints tables, and one line for each result for other programs to read:
//
//	RESULT noop-aws wall=0.10 cpu=0.09 mem=0.62 goal=0.12
//
// Where there is nothing to compare with, the fields are the measured values
// in the goal's unit, which the table names.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/pilot-framework/pilot/pkg/engine"
)

func main() {
	var (
		b     bench
		quick = flag.Bool("quick", false, "3 runs of each side, and 10 stacks at once instead of 50")
		only  = flag.String("only", "", "names of the benchmarks to run, with commas between them; empty is all")
		doc   = flag.String("doc", "", "Markdown file to write the results to; a plot goes beside it")
		side  = flag.String("side", "", "run one side once (used by the command itself)")
		w     work
		// For looking into one side by hand.
		profile = flag.String("cpuprofile", "", "file for a profile of -side ours")
	)
	flag.IntVar(&b.runs, "runs", 7, "how often each side runs")
	flag.IntVar(&b.fleet, "stacks", 50, "how many stacks are worked on at once")
	flag.StringVar(&b.stock, "stock", "", "the stock pulumi command; built if empty")
	flag.StringVar(&b.pilot, "pilot", "bin/pilot", "the pilot command")
	flag.StringVar(&w.dir, "dir", "", "the side's folder (used by the command itself)")
	flag.StringVar(&w.what, "work", "", "the side's work (used by the command itself)")
	flag.IntVar(&w.n, "n", 1, "how many resources or stacks (used by the command itself)")
	flag.Parse()
	if *quick {
		b.runs, b.fleet = 3, 10
	}
	w.stock = b.stock
	var err error
	switch *side {
	case "":
		err = b.run(*only, *doc)
	case "ours":
		err = profiled(*profile, func() error { return w.ours(context.Background()) })
	case "stock":
		err = w.theirs(context.Background())
	default:
		err = errors.New("-side: want ours or stock")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one run of the whole.
type bench struct {
	runs, fleet  int
	stock, pilot string
	dir          string
	results      []result
}

func (b *bench) run(only, doc string) (err error) {
	if b.runs < 1 || b.fleet < 2 {
		return errors.New("-runs: want at least 1; -stacks: want at least 2")
	}
	if b.stock == "" {
		if b.stock, err = buildStock(); err != nil {
			return err
		}
	}
	for _, file := range []*string{&b.stock, &b.pilot} {
		if *file, err = filepath.Abs(*file); err != nil {
			return err
		}
		if _, err := os.Stat(*file); err != nil {
			return fmt.Errorf("%w: make build first", err)
		}
	}
	if b.dir, err = os.MkdirTemp("", "bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	wanted := func(string) bool { return true }
	if only != "" {
		names := strings.Split(only, ",")
		wanted = func(name string) bool {
			for _, n := range names {
				if n == name {
					return true
				}
			}
			return false
		}
	}
	ran := false
	var failed []error
	for _, m := range benchmarks {
		if !wanted(m.name) {
			continue
		}
		ran = true
		fmt.Fprintf(os.Stderr, "%s ...\n", m.name)
		found, err := m.run(b)
		if err != nil {
			// What the others found is worth having all the same.
			failed = append(failed, fmt.Errorf("%s: %w", m.name, err))
		}
		for _, r := range found {
			r.print(os.Stdout)
		}
		b.results = append(b.results, found...)
	}
	if !ran {
		return fmt.Errorf("-only %q: want some of %s", only, strings.Join(names(), ", "))
	}
	if doc != "" {
		failed = append(failed, b.write(doc))
	}
	return errors.Join(failed...)
}

// buildStock builds the stock command of the engine's version once and keeps
// it in the user's cache.
func buildStock() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	version := engine.Version()
	out := filepath.Join(cache, "pilot", "bench", "pulumi-"+version)
	if _, err := os.Stat(out); err == nil {
		return out, nil
	}
	module, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	cmd := exec.Command("go", "build", "-o", out, "-ldflags",
		"-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version="+version,
		"github.com/pulumi/pulumi/pkg/v3/cmd/pulumi")
	cmd.Dir = filepath.Join(filepath.Dir(string(module)), "tools", "pulumi")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("build the stock command: %w", err)
	}
	return out, nil
}

// Command noop measures what an operation without changes costs: select,
// preview and up of a stack of 40 resources that is up to date, in a fresh
// process each time. It compares the engine of package engine with Pulumi's
// Automation API driving the stock pulumi command of the same version.
//
// It prints a table, and one line for other programs to read:
//
//	RESULT noop40 wall=0.13 cpu=0.12 mem=0.71 goal=0.2
//
// The stock command is built from its module (tools/pulumi) unless -stock
// names one.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/pilot-framework/pilot/pkg/engine"
)

const (
	resources = 40
	goal      = 0.2
)

func main() {
	var (
		runs  = flag.Int("runs", 7, "how often each side runs; the medians are compared")
		stock = flag.String("stock", "", "the stock pulumi command; built if empty")
		side  = flag.String("side", "", "run one side once: ours or stock (used by the command itself)")
		dir   = flag.String("dir", "", "the side's folder (used by the command itself)")
	)
	flag.Parse()
	err := errors.New("-side: want ours or stock")
	switch *side {
	case "":
		err = compare(*runs, *stock)
	case "ours":
		err = ours(context.Background(), *dir)
	case "stock":
		err = theirs(context.Background(), *dir, *stock)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// usage is what one run of one side took.
type usage struct {
	wall, cpu time.Duration
	mem       int64 // the largest process's peak, in KiB
}

func compare(runs int, stock string) error {
	if stock == "" {
		var err error
		if stock, err = buildStock(); err != nil {
			return err
		}
	}
	stock, err := filepath.Abs(stock)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "bench-noop-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	sides := []string{"ours", "stock"}
	taken := map[string][]usage{}
	for i := range runs + 1 {
		for _, side := range sides {
			dir := filepath.Join(work, side)
			if err := os.MkdirAll(dir, 0o700); err != nil {
				return err
			}
			u, err := measure(side, dir, stock)
			if err != nil {
				return err
			}
			if i > 0 { // the first one makes the resources
				taken[side] = append(taken[side], u)
			}
		}
	}
	report(runs, median(taken["ours"]), median(taken["stock"]))
	return nil
}

func measure(side, dir, stock string) (usage, error) {
	exe, err := os.Executable()
	if err != nil {
		return usage{}, err
	}
	cmd := exec.Command(exe, "-side", side, "-dir", dir, "-stock", stock)
	cmd.Stderr = os.Stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return usage{}, fmt.Errorf("side %s: %w", side, err)
	}
	u := usage{wall: time.Since(start), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.mem = r.Maxrss
	}
	return u, nil
}

func median(all []usage) usage {
	pick := func(of func(usage) int64) int64 {
		var list []int64
		for _, u := range all {
			list = append(list, of(u))
		}
		slices.Sort(list)
		return list[len(list)/2]
	}
	return usage{
		wall: time.Duration(pick(func(u usage) int64 { return int64(u.wall) })),
		cpu:  time.Duration(pick(func(u usage) int64 { return int64(u.cpu) })),
		mem:  pick(func(u usage) int64 { return u.mem }),
	}
}

func report(runs int, ours, stock usage) {
	ratio := func(a, b int64) float64 { return float64(a) / float64(b) }
	wall := ratio(int64(ours.wall), int64(stock.wall))
	cpu := ratio(int64(ours.cpu), int64(stock.cpu))
	mem := ratio(ours.mem, stock.mem)
	fmt.Printf("select, preview and up without changes, %d resources, medians of %d runs in turn\n", resources, runs)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\tengine in process\tAutomation API + pulumi command\tratio")
	fmt.Fprintf(w, "wall\t%.3f s\t%.3f s\t%.2f\n", ours.wall.Seconds(), stock.wall.Seconds(), wall)
	fmt.Fprintf(w, "cpu\t%.3f s\t%.3f s\t%.2f\n", ours.cpu.Seconds(), stock.cpu.Seconds(), cpu)
	fmt.Fprintf(w, "peak memory\t%d MiB\t%d MiB\t%.2f\n", ours.mem>>10, stock.mem>>10, mem)
	w.Flush()
	fmt.Printf("RESULT noop%d wall=%.2f cpu=%.2f mem=%.2f goal=%.1f\n", resources, wall, cpu, mem, goal)
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

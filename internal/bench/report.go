package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/pilot-framework/pilot/pkg/engine"
)

// result is one measured thing. Fields that are zero do not apply.
type result struct {
	name, title   string
	unit          string // of wall, cpu, mem and goal
	wall, cpu     float64
	mem           float64
	goal, memGoal float64
	judged        string // the field that the goal is for; wall and cpu if empty
	ours, stock   *usage
	runs          int
	notes         []string
}

// print writes the table and the line for programs.
func (r result) print(w io.Writer) {
	fmt.Fprintf(w, "\n%s, median of %d\n", r.title, r.runs)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	switch {
	case r.stock != nil:
		fmt.Fprintln(t, "\tengine in process\tAutomation API + pulumi command\tratio")
		fmt.Fprintf(t, "wall\t%.3f s\t%.3f s\t%.2f\n", r.ours.wall.Seconds(), r.stock.wall.Seconds(), r.wall)
		fmt.Fprintf(t, "cpu\t%.3f s\t%.3f s\t%.2f\n", r.ours.cpu.Seconds(), r.stock.cpu.Seconds(), r.cpu)
		for _, m := range []struct {
			name        string
			ours, stock int64
		}{
			{"peak memory of all its processes", r.ours.mem.all, r.stock.mem.all},
			{"  of its largest process", r.ours.mem.largest, r.stock.mem.largest},
			{"  of all, not mapped from a file", r.ours.mem.private, r.stock.mem.private},
		} {
			fmt.Fprintf(t, "%s\t%d MiB\t%d MiB\t%.2f\n", m.name, m.ours>>10, m.stock>>10, float64(m.ours)/float64(m.stock))
		}
	case r.ours != nil:
		fmt.Fprintf(t, "wall\t%.3f s\ncpu\t%.3f s\n", r.ours.wall.Seconds(), r.ours.cpu.Seconds())
		if r.ours.mem.all > 0 { // else it was over before it could be looked at
			fmt.Fprintf(t, "peak memory\t%d MiB, of it %d MiB not mapped from a file\n", r.ours.mem.all>>10, r.ours.mem.private>>10)
		}
	}
	t.Flush()
	for _, n := range r.notes {
		fmt.Fprintln(w, "  "+n)
	}
	fmt.Fprintln(w, r.line())
}

func (r result) line() string {
	s := "RESULT " + r.name
	for _, f := range []struct {
		name  string
		value float64
	}{{"wall", r.wall}, {"cpu", r.cpu}, {"mem", r.mem}} {
		if f.value != 0 {
			s += fmt.Sprintf(" %s=%.2f", f.name, f.value)
		}
	}
	if r.goal != 0 {
		s += fmt.Sprintf(" goal=%g", r.goal)
	}
	return s
}

// met says whether every bound is kept.
func (r result) met() bool {
	if r.memGoal != 0 && r.mem > r.memGoal {
		return false
	}
	switch r.judged {
	case "wall":
		return r.wall <= r.goal
	case "cpu":
		return r.cpu <= r.goal
	case "mem":
		return r.mem <= r.goal
	}
	return r.wall <= r.goal && r.cpu <= r.goal
}

// value is what the goal is compared with.
func (r result) value() float64 {
	switch r.judged {
	case "cpu":
		return r.cpu
	case "mem":
		return r.mem
	}
	return r.wall
}

// write puts the results into a Markdown file and a plot beside it.
func (b *bench) write(doc string) error {
	plot := strings.TrimSuffix(doc, filepath.Ext(doc)) + ".svg"
	var out bytes.Buffer
	fmt.Fprintf(&out, "# Benchmarks\n\nWritten by `make bench`. Both sides of a pair run in turn, each in a fresh process, on the same\nprogram, the same kind of state and the same simulated cloud; the 50 stock runs of `fleet` come after ours. Medians.\n\n")
	fmt.Fprintf(&out, "- machine: %s\n- date: %s\n- command: `go run ./internal/bench -runs %d -stacks %d -doc %s`\n- stock side: the Automation API with the pulumi command %s, built from its module\n\n",
		machine(), time.Now().UTC().Format("2006-01-02 15:04 MST"), b.runs, b.fleet, doc, engine.Version())
	fmt.Fprintf(&out, "![Results against their goals](%s)\n\n", filepath.Base(plot))
	fmt.Fprintf(&out, "| result | what | wall | cpu | memory | unit | goal | met |\n|---|---|---|---|---|---|---|---|\n")
	cell := func(v float64) string {
		if v == 0 {
			return ""
		}
		return fmt.Sprintf("%.2f", v)
	}
	for _, r := range b.results {
		goal, met := "", ""
		if r.goal != 0 {
			goal, met = fmt.Sprintf("%g", r.goal), "no"
			if r.met() {
				met = "yes"
			}
			if r.memGoal != 0 {
				goal += fmt.Sprintf(", memory %g", r.memGoal)
			}
		}
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", r.name, r.title, cell(r.wall), cell(r.cpu), cell(r.mem), r.unit, goal, met)
	}
	out.WriteString(reading)
	fmt.Fprint(&out, "\nThe tables and lines in full:\n\n```\n")
	for _, r := range b.results {
		r.print(&out)
	}
	fmt.Fprint(&out, "```\n")
	if err := os.WriteFile(doc, out.Bytes(), 0o644); err != nil { //nolint:gosec // a page for everybody
		return err
	}
	return os.WriteFile(plot, drawing(b.results), 0o644) //nolint:gosec // a picture for everybody
}

// machine says where the results are from, and how busy it was.
func machine() string {
	model := "unknown processor"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(info)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	} else if name, err := exec.Command("sysctl", "-n", "machdep.cpu.brand_string").Output(); err == nil {
		model = strings.TrimSpace(string(name))
	}
	text := fmt.Sprintf("%s, %d processors, %s/%s, %s", model, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		text += ", load average at the end " + strings.Join(strings.Fields(string(load))[:2], " ")
	}
	return text
}

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// benchmark is one promise; it may have several results.
type benchmark struct {
	name string
	run  func(*bench) ([]result, error)
}

var benchmarks = []benchmark{
	{"noop-40", func(b *bench) ([]result, error) {
		return b.compared("noop-40", "select, preview and up without changes, 40 resources", work{what: "things", n: 40}, false, 0.12, 0.7)
	}},
	{"noop-aws", func(b *bench) ([]result, error) {
		return b.compared("noop-aws", "select, preview and up without changes, the AWS platform", work{what: "aws"}, false, 0.12, 0.7)
	}},
	{"setup-aws", func(b *bench) ([]result, error) {
		return b.compared("setup-aws", "first setup of the AWS platform, a cloud without latency", work{what: "aws"}, true, 0.3, 0)
	}},
	{"fleet", fleet},
	{"scale", scale},
	{"state", state},
	{"queue", queues},
	{"cold-preview", coldPreviews},
	{"start", starts},
	{"binary", binary},
	{"up", appUp},
}

func names() []string {
	list := make([]string, 0, len(benchmarks))
	for _, m := range benchmarks {
		list = append(list, m.name)
	}
	return list
}

// compared runs both sides of some work.
func (b *bench) compared(name, title string, w work, fresh bool, goal, memGoal float64) ([]result, error) {
	ours, stock, err := b.pair(name, w, fresh)
	if err != nil {
		return nil, err
	}
	r := result{name: name, title: title, unit: "times stock", goal: goal, memGoal: memGoal, ours: &ours, stock: &stock, runs: b.runs}
	r.wall = ratio(ours.wall, stock.wall)
	r.cpu = ratio(ours.cpu, stock.cpu)
	r.mem = float64(ours.mem.all) / float64(stock.mem.all)
	return []result{r}, nil
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

// fleet compares many stacks at once in one process with as many runs of the
// stock side, and tells how much memory each further stack takes.
func fleet(b *bench) ([]result, error) {
	at := func(n int) (usage, error) {
		w := work{what: "fleet", n: n, dir: filepath.Join(b.dir, fmt.Sprintf("fleet%d", n))}
		if _, err := b.side("ours", w); err != nil { // makes the resources
			return usage{}, err
		}
		var taken []usage
		for range min(b.runs, 3) {
			u, err := b.side("ours", w)
			if err != nil {
				return u, err
			}
			taken = append(taken, u)
		}
		return median(taken), nil
	}
	one, err := at(1)
	if err != nil {
		return nil, err
	}
	all, err := at(b.fleet)
	if err != nil {
		return nil, err
	}
	w := work{what: "aws", dir: filepath.Join(b.dir, "fleet-stock")}
	var stock usage
	for i := range b.fleet + 1 {
		u, err := b.side("stock", w)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			stock.wall, stock.cpu = stock.wall+u.wall, stock.cpu+u.cpu
			stock.mem.all = max(stock.mem.all, u.mem.all)
			stock.mem.largest, stock.mem.private = max(stock.mem.largest, u.mem.largest), max(stock.mem.private, u.mem.private)
		}
	}
	growth := float64(all.mem.all-one.mem.all) / 1024 / float64(b.fleet-1)
	return []result{
		{
			name: "fleet", title: fmt.Sprintf("%d AWS platforms at once, without changes, against %d stock runs one after the other", b.fleet, b.fleet),
			unit: "times stock", goal: 0.15, wall: ratio(all.wall, stock.wall), cpu: ratio(all.cpu, stock.cpu),
			ours: &all, stock: &stock, runs: min(b.runs, 3), judged: "cpu",
		},
		{name: "fleet-memory", title: "peak memory that each further stack takes, with " + fleetCollector, unit: "MiB", goal: 5, mem: growth, judged: "mem", runs: min(b.runs, 3)},
	}, nil
}

// scale makes stacks of growing size.
func scale(b *bench) ([]result, error) {
	sizes := []int{1, 30, 100, 300, 1000}
	took := map[int]usage{}
	for _, n := range sizes {
		u, err := b.alone(fmt.Sprintf("scale%d-", n), work{what: "things", n: n})
		if err != nil {
			return nil, err
		}
		took[n] = u
	}
	var out []result
	for _, n := range sizes[1:] {
		u := took[n]
		r := result{name: fmt.Sprintf("scale-%d", n), title: fmt.Sprintf("first setup of %d resources", n), unit: "s", wall: u.wall.Seconds(), ours: &u, runs: b.runs}
		if n == 1000 {
			r.goal = 1.5
		}
		out = append(out, r)
	}
	// What a resource takes beyond what the process takes anyway. Of 30
	// resources that is a few milliseconds, which waits on a busy disk would hide.
	each := func(n int) float64 { return (took[n].cpu - took[1].cpu).Seconds() / float64(n-1) }
	return append(out, result{
		name: "scale-growth", title: "processor time for each resource, 1,000 against 30, less that of a stack of 1",
		unit: "times", goal: 1.5, cpu: each(1000) / each(30), runs: b.runs, judged: "cpu",
	}), nil
}

// command measures the pilot command itself.
func (b *bench) command(runs int, home func(i int) string, args ...string) (usage, error) {
	var taken []usage
	for i := range runs + 1 {
		cmd := exec.Command(b.pilot, args...)
		dir := home(i)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return usage{}, err
		}
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PILOT_HOME="+dir, "PULUMI_HOME="+dir, "NO_COLOR=1")
		u, err := measure(cmd)
		if err != nil {
			return u, err
		}
		if i > 0 { // the first one brings the binary into the page cache
			taken = append(taken, u)
		}
	}
	return median(taken), nil
}

// coldPreviews previews in a home that has never seen Pilot.
func coldPreviews(b *bench) ([]result, error) {
	var out []result
	for _, cloud := range []string{"aws", "gcp"} {
		u, err := b.command(b.runs, func(i int) string { return filepath.Join(b.dir, fmt.Sprint("cold-", cloud, i)) },
			"preview", "--"+cloud, "--offline")
		if err != nil {
			return nil, err
		}
		out = append(out, result{
			name: "cold-preview-" + cloud, title: "pilot preview --" + cloud + " --offline in an empty home",
			unit: "s", goal: 0.6, wall: u.wall.Seconds(), cpu: u.cpu.Seconds(), ours: &u, runs: b.runs, judged: "wall",
		})
	}
	return out, nil
}

func starts(b *bench) ([]result, error) {
	var out []result
	for _, c := range []struct {
		name string
		goal float64
		args []string
	}{
		{"version", 40, []string{"version"}},
		{"help", 40, []string{"--help"}},
		{"completion", 50, []string{"completion", "bash"}},
	} {
		u, err := b.command(3*b.runs, func(int) string { return filepath.Join(b.dir, "start") }, c.args...)
		if err != nil {
			return nil, err
		}
		out = append(out, result{
			name: "start-" + c.name, title: "pilot " + strings.Join(c.args, " "), unit: "ms", goal: c.goal,
			wall: float64(u.wall.Microseconds()) / 1000, cpu: float64(u.cpu.Microseconds()) / 1000, ours: &u, runs: 3 * b.runs, judged: "wall",
		})
	}
	return out, nil
}

// appUp is a command of its own, as it needs a running platform.
func appUp(b *bench) ([]result, error) {
	dir := filepath.Join("internal", "bench", "up")
	if _, err := os.Stat(dir); err != nil {
		fmt.Fprintln(os.Stderr, "no", dir, "below this folder: start from the top of the checkout to measure pilot up")
		return nil, nil
	}
	cmd := exec.Command("go", "run", "./internal/bench/up", "-runs", strconv.Itoa(b.runs)) //nolint:gosec // the number is all that differs
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	r := result{
		name: "up-vs-waypoint", title: "pilot up of a folder, against Waypoint's own command on the same server", unit: "times Waypoint's",
		judged: "wall", runs: b.runs,
	}
	for line := range strings.Lines(string(out)) {
		line = strings.TrimRight(line, "\n")
		if !strings.HasPrefix(line, "RESULT ") {
			r.notes = append(r.notes, line)
		} else if _, err := fmt.Sscanf(line, "RESULT up-vs-waypoint wall=%f goal=%f", &r.wall, &r.goal); err != nil {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
	}
	if r.wall == 0 {
		return nil, fmt.Errorf("%s printed no result:\n%s", dir, out)
	}
	return []result{r}, nil
}

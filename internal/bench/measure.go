package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// usage is what one run took.
type usage struct {
	wall, cpu time.Duration
	mem       memory // the peaks
}

// side runs one side once in a fresh process, in a folder of the work's own.
func (b *bench) side(side string, w work) (usage, error) {
	exe, err := os.Executable()
	if err != nil {
		return usage{}, err
	}
	if err := os.MkdirAll(w.dir, 0o700); err != nil {
		return usage{}, err
	}
	cmd := exec.Command(exe, "-side", side, "-work", w.what, "-dir", w.dir, "-n", strconv.Itoa(w.n), "-stock", b.stock)
	if w.what == "fleet" {
		cmd.Env = append(os.Environ(), fleetCollector)
	}
	u, err := measure(cmd)
	if err != nil {
		return u, fmt.Errorf("side %s: %w", side, err)
	}
	return u, nil
}

// fleetCollector is the setting of Go's garbage collector for a process with many stacks, as docs/scale.md advises it: half
// as much garbage as by default, for some more processor time.
const fleetCollector = "GOGC=50"

// measure runs a command. Its processor time and its memory include those of
// what it starts.
func measure(cmd *exec.Cmd) (usage, error) {
	var said bytes.Buffer
	if cmd.Stderr == nil {
		cmd.Stderr = &said
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return usage{}, fmt.Errorf("%s: %w", filepath.Base(cmd.Path), err)
	}
	done, peak := make(chan struct{}), make(chan memory, 1)
	go func() { peak <- watch(cmd.Process.Pid, done) }()
	err := cmd.Wait()
	wall := time.Since(start)
	close(done)
	u := usage{wall: wall, mem: <-peak}
	if err != nil {
		return usage{}, fmt.Errorf("%s: %w\n%s", filepath.Base(cmd.Path), err, said.Bytes())
	}
	u.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return u, nil
}

// pair runs both sides in turn, as often as the benchmark says. With fresh,
// every run has a new folder; otherwise the first run, which makes the
// resources, is not counted.
func (b *bench) pair(name string, w work, fresh bool) (ours, stock usage, err error) {
	taken := map[string][]usage{}
	runs := b.runs
	if !fresh {
		runs++
	}
	for i := range runs {
		for _, side := range []string{"ours", "stock"} {
			w.dir = filepath.Join(b.dir, name+"-"+side)
			if fresh {
				w.dir += strconv.Itoa(i)
			}
			u, err := b.side(side, w)
			if err != nil {
				return ours, stock, err
			}
			if fresh || i > 0 {
				taken[side] = append(taken[side], u)
			}
		}
	}
	return median(taken["ours"]), median(taken["stock"]), nil
}

// alone is pair for work that has no other side.
func (b *bench) alone(name string, w work) (usage, error) {
	var taken []usage
	for i := range b.runs {
		w.dir = filepath.Join(b.dir, name+strconv.Itoa(i))
		u, err := b.side("ours", w)
		if err != nil {
			return u, err
		}
		taken = append(taken, u)
	}
	return median(taken), nil
}

func median(all []usage) usage {
	pick := func(of func(usage) int64) int64 {
		list := make([]int64, 0, len(all))
		for _, u := range all {
			list = append(list, of(u))
		}
		slices.Sort(list)
		return list[len(list)/2]
	}
	return usage{
		wall: time.Duration(pick(func(u usage) int64 { return int64(u.wall) })),
		cpu:  time.Duration(pick(func(u usage) int64 { return int64(u.cpu) })),
		mem: memory{
			all:     pick(func(u usage) int64 { return u.mem.all }),
			largest: pick(func(u usage) int64 { return u.mem.largest }),
			private: pick(func(u usage) int64 { return u.mem.private }),
		},
	}
}

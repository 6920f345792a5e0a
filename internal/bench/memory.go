package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// memory is what a process and all that it started hold at one moment, in KiB.
type memory struct {
	all     int64 // resident, of all processes together
	largest int64 // resident, of the largest one
	private int64 // of all, what is no part of a file: the pages that only these processes have
}

// watchEvery is how often memory is looked at. A look at two processes takes a tenth of a millisecond.
const watchEvery = 5 * time.Millisecond

// watch looks at a process and all that it started until done is closed, and
// gives the peak of each figure. The kernel's own account of a child that has
// ended (ru_maxrss) will not do: it counts neither two processes at once, nor
// without what the parent held when it started the child.
func watch(pid int, done <-chan struct{}) memory {
	var peak memory
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		var now memory
		for _, p := range family(pid) {
			resident, private := held(p)
			now.all += resident
			now.private += private
			now.largest = max(now.largest, resident)
		}
		peak.all, peak.largest, peak.private = max(peak.all, now.all), max(peak.largest, now.largest), max(peak.private, now.private)
		select {
		case <-done:
			return peak
		case <-tick.C:
		}
	}
}

// family is a process and all its descendants.
func family(pid int) []int {
	list := []int{pid}
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return list
	}
	for _, t := range threads {
		children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, t.Name()))
		if err != nil {
			continue
		}
		for _, c := range bytes.Fields(children) {
			if child, err := strconv.Atoi(string(c)); err == nil {
				list = append(list, family(child)...)
			}
		}
	}
	return list
}

// held is what a process has in memory, in KiB; nothing if it has ended.
func held(pid int) (resident, private int64) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0
	}
	return kib(status, "VmRSS:"), kib(status, "RssAnon:")
}

func kib(status []byte, field string) int64 {
	_, rest, ok := bytes.Cut(status, []byte(field))
	if !ok {
		return 0
	}
	words := bytes.Fields(rest)
	if len(words) == 0 {
		return 0
	}
	n, err := strconv.ParseInt(string(words[0]), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

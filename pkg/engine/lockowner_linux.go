package engine

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// processIdentity gives the kernel's boot, the process namespace and the
// process's start time, as BOOT/NAMESPACE#START. It is not ok when there is no
// such process, or it has ended and is only waiting to be noticed.
func processIdentity(pid int) (string, bool) {
	ticks, ok := startTicks(pid)
	if !ok {
		return "", false
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", false
	}
	space, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return "", false
	}
	return fmt.Sprintf("%s/%s#%d", strings.TrimSpace(string(boot)), space, ticks), true
}

// startTicks reads when a process started, in clock ticks since the boot.
func startTicks(pid int) (int64, bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	// The command's name, which may hold anything, ends with the last bracket.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const state, start = 0, 19
	if len(fields) <= start || fields[state] == "Z" || fields[state] == "X" {
		return 0, false
	}
	ticks, err := strconv.ParseInt(fields[start], 10, 64)
	return ticks, err == nil
}

// processStart gives the time at which a process started.
func processStart(pid int) (time.Time, bool) {
	ticks, ok := startTicks(pid)
	if !ok {
		return time.Time{}, false
	}
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return time.Time{}, false
	}
	for line := range strings.Lines(string(stat)) {
		if rest, ok := strings.CutPrefix(line, "btime "); ok {
			boot, err := strconv.ParseInt(strings.TrimSpace(rest), 10, 64)
			// The unit is fixed at a hundredth of a second for user space.
			return time.Unix(boot, 0).Add(time.Duration(ticks) * 10 * time.Millisecond), err == nil
		}
	}
	return time.Time{}, false
}

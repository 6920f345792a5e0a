package engine

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// zombie is SZOMB of <sys/proc.h>: the process has ended and is only waiting to
// be noticed.
const zombie = 5

// processIdentity gives the kernel's boot and the process's start time, as
// BOOT#START. There are no process namespaces here. It is not ok when there is no
// such process, or it has ended.
func processIdentity(pid int) (string, bool) {
	start, ok := processStart(pid)
	if !ok {
		return "", false
	}
	boot, err := unix.Sysctl("kern.bootsessionuuid")
	if err != nil {
		return "", false
	}
	return fmt.Sprintf("%s#%d", boot, start.UnixMicro()), true
}

// processStart gives the time at which a process started.
func processStart(pid int) (time.Time, bool) {
	p, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil || p.Proc.P_stat == zombie {
		return time.Time{}, false
	}
	return time.Unix(p.Proc.P_starttime.Unix()), true
}

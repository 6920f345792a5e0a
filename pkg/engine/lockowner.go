package engine

import (
	"fmt"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/pilot-framework/pilot/pkg/infra"
)

const (
	// beatEvery is how often the owner of a lock writes it anew.
	beatEvery = 5 * time.Second
	// beatStale is how old a heartbeat must be for its owner to count as gone.
	// It allows for a few writes that failed, and for a paused machine.
	beatStale = 45 * time.Second
	// startSlack allows for the coarse clock of process start times when
	// all that is known of the owner is when it took the lock.
	startSlack = 2 * time.Second
)

// lockFile is the content of a lock. The first four fields are those of
// Pulumi's own locks, which ignore the rest.
type lockFile struct {
	Pid       int       `json:"pid"`
	Username  string    `json:"username"`
	Hostname  string    `json:"hostname"`
	Timestamp time.Time `json:"timestamp"`
	// Process tells one process from another that has the same number: where
	// it runs and when it started. It is empty where the system doesn't say.
	Process string `json:"process,omitempty"`
	// Beat counts how often the owner has written this file.
	Beat int `json:"beat,omitempty"`
}

// newLockFile describes this process.
func newLockFile() lockFile {
	l := lockFile{Pid: os.Getpid(), Timestamp: time.Now(), Beat: 1}
	if u, err := user.Current(); err == nil {
		l.Username = u.Username
	}
	l.Hostname, _ = os.Hostname()
	l.Process, _ = processIdentity(l.Pid)
	return l
}

func (l lockFile) owner(stack string) infra.LockedError {
	return infra.LockedError{Stack: stack, User: l.Username, Host: l.Hostname, PID: l.Pid, Since: l.Timestamp}
}

// life tells whether the owner of a lock can still be running. age is how long
// ago the lock was last written, by the clock of the place that keeps it;
// private says that only this machine can reach that place.
func (l lockFile) life(age time.Duration, private bool) (infra.Life, string) {
	here, _ := os.Hostname()
	if l.Hostname == here {
		if life, why := l.lifeHere(private); life != infra.OwnerUnknown {
			return life, why
		}
	}
	switch {
	case l.Beat == 0:
		return infra.OwnerUnknown, fmt.Sprintf("it runs on %s and keeps no heartbeat", l.Hostname)
	case age > beatStale:
		return infra.OwnerGone, fmt.Sprintf("its last heartbeat on %s came %s ago", l.Hostname, age.Round(time.Second))
	}
	return infra.OwnerAlive, fmt.Sprintf("its last heartbeat on %s came %s ago", l.Hostname, age.Round(time.Second))
}

// lifeHere looks for the owner among this machine's processes. It is unknown
// when the owner runs out of this process's sight: under another kernel with
// the same host name, or in another container.
func (l lockFile) lifeHere(private bool) (infra.Life, string) {
	mine, ok := processIdentity(os.Getpid())
	if !ok {
		return infra.OwnerUnknown, ""
	}
	if l.Process != "" && place(l.Process) != place(mine) {
		return infra.OwnerUnknown, ""
	}
	if l.Process == "" && !private {
		return infra.OwnerUnknown, ""
	}
	now, running := processIdentity(l.Pid)
	switch {
	case !running:
		return infra.OwnerGone, fmt.Sprintf("process %d of this machine has ended", l.Pid)
	case l.Process != "" && now != l.Process:
		return infra.OwnerGone, fmt.Sprintf("process %d of this machine is another one by now", l.Pid)
	case l.Process == "" && l.startedAfter():
		return infra.OwnerGone, fmt.Sprintf("process %d of this machine began after the lock was taken", l.Pid)
	}
	return infra.OwnerAlive, fmt.Sprintf("process %d of this machine is running", l.Pid)
}

func (l lockFile) startedAfter() bool {
	began, ok := processStart(l.Pid)
	return ok && began.After(l.Timestamp.Add(startSlack))
}

// place is the part of a process's identity that all processes share which
// can see one another.
func place(identity string) string {
	where, _, _ := strings.Cut(identity, "#")
	return where
}

package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/infra"
)

func newStore(t *testing.T) *store {
	t.Helper()
	s, err := openStore(t.Context(), "file://"+filepath.ToSlash(t.TempDir()), infra.Ref{Project: "proj", Stack: "dev"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// endedProcess gives the number of a process that has ended.
func endedProcess(t *testing.T) int {
	t.Helper()
	cmd := exec.Command("true")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

// TestOwnerLife tells live owners from dead ones.
func TestOwnerLife(t *testing.T) {
	me := newLockFile()
	if me.Process == "" || me.Username == "" || me.Hostname == "" {
		t.Fatalf("this process is not described: %+v", me)
	}
	elsewhere := func(beat int) lockFile {
		return lockFile{Pid: 1, Hostname: "another-machine", Username: "ann", Beat: beat, Timestamp: time.Now()}
	}
	ended := me
	ended.Pid = endedProcess(t)
	reused := me
	reused.Process = place(me.Process) + "#1"
	stock := lockFile{Pid: me.Pid, Hostname: me.Hostname, Timestamp: time.Now()}
	stockReused := stock
	stockReused.Timestamp = time.Now().Add(-1000 * time.Hour)
	rebooted := me
	rebooted.Process = "another-boot/pid:[1]#7"
	for _, c := range []struct {
		name    string
		lock    lockFile
		age     time.Duration
		private bool
		want    infra.Life
	}{
		{"this process", me, time.Hour, true, infra.OwnerAlive},
		{"ended", ended, 0, true, infra.OwnerGone},
		{"ended, shared state", ended, 0, false, infra.OwnerGone},
		{"number used again", reused, 0, true, infra.OwnerGone},
		{"stock tool, running", stock, time.Hour, true, infra.OwnerAlive},
		{"stock tool, number used again", stockReused, time.Hour, true, infra.OwnerGone},
		{"stock tool, shared state, same host name", stockReused, time.Hour, false, infra.OwnerUnknown},
		{"other boot, fresh heartbeat", rebooted, time.Second, true, infra.OwnerAlive},
		{"other boot, stale heartbeat", rebooted, time.Minute, true, infra.OwnerGone},
		{"other host, fresh", elsewhere(3), time.Second, false, infra.OwnerAlive},
		{"other host, stale", elsewhere(3), time.Minute, false, infra.OwnerGone},
		{"other host, stock tool", elsewhere(0), 100 * time.Hour, false, infra.OwnerUnknown},
	} {
		got, why := c.lock.life(c.age, c.private)
		if got != c.want || why == "" {
			t.Errorf("%s: got %s (%s), want %s", c.name, got, why, c.want)
		}
	}
}

// TestDeadLockIsTakenOver says whose lock it was and why it no longer counts.
func TestDeadLockIsTakenOver(t *testing.T) {
	s := newStore(t)
	dead := newHeldLock(s, s.lockDir()+"/dead.json")
	dead.file.Pid = endedProcess(t)
	if err := dead.write(t.Context()); err != nil {
		t.Fatal(err)
	}
	var told []string
	h, err := s.acquire(t.Context(), func(e infra.Event) { told = append(told, fmt.Sprint(e)) })
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("(process %d): process %d of this machine has ended", dead.file.Pid, dead.file.Pid); len(told) != 1 || !strings.Contains(told[0], want) {
		t.Errorf("told %q, want %q", told, want)
	}
	_, err = s.acquire(t.Context(), nil)
	var locked *infra.LockedError
	if !errors.As(err, &locked) || locked.PID != os.Getpid() {
		t.Errorf("got %v, want this process named as the owner", err)
	}
	if err := h.release(t.Context()); err != nil {
		t.Fatal(err)
	}
	left, err := s.locks(t.Context(), "")
	if err != nil || len(left) != 0 {
		t.Errorf("locks left: %v, %v", left, err)
	}
}

// TestStaleHeartbeat takes over what another machine left, by the clock of the
// place that keeps the state.
func TestStaleHeartbeat(t *testing.T) {
	s := newStore(t)
	h := newHeldLock(s, s.lockDir()+"/far.json")
	h.file.Hostname, h.file.Process = "another-machine", "its-boot/pid:[1]#1"
	if err := h.write(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.acquire(t.Context(), nil); !errors.Is(err, infra.ErrLocked) {
		t.Fatalf("got %v, want a fresh heartbeat respected", err)
	}
	old := time.Now().Add(-2 * beatStale)
	if err := os.Chtimes(filepath.Join(s.dir, h.key), old, old); err != nil {
		t.Fatal(err)
	}
	taken, err := s.acquire(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := taken.release(t.Context()); err != nil {
		t.Fatal(err)
	}
	// Its owner wakes up again: it must see that it has lost the lock, and not
	// put it back.
	h.last = old
	if err := h.check(context.Background()); !errors.Is(err, infra.ErrLockLost) {
		t.Errorf("got %v, want the loss to be seen", err)
	}
	if err := h.beat(context.Background()); !errors.Is(err, infra.ErrLockLost) {
		t.Errorf("got %v, want no beat after a loss", err)
	}
	select {
	case <-h.lost:
	default:
		t.Error("the operation is not told of the loss")
	}
}

// TestHeartbeatKeepsStockFields has the stock tool's reader find its own
// fields in a lock of ours, beats included.
func TestHeartbeatKeepsStockFields(t *testing.T) {
	s := newStore(t)
	h, err := s.acquire(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.release(context.Background()) }()
	before := h.file.Timestamp
	if err := h.beat(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, err := s.locks(t.Context(), "")
	if err != nil || len(all) != 1 {
		t.Fatalf("%v %v", all, err)
	}
	f := all[0].file
	if f.Beat != 2 || f.Pid != os.Getpid() || !f.Timestamp.Equal(before) || f.Username == "" {
		t.Errorf("got %+v", f)
	}
	s2, err := openBackend(t.Context(), "file://"+s.dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := s2.ParseStackReference("organization/proj/dev")
	if err != nil {
		t.Fatal(err)
	}
	if err := s2.Lock(t.Context(), ref); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("(pid %d)", os.Getpid())) {
		t.Errorf("the stock backend says %v, want it to respect the lock and name its owner", err)
	}
}

// TestUnlockedByHand ends an operation whose lock somebody removed, and keeps
// it from writing.
func TestUnlockedByHand(t *testing.T) {
	s := newStore(t)
	h, err := s.acquire(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.bucket.Delete(t.Context(), h.key); err != nil {
		t.Fatal(err)
	}
	if err := h.beat(t.Context()); !errors.Is(err, infra.ErrLockLost) {
		t.Errorf("got %v, want the loss to be seen", err)
	}
	if err := h.release(t.Context()); err != nil {
		t.Errorf("release of a lost lock: %v", err)
	}
}

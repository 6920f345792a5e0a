package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"gocloud.dev/gcerrors"

	"github.com/pilot-framework/pilot/pkg/infra"
)

// heldLock is a lock of this process. While it is held, it is written anew
// every beatEvery, so that processes on other machines see that its owner lives.
type heldLock struct {
	store *store
	key   string

	mu   sync.Mutex
	file lockFile
	// last is the wall clock's time of the last beat: other clocks stand still
	// while a machine sleeps.
	last time.Time
	gone bool

	lost chan struct{} // closed when somebody else has the lock
	stop chan struct{}
	done chan struct{}
}

func newHeldLock(s *store, key string) *heldLock {
	return &heldLock{
		store: s, key: key, file: newLockFile(),
		lost: make(chan struct{}), stop: make(chan struct{}), done: make(chan struct{}),
	}
}

func (h *heldLock) write(ctx context.Context) error {
	data, err := json.Marshal(h.file)
	if err == nil {
		err = h.store.write(ctx, h.key, data)
	}
	if err != nil {
		return fmt.Errorf("write lock: %w", err)
	}
	h.last = time.Now().Round(0)
	return nil
}

func (h *heldLock) remove(ctx context.Context) error {
	err := h.store.bucket.Delete(ctx, h.key)
	if err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("remove lock: %w", err)
	}
	return nil
}

func (h *heldLock) begin() {
	go func() {
		defer close(h.done)
		t := time.NewTicker(beatEvery)
		defer t.Stop()
		for {
			select {
			case <-h.stop:
				return
			case <-t.C:
				ctx, cancel := context.WithTimeout(context.Background(), beatStale/2)
				if errors.Is(h.beat(ctx), infra.ErrLockLost) {
					cancel()
					return
				}
				cancel()
			}
		}
	}()
}

// beat writes the lock anew if it is still there. That a single beat fails is
// no harm.
func (h *heldLock) beat(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.mine(ctx); err != nil {
		return err
	}
	h.file.Beat++
	return h.write(ctx)
}

// mine tells whether the lock is still this process's.
func (h *heldLock) mine(ctx context.Context) error {
	if h.gone {
		return infra.ErrLockLost
	}
	there, err := h.store.bucket.Exists(ctx, h.key)
	if err != nil {
		return err
	}
	if !there {
		h.gone = true
		close(h.lost)
		return infra.ErrLockLost
	}
	return nil
}

// check is asked before each write of the state. It looks whether the lock is
// still there when its last beat was long ago, as after a pause.
func (h *heldLock) check(ctx context.Context) error {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.gone && time.Now().Round(0).Sub(h.last) < beatStale/2 {
		return nil
	}
	return h.mine(ctx)
}

// release gives the lock back.
func (h *heldLock) release(ctx context.Context) error {
	if h == nil {
		return nil
	}
	close(h.stop)
	<-h.done
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.gone {
		return nil
	}
	return h.remove(ctx)
}

// lostSignal is closed when the lock is lost; it is nil, which never is, where
// none is held.
func (h *heldLock) lostSignal() <-chan struct{} {
	if h == nil {
		return nil
	}
	return h.lost
}

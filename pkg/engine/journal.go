package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	pulumi "github.com/pulumi/pulumi/pkg/v3/engine"
	pkgresource "github.com/pulumi/pulumi/pkg/v3/resource"
	pkgstack "github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
)

// A journal is the list of the steps that an operation has begun and finished
// since the last checkpoint. Appending a step costs the same whatever the size
// of the stack, while writing a checkpoint costs as much as the stack is big.
//
// On the medium it is a sequence of JSON lines. The first is a journalHeader;
// each other one is a journal entry in Pulumi's own form, or, as the last, a
// journalFold. A line that is cut off was never acknowledged and is ignored.

// journalHeader says which checkpoint the entries apply to.
type journalHeader struct {
	Journal int    `json:"journal"` // the format's version, 1
	Base    string `json:"base"`    // SHA-256 of the checkpoint file, hexadecimal
}

// journalFold says that the entries before it are about to become, or are, a
// checkpoint with this digest.
type journalFold struct {
	Folded string `json:"folded"`
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// medium is where a journal is kept.
type medium interface {
	// append returns when lines are safe against the loss of the process and,
	// for a file, of power. What an append that failed may have left is gone, or
	// overwritten, before the next one writes.
	append(lines []byte) error
	close() error
	remove() error
}

// journal is the engine.Journal of one operation. Entries that change nothing
// are held back until one follows that does, so an operation without changes
// writes none.
type journal struct {
	ctx     context.Context
	secrets secrets.Manager
	open    func() (medium, error)
	header  journalHeader
	// guard is asked before each write; an error of it ends the journal.
	guard func() error
	// mayHaveMade is asked about each creation that failed: one that may have made
	// something all the same stays pending. It may be nil.
	mayHaveMade func(urn resource.URN) bool

	mu sync.Mutex
	// creating are the creations under way, by the number of their operation.
	creating map[int64]resource.URN
	entries  []apitype.JournalEntry
	held     []apitype.JournalEntry // in entries, but not yet on the medium
	queue    bytes.Buffer           // lines that wait for the write in progress
	waiting  []chan error
	writing  bool
	idle     *sync.Cond // signalled when writing ends
	closed   bool
	err      error // the first failure; nothing is accepted after it
	medium   medium
	headed   bool // the header is on the medium
}

var errJournalClosed = errors.New("the operation's journal is closed")

var _ pulumi.Journal = (*journal)(nil)

func newJournal(ctx context.Context, sm secrets.Manager, base string, open func() (medium, error)) *journal {
	j := &journal{ctx: ctx, secrets: sm, open: open, header: journalHeader{Journal: 1, Base: base}, creating: map[int64]resource.URN{}}
	j.idle = sync.NewCond(&j.mu)
	return j
}

// AddJournalEntry records one step. It returns when the step is safe. A step
// whose beginning can't be recorded is not executed.
func (j *journal) AddJournalEntry(e pulumi.JournalEntry) error {
	if !e.ElideWrite {
		if err := ready(j.secrets); err != nil {
			return err
		}
	}
	if j.staysPending(e) {
		return nil
	}
	entry, err := pkgstack.BatchEncrypt(j.ctx, j.secrets,
		func(ctx context.Context, enc config.Encrypter) (apitype.JournalEntry, error) {
			return backend.SerializeJournalEntry(ctx, e, enc)
		})
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	j.mu.Lock()
	if j.closed || j.err != nil {
		defer j.mu.Unlock()
		if j.err != nil {
			return j.err
		}
		return errJournalClosed
	}
	j.entries = append(j.entries, entry)
	j.held = append(j.held, entry)
	if e.ElideWrite {
		j.mu.Unlock()
		return nil
	}
	if err := j.enqueueHeld(); err != nil {
		j.err = err
		j.mu.Unlock()
		return err
	}
	done := make(chan error, 1)
	j.waiting = append(j.waiting, done)
	if !j.writing {
		j.writing = true
		go j.write()
	}
	j.mu.Unlock()
	return <-done
}

// staysPending tells whether an entry is the failure of a creation that may have
// made something. Without the entry the state has the creation as pending.
func (j *journal) staysPending(e pulumi.JournalEntry) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case e.Kind == pulumi.JournalEntryBegin && e.Operation != nil && e.Operation.Type == pkgresource.OperationTypeCreating:
		j.creating[e.OperationID] = e.Operation.Resource.URN
	case e.Kind == pulumi.JournalEntryFailure && j.mayHaveMade != nil:
		urn, ok := j.creating[e.OperationID]
		return ok && j.mayHaveMade(urn)
	}
	return false
}

func (j *journal) enqueueHeld() error {
	enc := json.NewEncoder(&j.queue)
	enc.SetEscapeHTML(false)
	for i := range j.held {
		if err := enc.Encode(&j.held[i]); err != nil {
			return fmt.Errorf("journal: %w", err)
		}
	}
	j.held = nil
	return nil
}

// write moves the queue to the medium until it is empty. Steps that finish
// while a write is under way share the next one.
func (j *journal) write() {
	for {
		j.mu.Lock()
		if len(j.waiting) == 0 {
			j.writing = false
			j.idle.Broadcast()
			j.mu.Unlock()
			return
		}
		lines := bytes.Clone(j.queue.Bytes())
		waiting := j.waiting
		j.queue.Reset()
		j.waiting = nil
		err := j.err
		j.mu.Unlock()

		// What waited behind a write that failed fails with it: a step must not be
		// safe while one before it is not.
		if err == nil {
			if err = j.put(lines); err != nil {
				err = fmt.Errorf("write journal: %w", err)
				j.mu.Lock()
				j.err = err
				j.mu.Unlock()
			}
		}
		for _, w := range waiting {
			w <- err
		}
	}
}

// put is called from one goroutine at a time.
func (j *journal) put(lines []byte) error {
	if j.guard != nil {
		if err := j.guard(); err != nil {
			return err
		}
	}
	if j.medium == nil {
		m, err := j.open()
		if err != nil {
			return err
		}
		j.medium = m
	}
	return j.append(lines)
}

// append writes lines to the medium, after the header if that is not there yet.
func (j *journal) append(lines []byte) error {
	if !j.headed {
		head, err := json.Marshal(j.header)
		if err != nil {
			return err
		}
		lines = append(append(head, '\n'), lines...)
	}
	if err := j.medium.append(lines); err != nil {
		return err
	}
	j.headed = true
	return nil
}

// seal refuses what is added from now on.
func (j *journal) seal() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
}

// Close ends the journal; what is added later is refused. The engine has
// finished its steps when it calls this, or was told to give them up.
func (j *journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
	for j.writing {
		j.idle.Wait()
	}
	return j.err
}

// fold gives the deployment that base and the entries make together.
func (j *journal) fold(base *apitype.DeploymentV3) (apitype.TypedDeployment, error) {
	j.mu.Lock()
	entries := j.entries
	j.mu.Unlock()
	return foldEntries(base, entries)
}

func foldEntries(base *apitype.DeploymentV3, entries []apitype.JournalEntry) (apitype.TypedDeployment, error) {
	var start apitype.DeploymentV3
	if base != nil {
		start = *base
	}
	r := backend.NewJournalReplayer(&start)
	for i := range entries {
		if err := r.Add(entries[i]); err != nil {
			return apitype.TypedDeployment{}, fmt.Errorf("fold journal: %w", err)
		}
	}
	d, err := r.GenerateDeployment()
	if err != nil {
		return apitype.TypedDeployment{}, fmt.Errorf("fold journal: %w", err)
	}
	return d, nil
}

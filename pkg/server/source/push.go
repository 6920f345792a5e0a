package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
)

// Pushed is a snapshot that the receiver has.
type Pushed struct {
	// Ref names it, "refs/pilot/APP/ID". Every push makes a new one.
	Ref string
	// Commit is the snapshot's commit.
	Commit string
	// Sent is the number of bytes that travelled, Objects of git objects.
	Sent    int64
	Objects int
	// Took is how long it took.
	Took time.Duration
}

// receivePack is the service's name in URLs and content types.
const receivePack = "git-receive-pack"

// nameRule is the receiver's rule for the names in its paths.
var nameRule = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

// Push sends the snapshot to the receiver as the app's newest. The folder is read
// once more; a file that has changed since Take ends the push with an error.
func (s *Snapshot) Push(ctx context.Context, r Receiver, project, app string) (*Pushed, error) {
	for what, name := range map[string]string{"project": project, "app": app} {
		if !nameRule.MatchString(name) {
			return nil, fmt.Errorf("%s name %q: want 1 to 63 letters, digits, dots, dashes or underscores, the first a letter or digit", what, name)
		}
	}
	start := time.Now()
	c, err := r.client()
	if err != nil {
		return nil, err
	}
	defer c.CloseIdleConnections()
	known, err := r.advertised(ctx, c, project)
	if err != nil {
		return nil, fmt.Errorf("push to %s: %w", r.URL, err)
	}
	mem := r.memory(project, app)
	objects := mem.missing(s.objects, known)
	ref := "refs/pilot/" + app + "/" + s.refID(start)
	sent, err := s.send(ctx, r, c, project, ref, objects)
	if err != nil {
		var text string
		if errors.Is(err, ErrTooLarge) {
			for _, f := range s.Largest {
				text += fmt.Sprintf("; %s is %s", f.Path, Size(f.Size))
			}
		}
		return nil, fmt.Errorf("push to %s: %w%s", r.URL, err, text)
	}
	mem.remember(s)
	return &Pushed{Ref: ref, Commit: s.Commit, Sent: sent, Objects: len(objects), Took: time.Since(start)}, nil
}

// advertised asks which commits the receiver has of a project.
func (r Receiver) advertised(ctx context.Context, c *http.Client, project string) (map[plumbing.Hash]bool, error) {
	resp, err := r.do(ctx, c, http.MethodGet, "/git/"+project+".git/info/refs?service="+receivePack, "", nil)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	refs := packp.NewAdvRefs()
	known := map[plumbing.Hash]bool{}
	if err := refs.Decode(resp.Body); err != nil && !errors.Is(err, packp.ErrEmptyAdvRefs) {
		return nil, fmt.Errorf("unreadable list of snapshots: %w", err)
	}
	for _, h := range refs.References {
		known[h] = true
	}
	if refs.Head != nil {
		known[*refs.Head] = true
	}
	return known, nil
}

// send makes the ref at the receiver, with the objects it lacks.
func (s *Snapshot) send(ctx context.Context, r Receiver, c *http.Client, project, ref string, objects []object) (int64, error) {
	update := packp.NewReferenceUpdateRequest()
	update.Capabilities = capability.NewList()
	if err := update.Capabilities.Set(capability.ReportStatus); err != nil {
		return 0, err
	}
	update.Commands = []*packp.Command{{Name: plumbing.ReferenceName(ref), Old: plumbing.ZeroHash, New: s.commit}}

	// The pack is made while it is sent, so that its size does not matter.
	pack, packIn := io.Pipe()
	body, bodyIn := io.Pipe()
	update.Packfile = pack
	packed, encoded := make(chan error, 1), make(chan error, 1)
	go func() {
		err := s.writePack(ctx, packIn, objects)
		packIn.CloseWithError(err)
		packed <- err
	}()
	count := &counter{w: bodyIn}
	go func() {
		err := update.Encode(count)
		bodyIn.CloseWithError(err)
		encoded <- err
	}()

	resp, err := r.do(ctx, c, http.MethodPost, "/git/"+project+".git/"+receivePack, "application/x-git-receive-pack-request", body)
	// An answer before the end of the body leaves both writers waiting.
	body.CloseWithError(io.ErrClosedPipe)
	encodeErr := <-encoded
	pack.CloseWithError(io.ErrClosedPipe)
	packErr := <-packed
	if packErr != nil && !errors.Is(packErr, io.ErrClosedPipe) {
		if err == nil {
			resp.Body.Close()
		}
		return 0, packErr // a file that changed or can't be read is the cause of the rest
	}
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	report := packp.NewReportStatus()
	if err := report.Decode(resp.Body); err != nil {
		return 0, fmt.Errorf("unreadable answer: %w", errors.Join(err, encodeErr))
	}
	if err := report.Error(); err != nil {
		return 0, fmt.Errorf("refused: %w", err)
	}
	return count.n, nil
}

// counter counts what is written through it.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

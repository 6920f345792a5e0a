package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// receivePack answers a push.
func (r *Receiver) receivePack(w http.ResponseWriter, req *http.Request) {
	repo, who, err := r.enter(req, true, true)
	if err != nil {
		r.refuse(w, req, status(err), err)
		return
	}
	body, err := decoded(w, req, r.opts.MaxPush)
	if err != nil {
		r.refuse(w, req, status(err), err)
		return
	}
	if body, err = skipProbe(body); err != nil {
		w.Header().Set("Content-Type", "application/x-git-receive-pack-result")
		return
	}
	ask := packp.NewReferenceUpdateRequest()
	if err := ask.Decode(io.NopCloser(body)); err != nil {
		if status(err) != http.StatusRequestEntityTooLarge {
			err = badRequest{fmt.Errorf("read the push: %w", err)}
		}
		r.refuse(w, req, status(err), err)
		return
	}
	pack, err := r.tempFile()
	if err != nil {
		r.refuse(w, req, status(err), err)
		return
	}
	defer discard(pack)
	size, err := io.Copy(pack, body)
	if err != nil {
		r.refuse(w, req, status(err), fmt.Errorf("receive the push: %w", err))
		return
	}
	report, err := r.accept(repo, ask.Commands, pack, size)
	if err != nil {
		r.refuse(w, req, status(err), err)
		return
	}
	for _, s := range report.CommandStatuses {
		r.opts.Log.Info("push", "project", req.PathValue("project"), "user", who.user, "ref", s.ReferenceName, "bytes", size, "status", s.Status)
	}
	if report.Error() == nil {
		r.pruneLater(req.Context(), repo)
	}
	w.Header().Set("Content-Type", "application/x-git-receive-pack-result")
	if ask.Capabilities.Supports(capability.ReportStatus) {
		var out bytes.Buffer
		_ = report.Encode(&out)
		_, _ = w.Write(out.Bytes())
	}
}

// accept checks and stores a push. What the client must mend is in the report; other failures are the error.
func (r *Receiver) accept(repo *repository, commands []*packp.Command, pack *os.File, size int64) (*packp.ReportStatus, error) {
	report := packp.NewReportStatus()
	report.UnpackStatus = "ok"
	fail := func(err error) *packp.ReportStatus {
		report.CommandStatuses = nil
		for _, c := range commands {
			report.CommandStatuses = append(report.CommandStatuses, &packp.CommandStatus{ReferenceName: c.Name, Status: oneLine(err)})
		}
		return report
	}
	for _, c := range commands {
		if c.Action() != packp.Create {
			return fail(fmt.Errorf("%s: a snapshot can't be changed or deleted, only new ones pushed", c.Name)), nil
		}
		if err := checkRef(c.Name); err != nil {
			return fail(err), nil
		}
	}
	var count uint32
	if size > 0 {
		if _, err := pack.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		var err error
		if count, err = measure(pack, r.opts.MaxUnpacked); err != nil {
			if errors.Is(err, errTooLarge) {
				return nil, err
			}
			report.UnpackStatus = oneLine(err)
			return fail(err), nil
		}
	}
	repo.mu.Lock()
	defer repo.mu.Unlock()
	sto := repo.storage()
	for _, c := range commands {
		if err := repo.free(sto, c.Name); err != nil {
			return fail(err), nil
		}
	}
	undo := func() {}
	if count > 0 {
		var err error
		if undo, err = addPack(sto, pack); err != nil {
			report.UnpackStatus = oneLine(err)
			return fail(err), nil
		}
	}
	for _, c := range commands {
		if _, err := objects(sto, c.New); err != nil {
			undo()
			return fail(err), nil
		}
	}
	for _, c := range commands {
		for _, name := range []plumbing.ReferenceName{c.Name, mainBranch} {
			if err := sto.SetReference(plumbing.NewHashReference(name, c.New)); err != nil {
				return nil, fmt.Errorf("write %s: %w", name, err)
			}
		}
		report.CommandStatuses = append(report.CommandStatuses, &packp.CommandStatus{ReferenceName: c.Name, Status: "ok"})
	}
	return report, nil
}

// free fails when a snapshot of the name exists, or an app where the snapshot would be, or the reverse.
func (r *repository) free(sto storer.ReferenceStorer, name plumbing.ReferenceName) error {
	if _, err := sto.Reference(name); err == nil {
		return fmt.Errorf("%s: a snapshot of this name exists already", name)
	}
	path := filepath.Join(r.dir, filepath.FromSlash(name.String()))
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("%s: an app has this name already", name)
	}
	if info, err := os.Stat(filepath.Dir(path)); err == nil && !info.IsDir() {
		return fmt.Errorf("%s: a snapshot has the app's name already", name)
	}
	return nil
}

// pruneLater removes old snapshots once the push has been answered.
func (r *Receiver) pruneLater(ctx context.Context, repo *repository) {
	r.tasks.Go(func() {
		removed, err := repo.prune(r.opts.Keep, r.opts.KeepFor, time.Now())
		if err != nil {
			r.opts.Log.Log(context.WithoutCancel(ctx), slog.LevelError, "removing old snapshots failed", "repository", repo.dir, "err", err)
		} else if removed > 0 {
			r.opts.Log.Info("removed old snapshots", "repository", repo.dir, "count", removed)
		}
	})
}

// Package source receives snapshots of apps' source over git's smart HTTP protocol, and serves them to the runner.
// The HTTP contract is in the README beside the command.
package source

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/pilot-framework/pilot/cmd/pilot-agent/internal/serverapi"
)

// Users tells who a token belongs to. Its errors wrap serverapi.ErrToken or serverapi.ErrUnavailable.
type Users interface {
	Whoami(ctx context.Context, token string) (serverapi.User, error)
}

// Options are the receiver's settings. All are needed; DefaultOptions gives the usual limits.
type Options struct {
	// Data is the folder for repositories and the key that signs read credentials. It is made when absent.
	Data string
	// Users knows whose tokens are good.
	Users Users
	// Log receives one line for each push and each refusal.
	Log *slog.Logger
	// MaxPush is the largest body of a push in bytes, both as sent and after gzip.
	MaxPush int64
	// MaxUnpacked is the largest sum of a push's objects in bytes.
	MaxUnpacked int64
	// Keep is how many of an app's newest snapshots always stay, at least 1.
	Keep int
	// KeepFor is the age under which a snapshot stays even if there are newer ones.
	KeepFor time.Duration
}

// DefaultOptions returns the limits that the README names: 512 MiB, 2 GiB, 10 snapshots, 24 hours.
func DefaultOptions() Options {
	return Options{MaxPush: 512 << 20, MaxUnpacked: 2 << 30, Keep: 10, KeepFor: 24 * time.Hour}
}

// Receiver is the HTTP handler. Its methods may be called at the same time.
type Receiver struct {
	opts   Options
	users  *userCache
	signer *signer
	mux    *http.ServeMux

	mu    sync.Mutex
	repos map[string]*repository
	tasks sync.WaitGroup
}

var nameFormat = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

// checkName holds for projects, apps and snapshots alike.
func checkName(what, name string) error {
	// git refuses refs with ".." or that end in ".lock" or ".".
	if !nameFormat.MatchString(name) || strings.Contains(name, "..") || strings.HasSuffix(name, ".lock") || strings.HasSuffix(name, ".") {
		return fmt.Errorf("%s %q: want letters, digits, '.', '_' and '-', at most 63, starting with a letter or a digit", what, name)
	}
	return nil
}

// New makes a receiver and the folders under Data.
func New(opts Options) (*Receiver, error) {
	switch {
	case opts.Data == "" || opts.Users == nil || opts.Log == nil:
		return nil, errors.New("source receiver: options Data, Users and Log are required")
	case opts.MaxPush <= 0 || opts.MaxUnpacked <= 0:
		return nil, fmt.Errorf("source receiver: MaxPush %d and MaxUnpacked %d must be above 0", opts.MaxPush, opts.MaxUnpacked)
	case opts.Keep < 1 || opts.KeepFor < 0:
		return nil, fmt.Errorf("source receiver: Keep %d must be at least 1 and KeepFor %s not negative", opts.Keep, opts.KeepFor)
	}
	temp := filepath.Join(opts.Data, "tmp")
	// What a killed process left half-received is of no use.
	if err := os.RemoveAll(temp); err != nil {
		return nil, fmt.Errorf("source receiver: empty the folder for transfers: %w", err)
	}
	for _, dir := range []string{temp, filepath.Join(opts.Data, "git")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("source receiver: make its folder: %w", err)
		}
	}
	sign, err := loadSigner(filepath.Join(opts.Data, "credentials.key"))
	if err != nil {
		return nil, err
	}
	r := &Receiver{opts: opts, users: newUserCache(opts.Users), signer: sign, mux: http.NewServeMux(), repos: map[string]*repository{}}
	r.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	r.mux.HandleFunc("POST /credentials", r.issueCredential)
	r.mux.HandleFunc("GET /git/{project}/info/refs", r.advertise)
	r.mux.HandleFunc("POST /git/{project}/git-upload-pack", r.uploadPack)
	r.mux.HandleFunc("POST /git/{project}/git-receive-pack", r.receivePack)
	return r, nil
}

// ServeHTTP implements http.Handler.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	r.mux.ServeHTTP(w, req)
}

// Serve answers HTTPS requests on ln until ctx ends, then gives open requests up to drain. It closes ln.
func (r *Receiver) Serve(ctx context.Context, ln net.Listener, config *tls.Config, drain time.Duration) error {
	server := &http.Server{
		Handler:           r,
		TLSConfig:         config,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		// Half an hour is 512 MiB at 2.4 Mbit/s.
		ReadTimeout:  30 * time.Minute,
		WriteTimeout: time.Hour,
		ErrorLog:     slog.NewLogLogger(r.opts.Log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.ServeTLS(ln, "", "") }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve source snapshots: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		r.opts.Log.Warn("closing requests that are still open", "after", drain)
		_ = server.Close()
	}
	r.tasks.Wait()
	return nil
}

// refuse answers with one line of text, and logs why.
func (r *Receiver) refuse(w http.ResponseWriter, req *http.Request, status int, err error) {
	level := slog.LevelInfo
	switch {
	case status >= 500:
		level = slog.LevelError
	case errors.Is(err, errAnonymous):
		level = slog.LevelDebug
	}
	r.opts.Log.Log(req.Context(), level, "refused a request", "path", req.URL.Path, "status", status, "err", err)
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="pilot"`)
	}
	http.Error(w, err.Error(), status)
}

// project returns the repository that the path names, nil when there is none and make is false.
func (r *Receiver) project(req *http.Request, create bool) (*repository, error) {
	name, ok := strings.CutSuffix(req.PathValue("project"), ".git")
	if !ok {
		return nil, badRequest{fmt.Errorf("project %q: the address of a project ends in .git", req.PathValue("project"))}
	}
	if err := checkName("project", name); err != nil {
		return nil, badRequest{err}
	}
	return r.open(name, create)
}

func (r *Receiver) open(name string, create bool) (*repository, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if repo := r.repos[name]; repo != nil {
		return repo, nil
	}
	repo, err := openRepository(filepath.Join(r.opts.Data, "git", name+".git"), create)
	if repo != nil {
		r.repos[name] = repo
	}
	return repo, err
}

// badRequest marks an error as the client's.
type badRequest struct{ error }

// status returns the HTTP status for an error.
func status(err error) int {
	var bad badRequest
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large), errors.Is(err, errTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.As(err, &bad):
		return http.StatusBadRequest
	case errors.Is(err, errNoProject), errors.Is(err, errNoSnapshot):
		return http.StatusNotFound
	case errors.Is(err, errForbidden):
		return http.StatusForbidden
	case errors.Is(err, errAnonymous), errors.Is(err, serverapi.ErrToken):
		return http.StatusUnauthorized
	case errors.Is(err, serverapi.ErrUnavailable):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// Package cloud is what the folders below it have in common: they ask a cloud for
// what an app does there that the deploy engine does not tell, above all its
// output.
//
// They ask with the identity that the server gives its runners, which a token may
// read and use: whoever may deploy an app may read what it writes. Where runners
// have none, the caller's own credentials are tried.
package cloud

import (
	"context"
	"errors"
	"time"
)

// ErrNoIdentity reports that neither the runners nor the caller have credentials
// for the cloud.
var ErrNoIdentity = errors.New("there are no credentials for it: an operator gives the runners some with pilot configure, or sign in to the cloud here")

// ErrNoLogs reports that the cloud has no log of the deployment: it wrote nothing
// yet, or its log was deleted.
var ErrNoLogs = errors.New("the cloud has no output of this deployment")

// Identity is what the server gives its runners: environment variables, and files
// by absolute path. It is secret.
type Identity struct {
	Variables, Files map[string]string
}

// File is the content of the file that a variable names, empty when the runners
// have none.
func (i Identity) File(variable string) string { return i.Files[i.Variables[variable]] }

// LogOptions choose which output is read.
type LogOptions struct {
	// Follow goes on with what comes, until the context ends.
	Follow bool
	// Tail is how many of the last lines to begin with; 0 is all.
	Tail int
	// Since leaves out what is older than this; 0 is nothing.
	Since time.Duration
	// Every is the pause between two questions while following. Default 3 s:
	// Cloud Logging takes 60 questions a minute of a project (its quotas).
	Every time.Duration
}

// Entry is one entry of an app's output.
type Entry struct {
	// ID tells the entry apart from others of the same time.
	ID string
	// At is when the app wrote it.
	At time.Time
	// Text is one line or more, without the last line's end.
	Text string
	// Stderr is true for what the cloud knows to be from standard error.
	Stderr bool
}

// Late is how long an entry may take to be found by its time. What comes later is
// missed by who follows.
const Late = 30 * time.Second

// Fetch gets the entries from a time on, the oldest first.
type Fetch func(ctx context.Context, from time.Time) ([]Entry, error)

// Read reads the output as opts say. While it follows, the end of the context is
// no error, and ErrNoLogs of fetch is waited out.
func Read(ctx context.Context, fetch Fetch, opts LogOptions, emit func(Entry) error) error {
	var from time.Time
	if opts.Since > 0 {
		from = time.Now().Add(-opts.Since)
	}
	if opts.Follow {
		return follow(ctx, fetch, from, opts, emit)
	}
	entries, err := last(ctx, fetch, from, opts.Tail)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := emit(e); err != nil {
			return err
		}
	}
	return nil
}

// windows are how far back the last lines are looked for, before the whole log is
// read: clouds give out entries from the oldest on.
var windows = []time.Duration{10 * time.Minute, 3 * time.Hour, 48 * time.Hour}

// last gets the last n entries that are not older than from; 0 is all.
func last(ctx context.Context, fetch Fetch, from time.Time, n int) ([]Entry, error) {
	now := time.Now()
	for _, back := range windows {
		start := now.Add(-back)
		if n == 0 || start.Before(from) {
			break
		}
		entries, err := fetch(ctx, start)
		if err != nil || len(entries) >= n {
			return newest(entries, n), err
		}
	}
	entries, err := fetch(ctx, from)
	return newest(entries, n), err
}

func newest(entries []Entry, n int) []Entry {
	if n == 0 {
		return entries
	}
	return entries[max(0, len(entries)-n):]
}

// follow reads until the context ends. Each question overlaps the one before by
// [Late], and what is new is told by its ID.
func follow(ctx context.Context, fetch Fetch, from time.Time, opts LogOptions, emit func(Entry) error) error {
	every := opts.Every
	if every <= 0 {
		every = 3 * time.Second
	}
	seen := map[string]time.Time{}
	var latest time.Time
	for first := true; ; first = false {
		ask := fetch
		if first {
			ask = func(ctx context.Context, from time.Time) ([]Entry, error) { return last(ctx, fetch, from, opts.Tail) }
		}
		entries, err := ask(ctx, from)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !errors.Is(err, ErrNoLogs):
			return err
		}
		if first && opts.Tail > 0 {
			// What is older than the last lines is not new.
			from = time.Now().Add(-Late)
			if len(entries) > 0 {
				from = entries[0].At.Add(time.Nanosecond)
			}
		}
		for _, e := range entries {
			if _, known := seen[e.ID]; known {
				continue
			}
			seen[e.ID] = e.At
			if e.At.After(latest) {
				latest = e.At
			}
			if err := emit(e); err != nil {
				return err
			}
		}
		if late := latest.Add(-Late); late.After(from) {
			from = late
		}
		for id, at := range seen {
			if at.Before(from) {
				delete(seen, id)
			}
		}
		pause := time.NewTimer(every)
		select {
		case <-ctx.Done():
			pause.Stop()
			return nil
		case <-pause.C:
		}
	}
}

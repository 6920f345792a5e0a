package plugins

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	// tries is how often a call is made before its error is given.
	tries = 5
	// silence is how long nothing may come before a call is given up.
	silence = 60 * time.Second
)

// firstPause is the pause before the second try; each further one is twice as long.
var firstPause = time.Second

// maxArchive is a bound on an archive: the greatest is below 300 MB.
const maxArchive = 2 << 30

func defaultClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 20 * time.Second}).DialContext,
		TLSHandshakeTimeout:   20 * time.Second,
		ResponseHeaderTimeout: silence,
		ForceAttemptHTTP2:     true,
	}}
}

// finalError is one that another try would not mend.
type finalError struct{ error }

func (e finalError) Unwrap() error { return e.error }

func final(err error) error { return finalError{err} }

// retry calls f until it ends well, fails for good, or has had its tries.
func (o Options) retry(ctx context.Context, f func() error) error {
	pause := firstPause
	for n := 1; ; n++ {
		err := f()
		var last finalError
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &last):
			return last.error
		case n == tries:
			return fmt.Errorf("%w (after %d tries)", err, tries)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause *= 2
	}
}

// get asks for what follows the first bytes of a file.
func (o Options) get(ctx context.Context, address string, from int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, final(err)
	}
	if from > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
	}
	return o.Client.Do(req)
}

func statusError(address string, resp *http.Response) error {
	err := fmt.Errorf("%s: %s", address, resp.Status)
	if resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusRequestTimeout {
		return err
	}
	return final(err)
}

// fetch gets a file into part and gives its SHA-256 sum. What part holds
// already is not asked for again; resumed tells whether that was so.
func (o Options) fetch(ctx context.Context, address, part string) (sum string, resumed bool, err error) {
	f, err := os.OpenFile(part, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", false, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	before, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return "", false, err
	}
	err = o.retry(ctx, func() error { return o.fetchRest(ctx, address, f) })
	if err != nil {
		return "", false, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", false, err
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return "", false, err
	}
	return hex.EncodeToString(hash.Sum(nil)), before > 0, f.Sync()
}

func (o Options) fetchRest(ctx context.Context, address string, f *os.File) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	have, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return final(err)
	}
	resp, err := o.get(ctx, address, have)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		// The server sends the whole, asked or not.
		have = 0
		if err := f.Truncate(0); err != nil {
			return final(err)
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return final(err)
		}
	case http.StatusPartialContent:
		if !strings.HasPrefix(resp.Header.Get("Content-Range"), "bytes "+strconv.FormatInt(have, 10)+"-") {
			return startAgain(f, fmt.Errorf("%s: asked for bytes from %d on, got %q", address, have, resp.Header.Get("Content-Range")))
		}
	case http.StatusRequestedRangeNotSatisfiable:
		// Either the whole is here, or what is here is no beginning of it.
		if resp.Header.Get("Content-Range") == "bytes */"+strconv.FormatInt(have, 10) {
			return nil
		}
		return startAgain(f, statusRange(address))
	default:
		return statusError(address, resp)
	}
	w := &meter{to: f, done: have, show: o.Progress, alive: time.AfterFunc(silence, func() {
		cancel(fmt.Errorf("nothing came for %s", silence))
	})}
	defer w.alive.Stop()
	if resp.ContentLength > 0 {
		w.total = have + resp.ContentLength
	}
	_, err = io.Copy(w, io.LimitReader(resp.Body, maxArchive-have+1))
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	if err != nil {
		return fmt.Errorf("fetch %s: %w", address, err)
	}
	if w.done > maxArchive {
		return final(fmt.Errorf("fetch %s: it is greater than %d bytes, which no plugin is", address, int64(maxArchive)))
	}
	return nil
}

func statusRange(address string) error {
	return fmt.Errorf("%s: what an earlier try left is no part of it", address)
}

func startAgain(f *os.File, err error) error {
	if terr := f.Truncate(0); terr != nil {
		return final(terr)
	}
	return err
}

// meter counts what goes through it.
type meter struct {
	to          io.Writer
	done, total int64
	show        func(done, total int64)
	alive       *time.Timer
}

func (m *meter) Write(b []byte) (int, error) {
	n, err := m.to.Write(b)
	m.done += int64(n)
	m.alive.Reset(silence)
	m.show(m.done, m.total)
	if err != nil {
		err = final(err)
	}
	return n, err
}

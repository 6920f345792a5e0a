package cloudcdn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
	"google.golang.org/api/compute/v1"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	"google.golang.org/api/storage/v1"
	htransport "google.golang.org/api/transport/http"
)

// Bounds of waiting. Tests shorten them.
var (
	firstBackoff   = 250 * time.Millisecond
	longestBackoff = 10 * time.Second
	longestWait    = 20 * time.Minute
	// A request that is sent as a whole is answered within seconds. Without a
	// bound, one whose answer is lost would hold its job for ever.
	longestAnswer = time.Minute
)

// attempts is how often a request is sent at most.
const attempts = 8

// cloud is what the plugin reaches with the runner's credentials.
type cloud struct {
	compute *compute.Service
	storage *storage.Service
	project string
	bucket  string
}

// connect finds credentials the way every Google tool does, and says so when there
// are none before anything else is tried.
func connect(ctx context.Context, project, endpoint, bucket string) (*cloud, error) {
	c := &cloud{project: project, bucket: bucket}
	base := bounded()
	var forStorage, forCompute []option.ClientOption
	if endpoint != "" {
		endpoint = strings.TrimRight(endpoint, "/")
		client := option.WithHTTPClient(&http.Client{Transport: base})
		forStorage = []option.ClientOption{client, option.WithEndpoint(endpoint + "/storage/v1/")}
		forCompute = []option.ClientOption{client, option.WithEndpoint(endpoint + "/compute/v1/")}
	} else {
		// What asks for tokens is bounded too.
		ctx := context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: base})
		credentials, err := google.FindDefaultCredentials(ctx, compute.ComputeScope, storage.DevstorageFullControlScope)
		if err != nil {
			return nil, fmt.Errorf("no Google credentials: give the runner GOOGLE_APPLICATION_CREDENTIALS, or a service account of the machine it runs on: %w", err)
		}
		signed, err := htransport.NewTransport(ctx, base, option.WithCredentials(credentials))
		if err != nil {
			return nil, fmt.Errorf("use the Google credentials: %w", err)
		}
		forStorage = []option.ClientOption{option.WithHTTPClient(&http.Client{Transport: signed})}
		forCompute = forStorage
	}
	var err error
	if c.storage, err = storage.NewService(ctx, forStorage...); err != nil {
		return nil, fmt.Errorf("connect to Cloud Storage: %w", err)
	}
	if c.compute, err = compute.NewService(ctx, forCompute...); err != nil {
		return nil, fmt.Errorf("connect to Compute Engine: %w", err)
	}
	return c, nil
}

// bounded is Go's own transport, with the proxies of the environment, for many
// requests side by side, none of which waits for its answer without end.
func bounded() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, 256
	t.ResponseHeaderTimeout = longestAnswer
	// A connection that is dead is not used for the next attempt.
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: longestAnswer / 2}
	return t
}

// is reports whether err is one of these HTTP statuses.
func is(err error, statuses ...int) bool {
	var api *googleapi.Error
	if !errors.As(err, &api) {
		return false
	}
	for _, s := range statuses {
		if api.Code == s {
			return true
		}
	}
	return false
}

// passing reports whether the same request may succeed a moment later.
func passing(err error) bool {
	var api *googleapi.Error
	if errors.As(err, &api) {
		if api.Code == http.StatusTooManyRequests || api.Code == http.StatusRequestTimeout || api.Code >= 500 {
			return true
		}
		for _, e := range api.Errors { // Compute Engine says 403 to more than its quota
			if e.Reason == "rateLimitExceeded" || e.Reason == "userRateLimitExceeded" || e.Reason == "resourceNotReady" {
				return true
			}
		}
		return false
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

// try sends a request until it is answered for good.
func try[T any](ctx context.Context, send func() (T, error)) (T, error) {
	for n := 1; ; n++ {
		out, err := send()
		if err == nil || ctx.Err() != nil || n == attempts || !passing(err) {
			return out, err
		}
		if err := sleep(ctx, n); err != nil {
			return out, err
		}
	}
}

// sleep waits twice as long each time, and a little at random.
func sleep(ctx context.Context, n int) error {
	d := min(firstBackoff<<min(n-1, 10), longestBackoff)
	d = d/2 + rand.N(d/2+1)
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// done waits for the end of an operation. One that failed is a *googleapi.Error,
// as if the request itself had.
func (c *cloud) done(ctx context.Context, op *compute.Operation) error {
	ctx, cancel := context.WithTimeout(ctx, longestWait)
	defer cancel()
	for n := 1; op.Status != "DONE"; n++ {
		if err := sleep(ctx, n); err != nil {
			return fmt.Errorf("wait for operation %s: %w", op.Name, err)
		}
		next, err := try(ctx, func() (*compute.Operation, error) {
			return c.compute.GlobalOperations.Get(c.project, op.Name).Context(ctx).Do()
		})
		if err != nil {
			return fmt.Errorf("read operation %s: %w", op.Name, err)
		}
		op = next
	}
	if op.Error != nil && len(op.Error.Errors) > 0 {
		e := op.Error.Errors[0]
		return &googleapi.Error{Code: int(op.HttpErrorStatusCode), Message: e.Code + ": " + e.Message}
	}
	return nil
}

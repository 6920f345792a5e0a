package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/sivchari/kumo"

	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
)

// traffic counts the calls that reach a bucket, by HTTP method.
type traffic struct {
	mu    sync.Mutex
	calls map[string]int
	bytes int64
}

func (t *traffic) take() (calls map[string]int, bytes int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	calls, bytes = t.calls, t.bytes
	t.calls, t.bytes = map[string]int{}, 0
	return calls, bytes
}

// countedBucket serves an empty S3 bucket from this process.
func countedBucket(ctx context.Context) (state string, t *traffic, stop func(), err error) {
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required"} {
		if err := os.Setenv(name, value); err != nil {
			return "", nil, nil, err
		}
	}
	emulator := kumo.NewServer()
	client := s3.New(s3.Options{BaseEndpoint: aws.String(emulator.URL), Region: "eu-west-1", UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("bench", "bench", "")})
	if _, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("state")}); err != nil {
		emulator.Close()
		return "", nil, nil, err
	}
	behind, err := url.Parse(emulator.URL)
	if err != nil {
		emulator.Close()
		return "", nil, nil, err
	}
	t = &traffic{calls: map[string]int{}}
	pass := httputil.NewSingleHostReverseProxy(behind)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind := r.Method
		if r.Method == http.MethodGet && r.URL.Query().Has("list-type") {
			kind = "LIST"
		}
		t.mu.Lock()
		t.calls[kind]++
		t.bytes += max(0, r.ContentLength)
		t.mu.Unlock()
		pass.ServeHTTP(w, r)
	}))
	return "s3://state?region=eu-west-1&s3ForcePathStyle=true&endpoint=" + front.URL, t, func() { front.Close(); emulator.Close() }, nil
}

// state tells what a stack costs in a bucket, and what happens when many
// people work on one stack at once.
func state(b *bench) ([]result, error) {
	ctx := context.Background()
	address, seen, stop, err := countedBucket(ctx)
	if err != nil {
		return nil, err
	}
	defer stop()
	w := work{what: "aws", dir: filepath.Join(b.dir, "state"), state: address}
	if err := os.MkdirAll(w.dir, 0o700); err != nil {
		return nil, err
	}
	var out []result
	for _, phase := range []string{"first setup", "no change"} {
		seen.take()
		start := time.Now()
		if err := w.oneOfOurs(ctx, engine.New()); err != nil {
			return nil, err
		}
		took := time.Since(start)
		calls, bytes := seen.take()
		all := 0
		for _, n := range calls {
			all += n
		}
		out = append(out, result{
			name:  map[string]string{"first setup": "state-setup", "no change": "state-noop"}[phase],
			title: fmt.Sprintf("calls to a bucket, select, preview and up of the AWS platform, %s", phase), unit: "calls",
			wall: float64(all), runs: 1,
			notes: []string{fmt.Sprintf("PUT %d, GET %d, LIST %d, HEAD %d, DELETE %d, POST %d; %d KiB sent; %.2f s",
				calls["PUT"], calls["GET"], calls["LIST"], calls["HEAD"], calls["DELETE"], calls["POST"], bytes>>10, took.Seconds())},
		})
	}
	const people = 10
	took, err := w.atOnce(ctx, people)
	if err != nil {
		return nil, err
	}
	calls, _ := seen.take()
	all := 0
	for _, n := range calls {
		all += n
	}
	return append(out, result{
		name: "state-contention", title: fmt.Sprintf("%d people run setup on one stack at once and wait for each other", people),
		unit: "s until the last is done", wall: took.Seconds(), runs: 1, notes: []string{fmt.Sprintf("%d calls to the bucket", all)},
	}), nil
}

// atOnce has n people apply the same stack, each waiting for its lock.
func (w work) atOnce(ctx context.Context, n int) (time.Duration, error) {
	l, err := w.load()
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.close() }()
	var group sync.WaitGroup
	failed := make([]error, n)
	start := time.Now()
	for i := range n {
		group.Go(func() {
			opts := []infra.Option{
				infra.WithEngine(engine.New()), infra.WithState(w.stateURL()), infra.WithConfig(l.config), infra.WithLockWait(10*time.Minute, nil),
				infra.WithSecrets(infra.Secrets{Passphrase: func(context.Context) (string, error) { return passphrase, nil }}),
			}
			for _, p := range l.providers {
				opts = append(opts, infra.WithProvider(p))
			}
			stack, err := infra.Open(ctx, infra.Ref{Project: "bench", Stack: "bench"}, l.program, opts...)
			if err != nil {
				failed[i] = err
				return
			}
			_, err = stack.Up(ctx)
			failed[i] = errors.Join(err, stack.Close())
		})
	}
	group.Wait()
	return time.Since(start), errors.Join(failed...)
}

package cloudsim

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/pilot-framework/pilot/pkg/infra"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// Versions are those of the SDKs whose providers are simulated.
const (
	// AWSVersion is the version of the simulated pulumi-aws.
	AWSVersion = "6.83.4"
	// GCPVersion is the version of the simulated pulumi-gcp.
	GCPVersion = "7.38.0"
	// DefaultAccount is the AWS account that a Sim works in by default.
	DefaultAccount = "123456789012"
)

// Clock is where a Sim takes its time from.
type Clock interface {
	// Now is the present moment.
	Now() time.Time
	// Sleep waits for d, or until ctx is done, and then returns ctx's error.
	Sleep(ctx context.Context, d time.Duration) error
}

// Sim is a simulated pair of clouds. It may be used by any number of
// goroutines; one file may be used by any number of processes.
type Sim struct {
	store   *store
	clock   Clock
	seed    string
	account string
	latency func(Call) time.Duration
	newGCP  bool // services of GCP projects are off until enabled

	mu     sync.Mutex
	faults []*armed
	quotas map[string]int
	calls  []Call
}

// Option changes how a Sim behaves.
type Option func(*Sim)

// WithClock makes the Sim take its time from c: creation times, the end of a
// deleted secret's recovery window, and all waiting.
func WithClock(c Clock) Option { return func(s *Sim) { s.clock = c } }

// WithSeed changes what generated ids, addresses and suffixes are made from.
// The same program on an empty Sim with the same seed gets the same ids,
// whatever order the engine works in. The default seed is empty.
func WithSeed(seed string) Option { return func(s *Sim) { s.seed = seed } }

// WithAccount sets the AWS account, 12 digits. The default is DefaultAccount.
// A GCP project comes from the provider's configuration.
func WithAccount(id string) Option { return func(s *Sim) { s.account = id } }

// WithServicesOff makes every GCP project a new one, whose services (APIs) are
// off until a gcp:projects/service:Service turns them on: a thing that is
// created without waiting for its service fails as it would there. By default
// all services are on.
func WithServicesOff() Option { return func(s *Sim) { s.newGCP = true } }

// WithLatency makes every call take as long as f says: half of it before the
// cloud changes and half after. The default is no time at all.
func WithLatency(f func(Call) time.Duration) Option { return func(s *Sim) { s.latency = f } }

// WithTypicalLatency makes creations take what they typically take in the real
// cloud, times scale: with 1 a database takes five minutes, with 0.001 a third
// of a second.
func WithTypicalLatency(scale float64) Option {
	return WithLatency(func(c Call) time.Duration { return time.Duration(float64(c.Typical) * scale) })
}

// Open opens the simulated clouds that the file at path holds, and makes the
// file when there is none. An empty path keeps everything in memory.
//
// The file holds no secret: of secret values it keeps salted digests.
func Open(path string, options ...Option) (*Sim, error) {
	s := &Sim{clock: wallClock{}, account: DefaultAccount, quotas: map[string]int{}}
	for _, o := range options {
		o(s)
	}
	if !accountPattern.MatchString(s.account) {
		return nil, fmt.Errorf("account %q: an AWS account is 12 digits", s.account)
	}
	store, err := openStore(path)
	if err != nil {
		return nil, err
	}
	s.store = store
	return s, nil
}

// Close closes the file. The clouds' contents stay in it.
func (s *Sim) Close() error { return s.store.close() }

// AWS is the simulated aws provider, for infra.WithProvider.
func (s *Sim) AWS() infra.Provider { return s.provider(awsCloud) }

// GCP is the simulated gcp provider, for infra.WithProvider.
func (s *Sim) GCP() infra.Provider { return s.provider(gcpCloud) }

// Providers are all simulated providers.
func (s *Sim) Providers() []infra.Provider { return []infra.Provider{s.AWS(), s.GCP()} }

func (s *Sim) provider(c *cloud) infra.Provider {
	return infra.Provider{
		Name:    c.name,
		Version: c.version,
		New: func(context.Context) (pulumirpc.ResourceProviderServer, error) {
			return &server{sim: s, cloud: c}, nil
		},
	}
}

// wallClock is the real time.
type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

func (wallClock) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

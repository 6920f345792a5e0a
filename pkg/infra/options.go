package infra

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Option sets up a stack as it is opened.
type Option func(*settings) error

type settings struct {
	engine     Engine
	state      string
	secrets    Secrets
	config     auto.ConfigMap
	progress   func(Event)
	providers  []Provider
	finders    map[string]Finder
	extra      []pulumi.RunFunc
	transforms []pulumi.ResourceTransform
	lockWait   time.Duration
	lockShow   func(LockWait)
	parallel   int
	pluginDir  string
	slowAfter  time.Duration
	abort      <-chan struct{}
	restore    bool
	raw        func(apitype.EngineEvent)
}

// slowAfter is how often resources that take long are named.
const slowAfter = 30 * time.Second

// WithEngine chooses what runs the stack's operations: engine.New() of package
// engine, or StockCLI. It is required.
func WithEngine(e Engine) Option {
	return func(s *settings) error {
		s.engine = e
		return nil
	}
}

// stateSchemes are the backends of Pulumi v3.
var stateSchemes = map[string]bool{
	"file": true, "s3": true, "gs": true, "azblob": true, "postgres": true, "postgresql": true, "http": true, "https": true,
}

// WithState names the Pulumi backend that keeps the stack's state: file://,
// s3://, gs://, azblob://, postgres:// or https:// (Pulumi Cloud). It is required.
func WithState(backend string) Option {
	return func(s *settings) error {
		u, err := url.Parse(backend)
		const want = "the URL of a Pulumi backend: file:///DIR, s3://BUCKET, gs://BUCKET, azblob://CONTAINER, postgres://... or https://api.pulumi.com"
		if err != nil {
			return &FieldError{Field: "state", Value: redactURL(backend), Want: want}
		}
		if !stateSchemes[u.Scheme] {
			w := want
			if abs, err := filepath.Abs(backend); err == nil && u.Scheme == "" && backend != "" {
				w += "; for a folder write file://" + abs
			}
			return &FieldError{Field: "state", Value: redactURL(backend), Want: w}
		}
		s.state = backend
		return nil
	}
}

func redactURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		// What does not parse may still hold a password.
		if scheme, _, ok := strings.Cut(raw, "://"); ok {
			return scheme + "://..."
		}
		return "..."
	}
	return u.Redacted()
}

// WithSecrets chooses how secret values are encrypted at rest. The default is
// a passphrase from PULUMI_CONFIG_PASSPHRASE or the file that
// PULUMI_CONFIG_PASSPHRASE_FILE names, as for Pulumi itself.
func WithSecrets(secrets Secrets) Option {
	return func(s *settings) error {
		if secrets.Provider != "" && secrets.Provider != "passphrase" {
			if u, err := url.Parse(secrets.Provider); err != nil || u.Scheme == "" {
				return &FieldError{Field: "secrets provider", Value: secrets.Provider,
					Want: `"passphrase" or the URL of a Pulumi secrets provider, such as awskms://alias/pilot, gcpkms://projects/... or azurekeyvault://...`}
			}
		}
		s.secrets = secrets
		return nil
	}
}

// WithConfig gives the stack's configuration. Keys carry their namespace, as
// in "aws:region". Later values win over earlier ones.
func WithConfig(config auto.ConfigMap) Option {
	return func(s *settings) error {
		for k, v := range config {
			if ns, name, ok := strings.Cut(k, ":"); !ok || ns == "" || name == "" {
				return &FieldError{Field: "config key", Value: k, Want: `NAMESPACE:NAME, such as "aws:region"`}
			}
			s.config[k] = v
		}
		return nil
	}
}

// WithProgress has show called with each event, in order, from one goroutine.
// It may be slow: events wait for it, the engine does not. A panic in it is
// contained, ends the showing and becomes an error of the operation.
func WithProgress(show func(Event)) Option {
	return func(s *settings) error {
		s.progress = show
		return nil
	}
}

// WithRawEvents has log called with each of the engine's own events, secrets
// masked, in order and from one goroutine: for a log file. It must not block.
func WithRawEvents(log func(apitype.EngineEvent)) Option {
	return func(s *settings) error {
		s.raw = log
		return nil
	}
}

// WithProvider serves a resource provider from this process instead of from a
// plugin. It may be given several times.
func WithProvider(p Provider) Option {
	return func(s *settings) error {
		if !nameForm.MatchString(p.Name) {
			return &FieldError{Field: "provider name", Value: p.Name, Want: "the name of a Pulumi package, such as pilot or aws"}
		}
		if _, err := semver.Parse(p.Version); err != nil {
			return &FieldError{Field: "version of provider " + p.Name, Value: p.Version, Want: "a semantic version without a leading v, such as 1.2.3"}
		}
		if p.New == nil {
			return &FieldError{Field: "provider " + p.Name, Value: "nil", Want: "a New function that makes its server"}
		}
		for _, q := range s.providers {
			if q.Name == p.Name {
				return &FieldError{Field: "provider", Value: p.Name, Want: "each provider once"}
			}
		}
		s.providers = append(s.providers, p)
		return nil
	}
}

// WithProgram lets a caller's own resources join the stack: extra runs in the
// same Pulumi context, after the stack's program.
func WithProgram(extra pulumi.RunFunc) Option {
	return func(s *settings) error {
		if extra == nil {
			return &FieldError{Field: "extra program", Value: "nil", Want: "a pulumi.RunFunc"}
		}
		s.extra = append(s.extra, extra)
		return nil
	}
}

// WithTransform can change the inputs and options of any resource of the
// stack before it is registered. A transform that returns nil changes nothing.
func WithTransform(t pulumi.ResourceTransform) Option {
	return func(s *settings) error {
		if t == nil {
			return &FieldError{Field: "transform", Value: "nil", Want: "a pulumi.ResourceTransform"}
		}
		s.transforms = append(s.transforms, t)
		return nil
	}
}

// LockWait says what is known while a lock is being waited for.
type LockWait struct {
	// Holder is whose lock it is.
	Holder *LockedError
	// Age is how long the holder has had it, 0 when not known.
	Age time.Duration
	// Waited and Left are the time spent so far and the time until giving up.
	Waited, Left time.Duration
}

// WithLockWait waits for up to limit when somebody else's operation holds the
// stack's lock. show, which may be nil, is called before each new try.
func WithLockWait(limit time.Duration, show func(LockWait)) Option {
	return func(s *settings) error {
		if limit < 0 {
			return &FieldError{Field: "lock wait", Value: limit.String(), Want: "a duration of 0 or more, such as 10m"}
		}
		s.lockWait, s.lockShow = limit, show
		return nil
	}
}

// WithParallel limits how many resources are worked on at once; 0 is the
// engine's default.
func WithParallel(n int) Option {
	return func(s *settings) error {
		if n < 0 {
			return &FieldError{Field: "parallel", Value: strconv.Itoa(n), Want: "0 (the engine's default) or more"}
		}
		s.parallel = n
		return nil
	}
}

// WithPluginDir makes dir the only place that provider plugins are taken from.
func WithPluginDir(dir string) Option {
	return func(s *settings) error {
		info, err := os.Stat(dir)
		if err != nil || !info.IsDir() {
			return &FieldError{Field: "plugin folder", Value: dir, Want: "a folder that exists and holds Pulumi plugins"}
		}
		abs, err := filepath.Abs(dir)
		if err != nil {
			return fmt.Errorf("plugin folder %q: %w", dir, err)
		}
		s.pluginDir = abs
		return nil
	}
}

func newSettings(ref Ref, program pulumi.RunFunc, opts []Option) (*settings, error) {
	s := &settings{config: auto.ConfigMap{}, finders: map[string]Finder{}, slowAfter: slowAfter}
	errs := []error{ref.Validate()}
	if program == nil {
		errs = append(errs, &FieldError{Field: "program", Value: "nil", Want: "a pulumi.RunFunc"})
	}
	for _, o := range opts {
		errs = append(errs, o(s))
	}
	if s.engine == nil {
		errs = append(errs, &FieldError{Field: "engine", Value: "", Want: "infra.WithEngine(engine.New()), or infra.WithEngine(infra.StockCLI(command))"})
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if s.state == "" {
		return nil, &FieldError{Field: "state", Value: "", Want: "infra.WithState with the URL of a Pulumi backend, such as file:///var/lib/acme/state"}
	}
	if s.secrets.Provider == "" {
		s.secrets.Provider = "passphrase"
	}
	if s.secrets.Provider == "passphrase" && s.secrets.Passphrase == nil {
		s.secrets.Passphrase = passphraseFromEnv
	}
	return s, nil
}

// passphraseFromEnv reads the passphrase where Pulumi's own tools do.
func passphraseFromEnv(context.Context) (string, error) {
	if p, ok := os.LookupEnv("PULUMI_CONFIG_PASSPHRASE"); ok {
		return p, nil
	}
	if f := os.Getenv("PULUMI_CONFIG_PASSPHRASE_FILE"); f != "" {
		b, err := os.ReadFile(f)
		if err != nil {
			return "", fmt.Errorf("passphrase file: %w", err)
		}
		return strings.TrimRight(string(b), "\r\n"), nil
	}
	return "", &FieldError{Field: "passphrase", Value: "",
		Want: "infra.WithSecrets, or PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE in the environment"}
}

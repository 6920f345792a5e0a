package access_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/infra/cloudsim"
	"github.com/pilot-framework/pilot/pkg/infra/policy"
	"github.com/pilot-framework/pilot/pkg/provider"
	"github.com/pilot-framework/pilot/pkg/server"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/client/servertest"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pilot-framework/pilot/stacks/access"
	"github.com/pilot-framework/pilot/stacks/access/aws"
	"github.com/pilot-framework/pilot/stacks/access/gcp"
)

// cloud is one that a platform elsewhere gets access to.
type cloud struct {
	name string
	spec func(access.Common) access.Spec
	key  string // the type of its keys
	file string // what holds the key on the runners
	// idIn is the key's id as it stands in that file.
	idIn func(id string) string
	// owner is the type of whom the key belongs to.
	owner string
}

var clouds = []cloud{
	{
		name: "aws", spec: func(c access.Common) access.Spec { return &aws.Access{Common: c, Region: "eu-west-1"} },
		key: "aws:iam/accessKey:AccessKey", file: "pilot-aws-credentials", idIn: func(id string) string { return id }, owner: "aws:iam/user:User",
	},
	{
		name: "gcp", spec: func(c access.Common) access.Spec {
			return &gcp.Access{Common: c, Project: "acme-prod", Region: "europe-west1"}
		},
		key: "gcp:serviceaccount/key:Key", file: "pilot-google-credentials.json", idIn: filepath.Base, owner: "gcp:serviceaccount/account:Account",
	},
}

// rig is a cloud, and a server with one runner that is not on it.
type rig struct {
	*testing.T
	cloud
	sim    *cloudsim.Sim
	server *servertest.Server
	client *client.Client
	// refuse, where set, is what the server says to the next configuration.
	refuse error
	state  string
	dir    string
}

func newRig(t *testing.T, c cloud) *rig {
	t.Helper()
	sim, err := cloudsim.Open("")
	servertest.Must(t, err)
	t.Cleanup(func() { sim.Close() })
	r := &rig{T: t, cloud: c, sim: sim, state: t.TempDir(), dir: t.TempDir()}
	r.server, r.client = servertest.Bootstrapped(t)
	r.server.StartRunner(t, r.client, "r1", 2)
	return r
}

// Configure is the server's, unless it is to refuse.
func (r *rig) Configure(ctx context.Context, s provider.RunnerSettings, drop []string) error {
	if err := r.refuse; err != nil {
		r.refuse = nil
		return err
	}
	return server.RunnerConfigurer(r.server.Config).Configure(ctx, s, drop)
}

func (r *rig) Configured(ctx context.Context) (provider.RunnerSettings, error) {
	return server.RunnerConfigurer(r.server.Config).Configured(ctx)
}

// open opens the stack for the n-th key.
func (r *rig) open(name string, n int) *infra.Stack {
	r.Helper()
	spec := r.spec(access.Common{Server: r.server.Address, Name: name, Key: n, Dir: r.dir, Runners: r})
	servertest.Must(r, spec.Complete())
	opts := []infra.Option{
		infra.WithEngine(engine.New()), infra.WithState("file://" + r.state), infra.WithConfig(spec.Config()),
		infra.WithSecrets(infra.Secrets{Passphrase: func(context.Context) (string, error) { return "correct horse", nil }}),
	}
	for _, p := range append(spec.Providers(), r.sim.Providers()...) {
		opts = append(opts, infra.WithProvider(p))
	}
	for pkg, find := range spec.(stacks.Finding).Finders() {
		opts = append(opts, infra.WithFinder(pkg, find))
	}
	s, err := infra.Open(r.Context(), infra.Ref{Project: "pilot", Stack: access.Stack("prod", r.name)}, spec.Program(), opts...)
	servertest.Must(r, err)
	r.Cleanup(func() { s.Close() })
	return s
}

// keys are the ids of the keys in the cloud.
func (r *rig) keys() []string {
	r.Helper()
	found, err := r.sim.Objects(r.key)
	servertest.Must(r, err)
	var ids []string
	for _, o := range found {
		ids = append(ids, o.ID)
	}
	return ids
}

// oneKey wants the cloud to have one key, and the runner to have just that.
func (r *rig) oneKey() string {
	r.Helper()
	ids := r.keys()
	if len(ids) != 1 {
		r.Fatalf("%d keys, want 1: %v", len(ids), ids)
	}
	servertest.Eventually(r, 30*time.Second, "the runner has the key", func() bool {
		text, err := os.ReadFile(filepath.Join(r.dir, r.file))
		return err == nil && strings.Contains(string(text), r.idIn(ids[0]))
	})
	return ids[0]
}

// up applies what its preview says.
func (r *rig) up(s *infra.Stack) *infra.Diff {
	r.Helper()
	diff, err := s.Preview(r.Context())
	servertest.Must(r, err)
	_, err = s.Up(r.Context(), infra.HeldTo(diff))
	servertest.Must(r, err)
	return diff
}

func (r *rig) owners() int {
	r.Helper()
	n, err := r.sim.Count(r.owner)
	servertest.Must(r, err)
	return n
}

// TestLife gives access, rotates the key and takes access away.
func TestLife(t *testing.T) {
	for _, c := range clouds {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, c)
			s := r.open("prod-1a2b3c", 1)
			plan := r.up(s)
			report, err := policy.Check(plan)
			servertest.Must(t, err)
			servertest.Must(t, report.Err())
			first := r.oneKey()
			r.noSecretInState(s)
			if again, err := s.Preview(t.Context(), infra.WithRefresh()); err != nil || !again.Empty() {
				t.Errorf("a second preview: %v, %v", again, err)
			}

			// Somebody unset it on the server: the next run puts it back.
			servertest.Must(t, r.Configure(t.Context(), provider.RunnerSettings{}, []string{filepath.Join(r.dir, r.file)}))
			mended, err := s.Up(t.Context(), infra.WithRefresh())
			servertest.Must(t, err)
			if got := steps(mended.Diff); !slices.Equal(got, []string{"update runners"}) {
				t.Errorf("mending did %v", got)
			}
			r.oneKey()

			next := r.open("prod-1a2b3c", 2)
			if got, want := steps(r.up(next)), []string{
				"create access-key-2", "create access-key-2-attempt", "delete access-key-1", "delete access-key-1-attempt", "update runners",
			}; !slices.Equal(got, want) {
				t.Errorf("a rotation does %v, want %v", got, want)
			}
			if second := r.oneKey(); second == first {
				t.Error("the rotation left the old key")
			}
			r.noSecretInState(next)

			_, err = next.Destroy(t.Context())
			servertest.Must(t, err)
			left, err := r.sim.Objects()
			servertest.Must(t, err)
			for _, o := range left {
				if o.Type != "gcp:projects/service:Service" {
					t.Errorf("left in the cloud: %s %s", o.Type, o.ID)
				}
			}
			config, err := r.client.RunnerConfig(t.Context())
			servertest.Must(t, err)
			if len(config.Files)+len(config.Variables) > 0 {
				t.Errorf("left with the runners: %v", config)
			}
		})
	}
}

// steps are what a diff does to real things.
func steps(d *infra.Diff) []string {
	var out []string
	for _, s := range d.Steps {
		if !s.Structural && s.Op != infra.OpSame && s.Op != infra.OpRead {
			out = append(out, string(s.Op)+" "+s.Name)
		}
	}
	slices.Sort(out)
	return out
}

// noSecretInState looks for what the runners' files hold in the state as it
// lies on disk, logs and history with it.
func (r *rig) noSecretInState(s *infra.Stack) {
	r.Helper()
	config, err := r.client.RunnerConfig(r.Context())
	servertest.Must(r, err)
	text := config.Files[filepath.Join(r.dir, r.file)].Reveal()
	secret := text[strings.LastIndex(text, "= ")+2:]
	if r.name == "gcp" {
		_, secret, _ = strings.Cut(text, `-----BEGIN PRIVATE KEY-----\n`)
		secret, _, _ = strings.Cut(secret, `\n`)
	}
	secret = strings.TrimSpace(secret)
	if len(secret) < 20 {
		r.Fatalf("no secret is in %q", text)
	}
	servertest.Must(r, filepath.WalkDir(r.state, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(text), secret) {
			r.Errorf("%s has the key in the clear", path)
		}
		return err
	}))
}

// TestInterruptedRotation stops a rotation wherever it can be stopped. The next
// run leaves one key, and the runners have it.
func TestInterruptedRotation(t *testing.T) {
	for _, c := range clouds {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, c)
			name := "prod-1a2b3c"
			r.up(r.open(name, 1))
			first := r.oneKey()

			// The server does not take the new key.
			r.refuse = errors.New("the server is away")
			if _, err := r.open(name, 2).Up(t.Context()); err == nil {
				t.Fatal("a rotation succeeded without the server")
			}
			if keys := r.keysOf(name); len(r.keys()) != 2 || keys.Count != 2 || keys.Newest != 2 {
				t.Fatalf("after the refusal: %v, %+v", r.keys(), keys)
			}
			r.up(r.open(name, r.keysOf(name).Newest))
			second := r.oneKey()
			if second == first {
				t.Error("the new key was put away, and not the old one")
			}

			// The cloud does not delete the old key.
			servertest.Must(t, r.sim.Inject(cloudsim.Fault{Type: c.key, Op: cloudsim.OpDelete, Kind: cloudsim.AccessDenied, Times: 1}))
			if _, err := r.open(name, 3).Up(t.Context()); err == nil {
				t.Fatal("a rotation succeeded without deleting the old key")
			}
			r.sim.ClearFaults()
			r.up(r.open(name, r.keysOf(name).Newest))
			if r.oneKey() == second {
				t.Error("the new key was put away, and not the old one")
			}

			// The answer with the new key's secret is lost: nobody can use it.
			servertest.Must(t, r.sim.Inject(cloudsim.Fault{Type: c.key, Op: cloudsim.OpCreate, Kind: cloudsim.AnswerLost, Times: 1}))
			if _, err := r.open(name, 4).Up(t.Context()); err == nil {
				t.Fatal("a rotation succeeded without the new key")
			}
			r.sim.ClearFaults()
			servertest.Must(t, access.Settle(t.Context(), r.open(name, 1)))
			if len(r.keys()) != 2 || !r.keysOf(name).Lost {
				t.Fatalf("the lost key: %v, %+v", r.keys(), r.keysOf(name))
			}
			name = "prod-4d5e6f"
			owners := r.owners()
			r.up(r.open(name, max(1, r.keysOf(name).Newest)))
			r.oneKey()
			if r.owners() != owners {
				t.Errorf("%d owners of keys, want %d", r.owners(), owners)
			}
		})
	}
}

func (r *rig) keysOf(name string) access.Keys {
	r.Helper()
	keys, err := access.KeysOf(r.Context(), r.open(name, 1))
	servertest.Must(r, err)
	return keys
}

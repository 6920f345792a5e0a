package access_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/infra/cloudsim"
	"github.com/pilot-framework/pilot/pkg/infra/policy"
	"github.com/pilot-framework/pilot/pkg/provider"
	"github.com/pilot-framework/pilot/pkg/server/client/servertest"
	"github.com/pilot-framework/pilot/stacks/access"
)

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

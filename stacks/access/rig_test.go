package access_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/infra/cloudsim"
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

package client

import (
	"context"
	"sort"
	"time"

	"github.com/hashicorp/hcl/v2/hclwrite"
	pb "github.com/hashicorp/waypoint/pkg/server/gen"
	"github.com/zclconf/go-cty/cty"
)

// RunnerKind tells what a runner is for.
type RunnerKind string

// Kinds of runner.
const (
	// RunnerRemote waits on the platform for any job.
	RunnerRemote RunnerKind = "remote"
	// RunnerOnDemand is started for one job.
	RunnerOnDemand RunnerKind = "on-demand"
	// RunnerLocal belongs to a command line and takes that one's jobs only.
	RunnerLocal RunnerKind = "local"
)

// Runner is one process that executes jobs.
type Runner struct {
	// ID is the runner's own name.
	ID string
	// Online is true while the runner holds its connection to the server.
	Online bool
	Kind   RunnerKind
	// Adopted is true when the server lets it take jobs.
	Adopted bool
	// FirstSeen is when it first connected, Since when it last came online.
	FirstSeen, Since time.Time
	Labels           map[string]string
}

// Runners lists the runners the server knows, online ones first, then by ID.
func (c *Client) Runners(ctx context.Context) ([]Runner, error) {
	resp, err := c.api.ListRunners(ctx, &pb.ListRunnersRequest{})
	if err != nil {
		return nil, c.failed("list runners", err)
	}
	runners := make([]Runner, 0, len(resp.GetRunners()))
	for _, r := range resp.GetRunners() {
		runners = append(runners, newRunner(r))
	}
	sort.Slice(runners, func(i, j int) bool {
		if runners[i].Online != runners[j].Online {
			return runners[i].Online
		}
		return runners[i].ID < runners[j].ID
	})
	return runners, nil
}

func newRunner(r *pb.Runner) Runner {
	kind := RunnerRemote
	switch r.GetKind().(type) {
	case *pb.Runner_Odr:
		kind = RunnerOnDemand
	case *pb.Runner_Local_:
		kind = RunnerLocal
	}
	return Runner{
		ID: r.GetId(), Online: r.GetOnline(), Kind: kind, Labels: r.GetLabels(),
		Adopted:   r.GetAdoptionState() == pb.Runner_ADOPTED || r.GetAdoptionState() == pb.Runner_PREADOPTED,
		FirstSeen: r.GetFirstSeen().AsTime(), Since: r.GetLastSeen().AsTime(),
	}
}

// RunnerToken makes the token with which the runner of this ID joins. The runner
// must be started with the same ID; it needs no approval. A token of a runner
// can't be used to push source or to invite people. It does not expire; Forget
// takes its rights away.
func (c *Client) RunnerToken(ctx context.Context, id string) (string, error) {
	if err := CheckName("runner", id); err != nil {
		return "", err
	}
	resp, err := c.api.GenerateRunnerToken(ctx, &pb.GenerateRunnerTokenRequest{Id: id})
	if err != nil {
		return "", c.failed("make a token for runner "+id, err)
	}
	return resp.GetToken(), nil
}

// ForgetRunner removes a runner from the server's list. A runner that is gone
// already is no error.
func (c *Client) ForgetRunner(ctx context.Context, id string) error {
	_, err := c.api.ForgetRunner(ctx, &pb.ForgetRunnerRequest{RunnerId: id})
	if isNotFound(err) {
		return nil
	}
	return c.failed("forget runner "+id, err)
}

// RunnerContext is the file from which a runner process takes the server's
// address and its token, so that neither is in its environment. It belongs at
// $XDG_CONFIG_HOME/waypoint/context/pilot.hcl, readable by the runner only, beside
// a file _default.hcl whose whole content is "pilot". The runner trusts the
// authorities in the file that its SSL_CERT_FILE names.
func RunnerContext(address, token string) []byte {
	f := hclwrite.NewEmptyFile()
	server := f.Body().AppendNewBlock("server", nil).Body()
	server.SetAttributeValue("address", cty.StringVal(address))
	server.SetAttributeValue("tls", cty.True)
	server.SetAttributeValue("tls_skip_verify", cty.False)
	server.SetAttributeValue("require_auth", cty.True)
	server.SetAttributeValue("auth_token", cty.StringVal(token))
	return f.Bytes()
}

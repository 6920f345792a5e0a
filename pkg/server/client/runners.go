package client

import (
	"context"
	"fmt"
	"regexp"
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
	// Online is true while the runner holds its connection to the server. The
	// server drops a runner's entry when the connection ends, except that one
	// approved by hand stays listed, and that entries outlive a crash of the server
	// until the runner comes back.
	Online bool
	Kind   RunnerKind
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
	// The record's own field for being online is never set by this server version;
	// what counts is being listed and let in.
	state := r.GetAdoptionState()
	return Runner{
		ID: r.GetId(), Kind: kind, Labels: r.GetLabels(),
		Online:    state == pb.Runner_ADOPTED || state == pb.Runner_PREADOPTED,
		FirstSeen: r.GetFirstSeen().AsTime(), Since: r.GetLastSeen().AsTime(),
	}
}

// runnerRule is the rule for the IDs of our runners: a user of the server is named
// after each, in at most 38 characters.
var runnerRule = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_-]{0,28}[A-Za-z0-9])?$`)

// RunnerToken makes the token with which the runner of this ID joins. It needs no
// approval and does not expire; ForgetRunner takes it back. Each runner has a user
// of its own on the server (a Member with Runner set): the server has tokens for
// runners too, but those can build and not deploy.
func (c *Client) RunnerToken(ctx context.Context, id string) (string, error) {
	if !runnerRule.MatchString(id) {
		return "", fmt.Errorf("runner ID %q: want 1 to 30 letters, digits, dashes or underscores, the first and last a letter or digit", id)
	}
	doing := "make a token for runner " + id
	resp, err := c.api.GenerateLoginToken(ctx, &pb.LoginTokenRequest{User: userRef(runnerPrefix + id)})
	if err == nil {
		return resp.GetToken(), nil
	}
	if !isNotFound(err) {
		return "", c.failed(doing, err)
	}
	_, token, err := c.signUp(ctx, runnerPrefix+id)
	return token, c.failed(doing, err)
}

// ForgetRunner removes a runner from the server's list and takes its token back. A
// runner that is gone already is no error.
func (c *Client) ForgetRunner(ctx context.Context, id string) error {
	_, err := c.api.DeleteUser(ctx, &pb.DeleteUserRequest{User: userRef(runnerPrefix + id)})
	if err != nil && !isNotFound(err) {
		return c.failed("take back the token of runner "+id, err)
	}
	_, err = c.api.ForgetRunner(ctx, &pb.ForgetRunnerRequest{RunnerId: id})
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

package client

import "context"

// Endpoints are the addresses of a server's other services. The server keeps
// them, so that a person who came with nothing but its address, its CA and a
// token finds the rest.
type Endpoints struct {
	// UI is the URL of the web interface.
	UI string
	// Source is the URL of the source receiver as people reach it,
	// "https://HOST:9703".
	Source string
	// RunnerSource is the same service as the runners reach it, on the platform's
	// own network.
	RunnerSource string
}

// The endpoints are kept as variables of the runners: all members can read them,
// and no app gets them.
const (
	endpointUI           = "PILOT_UI_URL"
	endpointSource       = "PILOT_SOURCE_URL"
	endpointRunnerSource = "PILOT_RUNNER_SOURCE_URL"
)

// SetEndpoints records the addresses. Empty ones are left as they are.
func (c *Client) SetEndpoints(ctx context.Context, e Endpoints) error {
	values := map[string]Secret{}
	for name, value := range map[string]string{endpointUI: e.UI, endpointSource: e.Source, endpointRunnerSource: e.RunnerSource} {
		if value != "" {
			values[name] = Secret(value)
		}
	}
	return c.SetRunnerVariables(ctx, values)
}

// Endpoints reads the recorded addresses; those never set are empty.
func (c *Client) Endpoints(ctx context.Context) (Endpoints, error) {
	list, err := c.RunnerVariables(ctx)
	if err != nil {
		return Endpoints{}, err
	}
	var e Endpoints
	for _, v := range list {
		switch v.Name {
		case endpointUI:
			e.UI = v.Value.Reveal()
		case endpointSource:
			e.Source = v.Value.Reveal()
		case endpointRunnerSource:
			e.RunnerSource = v.Value.Reveal()
		}
	}
	return e, nil
}

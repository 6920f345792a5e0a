package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pilot-framework/pilot/internal/home"
	"github.com/pilot-framework/pilot/pkg/server/daemon"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/urfave/cli/v2"
)

// addCertificates puts the stack's certificates into its status, and warns of
// those that are about to end.
func addCertificates(ctx context.Context, o *opened, status *stacks.Status) error {
	state, err := o.Export(ctx)
	if err != nil {
		return err
	}
	list, rotation, err := stacks.Certificates(state, time.Now())
	if err != nil {
		return err
	}
	status.Certificates = list
	status.Problems = append(status.Problems, stacks.Ending(list)...)
	if rotation != "" {
		status.Problems = append(status.Problems, fmt.Sprintf("a rotation of the certificates stopped at %s: pilot server rotate-certs finishes it", rotation))
	}
	return nil
}

// certificateCheck is what doctor says of a stack's certificates. A stack that
// was not set up from here has none to speak of, and is not opened, which would
// make it.
func (s *session) certificateCheck(c *cli.Context, stack string) stacks.Check {
	const none = "none yet; pilot setup makes them"
	return stacks.Check{Name: "Docker endpoint and certificates", Run: func(ctx context.Context) (string, error) {
		h, err := home.Open()
		if err != nil {
			return "", err
		}
		if _, err := h.LoadContext(stack); errors.Is(err, home.ErrNoContext) {
			return none, nil
		}
		o, err := s.open(c)
		if err != nil {
			return "", err
		}
		defer o.Close()
		var status stacks.Status
		if err := addCertificates(ctx, o, &status); err != nil {
			return "", err
		}
		out, err := o.outputs(ctx)
		if err != nil {
			return "", err
		}
		if out.Docker.Host != "" && o.simulated == nil {
			if err := checkEndpoint(ctx, daemon.Endpoint(out.Docker)); err != nil {
				return "", err
			}
		}
		return certificateFinding(&status, none)
	}}
}

// checkEndpoint looks whether a Docker endpoint lets its operator in and serves
// the API version that deploys need.
func checkEndpoint(ctx context.Context, e daemon.Endpoint) error {
	seen, err := daemon.Look(ctx, e)
	var wrong *daemon.APIError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong):
		return &stacks.Problem{Reason: wrong.Reason(), Fix: daemon.APIFix}
	}
	return &stacks.Problem{
		Reason: fmt.Sprintf("the Docker endpoint %s: %s: %v", e.Host, seen.Reach, err),
		Fix:    "see that its machine is up and that your address is among those that may reach it; pilot setup brings it in line",
	}
}

// certificateFinding says which certificate ends first; one that is about to
// end is a problem.
func certificateFinding(status *stacks.Status, none string) (string, error) {
	if len(status.Problems) > 0 {
		return "", &stacks.Problem{Reason: status.Problems[0], Fix: "pilot server rotate-certs"}
	}
	if len(status.Certificates) == 0 {
		return none, nil
	}
	first := status.Certificates[0]
	return fmt.Sprintf("%d, the first to end is %s of %s in %d days", len(status.Certificates), first.Role, first.Name, first.DaysLeft), nil
}

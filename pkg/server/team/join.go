package team

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pilot-framework/pilot/pkg/server/client"
)

// Platform is what an invite is made from: a platform as the one who invites
// reaches it.
type Platform struct {
	// Name and Target are the platform's.
	Name, Target string
	// Address, CA and Token reach the server as a member.
	Address string
	CA      []byte
	Token   string
	// UI, Source and RunnerSource are as in Invite.
	UI, Source, RunnerSource string
}

// NewInvite makes an invite for a new member of that name, good once and for as
// long as expires (one second to 30 days).
func NewInvite(ctx context.Context, p Platform, name string, expires time.Duration) (Invite, error) {
	c, err := client.Dial(ctx, client.Config{Address: p.Address, CA: p.CA, Token: p.Token})
	if err != nil {
		return Invite{}, err
	}
	defer c.Close()
	end := time.Now().Add(expires)
	token, err := c.NewInvite(ctx, name, expires)
	if err != nil {
		return Invite{}, err
	}
	return Invite{
		Platform: p.Name, Target: p.Target, Name: name, Address: p.Address, CA: p.CA, Token: token, Expires: end,
		UI: p.UI, Source: p.Source, RunnerSource: p.RunnerSource,
	}, nil
}

// Accept turns the invite into the member's login token, which does not expire.
// It works once. The error is client.ErrInvite for an invite that the server
// refuses, and client.ErrUntrusted where somebody else answers in its place.
func (i Invite) Accept(ctx context.Context) (token string, err error) {
	// The server would say so as well; this clock spares the way to it when the
	// invite is long over, and leaves room for clocks that differ.
	if over := time.Since(i.Expires); over > time.Hour {
		return "", fmt.Errorf("%w: it expired at %s; ask for a new one", client.ErrInvite, i.Expires.Local().Format(time.DateTime))
	}
	cfg := client.Config{Address: i.Address, CA: i.CA}
	token, name, err := client.ConvertInvite(ctx, cfg, i.Token)
	switch {
	case errors.Is(err, client.ErrUntrusted):
		return "", fmt.Errorf("what answers at %s is not the server of this invite: its certificate is not of the authority sha256:%s; the token was not sent: %w", i.Address, i.Fingerprint(), err)
	case err != nil:
		return "", err
	case name != i.Name:
		return "", fmt.Errorf("%w: it says it is for %s, and the server says for %s", client.ErrInvite, i.Name, name)
	}
	return token, nil
}

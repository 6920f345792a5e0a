package client

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
)

// Limits of an invite's life.
const (
	shortestInvite = time.Second
	longestInvite  = 30 * 24 * time.Hour
)

// signUpTime is how long the inner token of a sign-up is good; it is used at
// once.
const signUpTime = time.Minute

// ErrInvite is an invite that can't be used: expired, used, taken back, altered,
// or of another server.
var ErrInvite = errors.New("the invite can't be used")

// NewInvite makes an invite for a new member: a token that can be turned into a
// login token once (ConvertInvite), within expires (one second to 30 days). The
// name must be free.
func (c *Client) NewInvite(ctx context.Context, name string, expires time.Duration) (string, error) {
	if err := checkMember(name); err != nil {
		return "", err
	}
	if expires < shortestInvite || expires > longestInvite {
		return "", fmt.Errorf("invite expiry %s: want %s to %s", expires, shortestInvite, longestInvite)
	}
	if err := c.nameFree(ctx, name); err != nil {
		return "", err
	}
	// The server lets an invite be used any number of times. So the invite is for
	// a user of its own, which ConvertInvite replaces by the member and deletes:
	// a second use then yields a token that opens nothing.
	suffix := make([]byte, 4)
	if _, err := rand.Read(suffix); err != nil {
		return "", err
	}
	user, _, err := c.signUp(ctx, invitedPrefix+hex.EncodeToString(suffix))
	if err != nil {
		return "", c.failed("make the invite", err)
	}
	_, err = c.api.UpdateUser(ctx, &pb.UpdateUserRequest{User: &pb.User{
		Id: user.GetId(), Username: user.GetUsername(),
		Display: time.Now().Add(expires).UTC().Format(time.RFC3339) + " " + name,
	}})
	if err != nil {
		return "", c.failed("make the invite", err)
	}
	resp, err := c.api.GenerateInviteToken(ctx, &pb.InviteTokenRequest{
		Duration: expires.String(), Login: &pb.Token_Login{UserId: user.GetId()},
	})
	if err != nil {
		return "", c.failed("make the invite", err)
	}
	return resp.GetToken(), nil
}

// signUp makes a user and its login token.
func (c *Client) signUp(ctx context.Context, name string) (*pb.User, string, error) {
	invite, err := c.api.GenerateInviteToken(ctx, &pb.InviteTokenRequest{
		Duration: signUpTime.String(), Login: &pb.Token_Login{},
		Signup: &pb.Token_Invite_Signup{InitialUsername: name},
	})
	if err != nil {
		return nil, "", err
	}
	login, err := c.api.ConvertInviteToken(ctx, &pb.ConvertInviteTokenRequest{Token: invite.GetToken()})
	if err != nil {
		return nil, "", err
	}
	resp, err := c.api.GetUser(ctx, &pb.GetUserRequest{User: userRef(name)})
	return resp.GetUser(), login.GetToken(), err
}

func (c *Client) nameFree(ctx context.Context, name string) error {
	members, err := c.Members(ctx)
	if err != nil {
		return err
	}
	for _, m := range members {
		if m.Name == name && m.Pending {
			return fmt.Errorf("%s is invited already, until %s: remove that invite first", name, m.Expires.Local().Format(time.DateTime))
		}
		if m.Name == name {
			return fmt.Errorf("%s is a member already", name)
		}
	}
	return nil
}

// ConvertInvite turns an invite into the member's login token, which does not
// expire. It works once. Config.Token is not used. The error is ErrInvite when
// the server does not accept the invite.
func ConvertInvite(ctx context.Context, cfg Config, invite string) (token, name string, err error) {
	if !tokenRule.MatchString(invite) {
		return "", "", fmt.Errorf("%w: it is altered or cut short", ErrInvite)
	}
	cfg.Token = ""
	guest, err := Dial(ctx, cfg)
	if err != nil {
		return "", "", err
	}
	defer guest.Close()
	first, err := guest.api.ConvertInviteToken(ctx, &pb.ConvertInviteTokenRequest{Token: invite})
	if err != nil {
		return "", "", inviteError(guest.failed("use the invite", err))
	}
	cfg.Token = first.GetToken()
	c, err := Dial(ctx, cfg)
	if err != nil {
		return "", "", err
	}
	defer c.Close()
	resp, err := c.api.GetUser(ctx, &pb.GetUserRequest{})
	if err != nil {
		return "", "", inviteError(c.failed("use the invite", err))
	}
	invited := newMember(resp.GetUser())
	if !invited.Pending {
		return "", "", fmt.Errorf("%w: it is not an invite of this kind", ErrInvite)
	}
	_, token, err = c.signUp(ctx, invited.Name)
	if err != nil {
		return "", "", inviteError(c.failed("use the invite", err))
	}
	if _, err := c.api.DeleteUser(ctx, &pb.DeleteUserRequest{User: &pb.Ref_User{Ref: &pb.Ref_User_Id{Id: &pb.Ref_UserId{Id: invited.ID}}}}); err != nil {
		return "", "", c.failed("end the invite", err)
	}
	return token, invited.Name, nil
}

// inviteError tells a refused invite from a server that does not answer.
func inviteError(err error) error {
	switch {
	case errors.Is(err, ErrUnavailable), errors.Is(err, ErrUntrusted), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case strings.Contains(err.Error(), "Token has expired"):
		return fmt.Errorf("%w: it has expired; ask for a new one", ErrInvite)
	case strings.Contains(err.Error(), "Pre-Waypoint"):
		return fmt.Errorf("%w: it was used or taken back; ask for a new one", ErrInvite)
	case errors.Is(err, ErrUnauthenticated), strings.Contains(err.Error(), "not an invite token"):
		return fmt.Errorf("%w: it is altered, or belongs to another server", ErrInvite)
	}
	return err
}

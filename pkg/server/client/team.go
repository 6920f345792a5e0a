package client

import (
	"context"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"time"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
	"google.golang.org/protobuf/types/known/emptypb"
)

// invitedPrefix marks the user that stands for an invite nobody took up yet. Its
// display name is the invite's end and the future member's name.
const invitedPrefix = "invited-"

// runnerPrefix marks the user of a runner.
const runnerPrefix = "runner-"

// firstUserID is the ID the server gives its first user.
const firstUserID = "00000000000000000000000001"

// memberRule is the server's own rule for user names.
var memberRule = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,36}[A-Za-z0-9]$`)

func checkMember(name string) error {
	if !memberRule.MatchString(name) {
		return fmt.Errorf("member name %q: want 2 to 38 letters, digits, dashes or underscores, the first and last a letter or digit", name)
	}
	for _, taken := range []string{invitedPrefix, runnerPrefix} {
		if strings.HasPrefix(name, taken) {
			return fmt.Errorf("member name %q: want a name that does not start with %q", name, taken)
		}
	}
	return nil
}

// CheckMemberName says what is wrong with the name of a member.
func CheckMemberName(name string) error { return checkMember(name) }

// Member is a person with access to the server. All members have the same
// rights: the server knows no roles.
type Member struct {
	ID, Name string
	// Pending is true for an invite that was not taken up yet.
	Pending bool
	// Expires is when a pending invite ends, zero for members.
	Expires time.Time
	// Runner is true for the user of a runner: no person.
	Runner bool
	// First is true for the owner of the first token, who can't be removed.
	First bool
}

// Members lists everybody with access, runners too, and every open invite, by name.
func (c *Client) Members(ctx context.Context) ([]Member, error) {
	resp, err := c.api.ListUsers(ctx, &emptypb.Empty{})
	if err != nil {
		return nil, c.failed("list members", err)
	}
	members := make([]Member, 0, len(resp.GetUsers()))
	for _, u := range resp.GetUsers() {
		members = append(members, newMember(u))
	}
	sort.Slice(members, func(i, j int) bool { return members[i].Name < members[j].Name })
	return members, nil
}

// Whoami is the member the client's token belongs to.
func (c *Client) Whoami(ctx context.Context) (Member, error) {
	resp, err := c.api.GetUser(ctx, &pb.GetUserRequest{})
	if err != nil {
		return Member{}, c.failed("look up the token's owner", err)
	}
	return newMember(resp.GetUser()), nil
}

// RemoveMember takes a member's access, or an open invite, away at once; all
// other tokens stay good. The error is ErrNotFound if there is no such member.
// The owner of the first token can't be removed.
func (c *Client) RemoveMember(ctx context.Context, name string) error {
	members, err := c.Members(ctx)
	if err != nil {
		return err
	}
	found := false
	for _, m := range members {
		if m.Name != name {
			continue
		}
		if m.First {
			return fmt.Errorf("member %s owns the first token and can't be removed", name)
		}
		_, err := c.api.DeleteUser(ctx, &pb.DeleteUserRequest{User: &pb.Ref_User{Ref: &pb.Ref_User_Id{Id: &pb.Ref_UserId{Id: m.ID}}}})
		if err != nil {
			return c.failed("remove member "+name, err)
		}
		found = true
	}
	if !found {
		return &serverError{doing: "remove member " + name, message: "no such member", kind: ErrNotFound}
	}
	return nil
}

// LoginToken makes a further token for the client's own member, for expires (0:
// for ever).
func (c *Client) LoginToken(ctx context.Context, expires time.Duration) (string, error) {
	req := &pb.LoginTokenRequest{}
	if expires > 0 {
		req.Duration = expires.String()
	}
	resp, err := c.api.GenerateLoginToken(ctx, req)
	if err != nil {
		return "", c.failed("make a login token", err)
	}
	return resp.GetToken(), nil
}

// LogInToken makes a token that the web interface turns into a login of the
// client's own member, within expires. The server lets it be used more than once
// until then, so it is kept short.
func (c *Client) LogInToken(ctx context.Context, expires time.Duration) (string, error) {
	resp, err := c.api.GenerateInviteToken(ctx, &pb.InviteTokenRequest{Duration: expires.String()})
	if err != nil {
		return "", c.failed("make a token for the web interface", err)
	}
	return resp.GetToken(), nil
}

func newMember(u *pb.User) Member {
	m := Member{ID: u.GetId(), Name: u.GetUsername(), First: u.GetId() == firstUserID}
	m.Runner = strings.HasPrefix(m.Name, runnerPrefix)
	if strings.HasPrefix(m.Name, invitedPrefix) {
		end, name, _ := strings.Cut(u.GetDisplay(), " ")
		m.Pending, m.Name = true, name
		m.Expires, _ = time.Parse(time.RFC3339, end)
	}
	return m
}

func userRef(name string) *pb.Ref_User {
	return &pb.Ref_User{Ref: &pb.Ref_User_Username{Username: &pb.Ref_UserUsername{Username: name}}}
}

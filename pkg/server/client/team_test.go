package client_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/client/servertest"
)

func TestInvitesAndMembers(t *testing.T) {
	s, owner := servertest.Bootstrapped(t)
	ctx := servertest.Timeout(t, 60*time.Second)

	invite, err := owner.NewInvite(ctx, "ada", time.Hour)
	servertest.Must(t, err)
	if _, err := owner.NewInvite(ctx, "ada", time.Hour); err == nil || !strings.Contains(err.Error(), "invited already") {
		t.Errorf("second invite of the same name: %v", err)
	}
	members, err := owner.Members(ctx)
	servertest.Must(t, err)
	if got := names(members); got != "ada (pending), waypoint" {
		t.Errorf("members %q", got)
	}

	token, name, err := client.ConvertInvite(ctx, s.Config, invite)
	servertest.Must(t, err)
	if name != "ada" {
		t.Errorf("name %q", name)
	}
	ada := s.Dial(t, token)
	servertest.Must(t, ada.CheckToken(ctx))
	if me, err := ada.Whoami(ctx); err != nil || me.Name != "ada" || me.Pending || me.First {
		t.Errorf("whoami %+v, %v", me, err)
	}

	// Each of these must be refused, and say why.
	expiring, err := owner.NewInvite(ctx, "late", time.Second)
	servertest.Must(t, err)
	withdrawn, err := owner.NewInvite(ctx, "gone", time.Hour)
	servertest.Must(t, err)
	servertest.Must(t, owner.RemoveMember(ctx, "gone"))
	other, otherOwner := servertest.Bootstrapped(t)
	foreign, err := otherOwner.NewInvite(ctx, "eve", time.Hour)
	servertest.Must(t, err)
	servertest.Eventually(t, 10*time.Second, "the short invite expires", func() bool {
		_, _, err := client.ConvertInvite(ctx, s.Config, expiring)
		return err != nil && strings.Contains(err.Error(), "expired")
	})
	for why, tc := range map[string]struct{ invite, want string }{
		"used":      {invite, "used or taken back"},
		"withdrawn": {withdrawn, "used or taken back"},
		"foreign":   {foreign, "another server"},
		"altered":   {invite[:len(invite)-5] + "xxxxx", "altered"},
		"a token":   {token, "altered"},
		"nonsense":  {"hello", "altered"},
		"short":     {"2", "altered"},
	} {
		_, _, err := client.ConvertInvite(ctx, s.Config, tc.invite)
		if !errors.Is(err, client.ErrInvite) || !strings.Contains(fmt.Sprint(err), tc.want) {
			t.Errorf("%s invite: %v, want %q", why, err, tc.want)
		}
	}
	if err := other.Dial(t, token).CheckToken(ctx); !errors.Is(err, client.ErrUnauthenticated) {
		t.Errorf("token of another server: %v", err)
	}

	// One member's access goes, the others' stays.
	servertest.Must(t, owner.RemoveMember(ctx, "ada"))
	if err := ada.CheckToken(ctx); !errors.Is(err, client.ErrUnauthenticated) {
		t.Errorf("removed member: %v", err)
	}
	servertest.Must(t, owner.CheckToken(ctx))
	if err := owner.RemoveMember(ctx, "ada"); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("remove twice: %v", err)
	}
	if err := owner.RemoveMember(ctx, "waypoint"); err == nil {
		t.Error("the owner of the first token was removed")
	}
	further, err := owner.LoginToken(ctx, time.Hour)
	servertest.Must(t, err)
	servertest.Must(t, s.Dial(t, further).CheckToken(ctx))

	for _, bad := range []string{"", "a", "a b", "-ab", "invited-x", "runner-x", strings.Repeat("a", 39)} {
		if _, err := owner.NewInvite(ctx, bad, time.Hour); err == nil {
			t.Errorf("invite for %q was made", bad)
		}
	}
	if _, err := owner.NewInvite(ctx, "bob", 0); err == nil || !strings.Contains(err.Error(), "expiry 0s") {
		t.Errorf("invite without an end: %v", err)
	}
}

func names(members []client.Member) string {
	var out []string
	for _, m := range members {
		name := m.Name
		if m.Pending {
			name += " (pending)"
		}
		out = append(out, name)
	}
	return strings.Join(out, ", ")
}

package team_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/server/certs"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/client/servertest"
	"github.com/pilot-framework/pilot/pkg/server/team"
)

func sample(t testing.TB) team.Invite {
	t.Helper()
	ca, err := certs.NewAuthority(certs.AuthorityRequest{CommonName: "Pilot test"})
	if err != nil {
		t.Fatal(err)
	}
	return team.Invite{
		Platform: "prod", Target: "aws", Name: "ada", Address: "203.0.113.7:9701", CA: ca.Pair().Cert,
		Token: strings.Repeat("a1", 60), Expires: time.Now().Add(time.Hour).Truncate(time.Second),
		UI: "https://203.0.113.7:9702", Source: "https://203.0.113.7:9703", RunnerSource: "https://pilot-prod-source:9703",
	}
}

func TestAnInviteIsReadBackAsItWasWritten(t *testing.T) {
	want := sample(t)
	text, err := want.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, form := range map[string]string{
		"as it is": text, "with white space": "  " + text + "\n", "broken by a mail": text[:70] + "\r\n" + text[70:140] + "\n " + text[140:],
	} {
		got, err := team.Parse(form)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Fingerprint() != want.Fingerprint() || len(got.Fingerprint()) != 64 {
			t.Errorf("%s: fingerprint %q, want %q", name, got.Fingerprint(), want.Fingerprint())
		}
		if string(got.CA) != string(want.CA) || got.Token != want.Token || got.Address != want.Address || got.Name != want.Name ||
			got.Platform != want.Platform || got.Target != want.Target || !got.Expires.Equal(want.Expires) ||
			got.UI != want.UI || got.Source != want.Source || got.RunnerSource != want.RunnerSource {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
	if strings.ContainsAny(text, " \n'\"$`\\") {
		t.Errorf("the invite needs quoting in a shell: %s", text)
	}
}

func TestEveryAlteredCharacterIsNoticed(t *testing.T) {
	text, err := sample(t).Encode()
	if err != nil {
		t.Fatal(err)
	}
	for i := range text {
		other := byte('A')
		if text[i] == other {
			other = 'B'
		}
		if _, err := team.Parse(text[:i] + string(other) + text[i+1:]); !errors.Is(err, team.ErrMalformed) {
			t.Fatalf("character %d altered: %v", i, err)
		}
	}
	for _, n := range []int{0, 1, len(team.Prefix), len(team.Prefix) + 5, len(text) / 2, len(text) - 1} {
		if _, err := team.Parse(text[:n]); !errors.Is(err, team.ErrMalformed) {
			t.Errorf("cut to %d characters: %v", n, err)
		}
	}
}

func TestAnIncompleteInviteIsNotWritten(t *testing.T) {
	for want, spoil := range map[string]func(*team.Invite){
		"token is empty":       func(i *team.Invite) { i.Token = "" },
		"member name is empty": func(i *team.Invite) { i.Name = "" },
		`address "nowhere"`:    func(i *team.Invite) { i.Address = "nowhere" },
		"no certificate":       func(i *team.Invite) { i.CA = nil },
		`"http://plain"`:       func(i *team.Invite) { i.UI = "http://plain" },
	} {
		i := sample(t)
		spoil(&i)
		if _, err := i.Encode(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("err = %v, want %q", err, want)
		}
	}
}

// TestJoining goes through every way in which a real server takes or refuses
// an invite.
func TestJoining(t *testing.T) {
	s, owner := servertest.Bootstrapped(t)
	ctx := servertest.Timeout(t, time.Minute)
	p := team.Platform{Name: "prod", Target: "local", Address: s.Address, CA: s.CA, Token: s.Token}
	invite, err := team.NewInvite(ctx, p, "ada", time.Hour)
	servertest.Must(t, err)
	text, err := invite.Encode()
	servertest.Must(t, err)
	read, err := team.Parse(text)
	servertest.Must(t, err)

	// Somebody else's server in the place of the right one never sees the token.
	other, _ := servertest.Bootstrapped(t)
	elsewhere := read
	elsewhere.Address = other.Address
	if _, err := elsewhere.Accept(ctx); !errors.Is(err, client.ErrUntrusted) || !strings.Contains(err.Error(), read.Fingerprint()) {
		t.Errorf("another server: %v", err)
	}

	token, err := read.Accept(ctx)
	servertest.Must(t, err)
	servertest.Must(t, s.Dial(t, token).CheckToken(ctx))
	if _, err := read.Accept(ctx); !errors.Is(err, client.ErrInvite) || !strings.Contains(err.Error(), "used") {
		t.Errorf("used again: %v", err)
	}

	foreign := read
	foreign.Address, foreign.CA = other.Address, other.CA
	if _, err := foreign.Accept(ctx); !errors.Is(err, client.ErrInvite) || !strings.Contains(err.Error(), "another server") {
		t.Errorf("foreign: %v", err)
	}
	expired := read
	expired.Expires = time.Now().Add(-2 * time.Hour)
	if _, err := expired.Accept(ctx); !errors.Is(err, client.ErrInvite) || !strings.Contains(err.Error(), "expired at") {
		t.Errorf("expired: %v", err)
	}
	servertest.Must(t, owner.RemoveMember(ctx, "ada"))
	if err := s.Dial(t, token).CheckToken(ctx); !errors.Is(err, client.ErrUnauthenticated) {
		t.Errorf("after the removal: %v", err)
	}
}

// FuzzInvite reads anything. What can be read can be written and read again.
func FuzzInvite(f *testing.F) {
	text, err := sample(f).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(text[:len(text)-3])
	f.Add(team.Prefix)
	f.Add("pilot-invite-2-AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := team.Parse(text)
		if err != nil {
			if !errors.Is(err, team.ErrMalformed) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		again, err := got.Encode()
		if err != nil {
			t.Fatalf("%q was read, and can't be written: %v", text, err)
		}
		if _, err := team.Parse(again); err != nil {
			t.Fatalf("%q: %v", again, err)
		}
	})
}

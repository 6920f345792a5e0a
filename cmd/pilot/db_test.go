package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/server/client"
)

// books is a server that keeps secrets, and a database server that forgets
// databases.
type books struct {
	refuses, stays error
	kept           map[string]client.Secret
	undone         []string
}

func (b *books) SetSecrets(_ context.Context, _ client.Scope, values map[string]client.Secret) error {
	if b.refuses == nil {
		b.kept = values
	}
	return b.refuses
}

func (b *books) Undo(_ context.Context, name string) error {
	b.undone = append(b.undone, name)
	return b.stays
}

// A database whose only password is lost is no use to anybody.
func TestADatabaseThatItsAppIsNotToldOfIsRemoved(t *testing.T) {
	refused, stays := errors.New("the server is away"), errors.New("it has sessions")
	set := map[string]client.Secret{"DATABASE_URL": "postgres://shop:pw@db/shop"}
	scope := client.Scope{Project: "shop", App: "web"}
	for _, tc := range []struct {
		b      *books
		want   []string
		undone int
	}{
		{b: &books{}},
		{b: &books{refuses: refused}, want: []string{"DATABASE_URL of shop/web", "away", "the database orders is removed again"}, undone: 1},
		{b: &books{refuses: refused, stays: stays}, want: []string{"DATABASE_URL of shop/web", "away", "it has sessions"}, undone: 1},
	} {
		err := keepAddress(t.Context(), tc.b, tc.b, scope, set, "orders")
		if (err == nil) != (tc.want == nil) || len(tc.b.undone) != tc.undone || tc.undone > 0 && tc.b.undone[0] != "orders" {
			t.Errorf("%v, undone %v", err, tc.b.undone)
		}
		if err == nil {
			if len(tc.b.kept) != 1 {
				t.Error("the address is not kept")
			}
			continue
		}
		for _, part := range tc.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("it says %v, without %q", err, part)
			}
		}
		if strings.Contains(err.Error(), ":pw@") {
			t.Errorf("the password is shown: %v", err)
		}
	}
}

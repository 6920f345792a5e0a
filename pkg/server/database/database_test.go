package database_test

import (
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/server/database"
)

func TestNames(t *testing.T) {
	for _, good := range []string{"shop", "_x", "a1_b", strings.Repeat("a", 63)} {
		if err := database.CheckName(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "Shop", "1a", "a-b", "a b", `a"b`, "a;drop", "postgres", "template1", "pg_x", strings.Repeat("a", 64)} {
		if err := database.CheckName(bad); err == nil || !strings.Contains(err.Error(), `"`+strings.ReplaceAll(bad, `"`, `\"`)+`"`) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestURL(t *testing.T) {
	if got, want := database.URL("u", "p@/:", "h:5432", "d"), "postgres://u:p%40%2F%3A@h:5432/d"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

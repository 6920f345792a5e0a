package appconfig_test

import (
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/appconfig"
	"github.com/pilot-framework/pilot/pkg/server/client"
)

// A name that goes into the file is one that a deploy can hand to the server.
func TestEveryNameIsOneThatTheServerTakes(t *testing.T) {
	checks := map[string]func(string) error{"project": appconfig.CheckProjectName}
	for _, target := range appconfig.Targets() {
		checks[target.Name] = target.CheckName
	}
	var names []string
	for a := range 128 {
		names = append(names, string(rune(a)))
		for b := range 128 {
			names = append(names, string([]rune{rune(a), rune(b)}))
		}
	}
	for n := 3; n < 300; n++ {
		for _, letter := range []string{"a", "A", "0", "_", "-", ".", "é"} {
			names = append(names, strings.Repeat(letter, n), "a"+strings.Repeat(letter, n), strings.Repeat(letter, n)+"a")
		}
	}
	for of, check := range checks {
		taken := 0
		for _, name := range names {
			if check(name) != nil {
				continue
			}
			taken++
			if err := client.CheckName(of, name); err != nil {
				t.Errorf("%s takes %q: %v", of, name, err)
			}
		}
		if taken == 0 {
			t.Errorf("%s takes none of %d names", of, len(names))
		}
	}
	for _, name := range []string{"_shop", strings.Repeat("a", 64)} {
		file, err := appconfig.Parse([]byte("project = \""+name+"\"\n"), appconfig.FileName)
		if err == nil {
			err = file.Validate()
		}
		if err == nil || !strings.Contains(err.Error(), "for the server") {
			t.Errorf("a file of project %q: %v", name, err)
		}
	}
}

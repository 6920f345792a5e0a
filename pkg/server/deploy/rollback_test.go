package deploy

import (
	"errors"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/server/client"
)

// builds is a list of deployments, the newest first, from lines of
// DEPLOYMENT BUILD IMAGE COMMIT; "-" is none.
func builds(lines ...string) []client.Deployment {
	none := func(s string) string { return strings.Trim(s, "-") }
	var list []client.Deployment
	for _, line := range lines {
		f := strings.Fields(line)
		list = append(list, client.Deployment{
			ID: f[0], Number: uint64(f[0][0] - '0'), State: client.DeploymentRunning, Target: "docker", Commit: none(f[3]),
			Build: client.Build{Number: uint64(f[1][0] - '0'), Image: none(f[2])},
		})
	}
	return list
}

func TestARollbackWantsTheImageOfThen(t *testing.T) {
	const same = "waypoint.local/web:latest"
	for name, tc := range map[string]struct {
		list   []client.Deployment
		target string
		number uint64
		want   []string
	}{
		"no registry": {
			list: builds("3 3 "+same+" c", "2 2 "+same+" b", "1 1 "+same+" a"),
			want: []string{"deployment 2 of shop/web", same, "deployment 3", `use "docker" { image = "pilot.local/shop/web", tag = gitrefhash(), local = true }`, "waypoint.hcl"},
		},
		"no commit is known": {list: builds("2 2 "+same+" -", "1 1 "+same+" -"), want: []string{"deployment 1 of"}},
		"the same tag in a cloud's registry": {
			list: builds("2 2 acme/web:latest b", "1 1 acme/web:latest a"), target: "aws-ecs",
			want: []string{"acme/web:latest", "tag = gitrefhash() in the registry stanza"},
		},
		"a name for each":              {list: builds("2 2 w:b b", "1 1 w:a a")},
		"the same commit again":        {list: builds("3 3 w:b b", "2 2 w:a a", "1 1 w:a a"), number: 1},
		"the newest of the name":       {list: builds("2 2 "+same+" b", "1 1 "+same+" a"), number: 2},
		"a registry was added":         {list: builds("2 2 w:b b", "1 1 "+same+" a")},
		"after a rollback, once more":  {list: builds("3 1 w:a b", "2 2 w:b b", "1 1 w:a a"), number: 1},
		"after a rollback, to the new": {list: builds("5 1 w:a c", "4 4 w:c c", "3 3 w:a a", "2 2 w:b b", "1 1 w:a a"), number: 3},
		"no image":                     {list: builds("2 2 - b", "1 1 - a")},
	} {
		if tc.target != "" {
			for i := range tc.list {
				tc.list[i].Target = tc.target
			}
		}
		w := &work{Subject: Subject{Project: "shop", App: "web"}}
		to, err := earlier(tc.list, tc.number, w.Name())
		if err != nil {
			t.Fatal(err)
		}
		err = w.replaced(tc.list, to)
		var input *InputError
		if (err == nil) != (tc.want == nil) || err != nil && !errors.As(err, &input) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, part := range tc.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: it says %v, without %q", name, err, part)
			}
		}
		if err != nil && strings.Contains(err.Error(), "local = true") != (tc.target == "") {
			t.Errorf("%s: it says %v", name, err)
		}
	}
}

package deploy

import (
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/appconfig"
	"github.com/pilot-framework/pilot/pkg/server/client"
)

// sites is a list of deployments, the newest first: one letter each, r for
// running, d for destroyed, f for failed, and R for what is served.
func sites(states string) []client.Deployment {
	var list []client.Deployment
	for i, s := range states {
		d := client.Deployment{ID: string(rune('a' + i)), Number: uint64(len(states) - i), Target: "pilot-cloudfront"}
		d.State = map[rune]client.DeploymentState{
			'r': client.DeploymentRunning, 'R': client.DeploymentRunning, 'd': client.DeploymentDestroyed, 'f': client.DeploymentFailed,
		}[s]
		d.Released = s == 'R'
		list = append(list, d)
	}
	return list
}

func TestEarlierSite(t *testing.T) {
	for _, tc := range []struct {
		states string
		number uint64
		want   uint64
		err    string
	}{
		{states: "Rrr", want: 2},
		{states: "rRr", want: 1}, // a second rollback goes on from the first
		{states: "rRr", number: 3, want: 3},
		{states: "Rfr", want: 1},
		{states: "rr", want: 1}, // never released
		{states: "R", err: "acme/web has no earlier deployment to go back to"},
		{states: "rrRdd", err: "no deployment before 3 to go back to: the earlier ones were pruned; keep"},
		{states: "Rrdd", number: 2, err: "deployment 2 of acme/web was pruned, its files are gone: to go back to there are 3; keep"},
		{states: "Rd", number: 1, err: "deployment 1 of acme/web was pruned, its files are gone: no other deployment has its files left"},
		{states: "Rfr", number: 2, err: "deployment 2 of acme/web is failed: there is nothing to go back to"},
		{states: "rR", number: 1, err: "deployment 1 of acme/web is what is served now: to go back to there are 2"},
		{states: "Rr", number: 9, err: "deployment 9: acme/web has none of that number; pilot deployments acme/web lists them"},
		{states: "dd", err: "no deployment before 2 to go back to"},
		{states: "", err: "acme/web has no earlier deployment"},
	} {
		got, err := earlierSite(sites(tc.states), tc.number, "acme/web")
		switch {
		case tc.err != "":
			if err == nil || !strings.Contains(err.Error(), tc.err) {
				t.Errorf("%s back to %d: %v\nwant %s", tc.states, tc.number, err, tc.err)
			}
		case err != nil || got.Number != tc.want:
			t.Errorf("%s back to %d: %d (%v), want %d", tc.states, tc.number, got.Number, err, tc.want)
		}
	}
}

func TestKept(t *testing.T) {
	for _, tc := range []struct {
		deploy, release string
		want            int
	}{
		{deploy: "docker", want: 0},
		{deploy: "pilot-cloudfront", release: "", want: 9},
		{deploy: "pilot-cloudfront", release: "keep = 3", want: 2},
		{deploy: "pilot-cloudfront", release: "keep = var.keep", want: 9},
		{deploy: "pilot-cloud-cdn", release: "domain = \"www.example.com\"\nkeep = 4", want: 3},
	} {
		text := "project = \"acme\"\nvariable \"keep\" {}\napp \"web\" {\nbuild {\nuse \"pilot-yarn\" {}\n}\ndeploy {\nuse \"" + tc.deploy + "\" {}\n}\n"
		if tc.release != "" {
			text += "release {\nuse \"" + tc.deploy + "\" {\n" + tc.release + "\n}\n}\n"
		}
		file, err := appconfig.Parse([]byte(text+"}\n"), ConfigFile)
		if err != nil {
			t.Fatal(err)
		}
		app, ok := file.App("web")
		if !ok {
			t.Fatal("no app")
		}
		if got := keptBy(app); got != tc.want {
			t.Errorf("%s %s: %d earlier deployments stay, want %d", tc.deploy, tc.release, got, tc.want)
		}
	}
}

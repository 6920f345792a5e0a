package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/server/client"
)

// siteSecret is what no container of a build may know.
const siteSecret = "the-runners-secret-key"

// exampleSite copies examples/site, and has the build tell what it can see.
func (p *platform) exampleSite() {
	p.t.Helper()
	if err := os.CopyFS(p.dir, os.DirFS("../../examples/site")); err != nil {
		p.t.Fatal(err)
	}
	p.edit("build.js", "await rm(out", "console.log('sees', Object.keys(process.env).sort().join(' '));\nawait rm(out")
}

func (p *platform) edit(name, from, to string) {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, name))
	if err != nil {
		p.t.Fatal(err)
	}
	if !strings.Contains(string(text), from) {
		p.t.Fatalf("%s has no %q", name, from)
	}
	p.write(name, strings.Replace(string(text), from, to, 1))
}

var distributionURL = regexp.MustCompile(`^https://([A-Za-z0-9-]+)\.cloudfront\.net$`)

// upSite deploys the site and returns its distribution and the output.
func (p *platform) upSite(vars ...string) (distribution, out string) {
	p.t.Helper()
	args := []string{"up"}
	for _, v := range vars {
		args = append(args, "--var", v)
	}
	cmd, cancel := p.command(args...)
	defer cancel()
	both, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Fatalf("pilot %v: %v\n%s", args, err, both)
	}
	lines := strings.Split(strings.TrimSpace(string(both)), "\n")
	m := distributionURL.FindStringSubmatch(lines[len(lines)-1])
	if m == nil {
		p.t.Fatalf("up ended without the site's URL:\n%s", both)
	}
	return m[1], string(both)
}

// TestSite takes examples/site through both plugins on a real platform, to an
// emulated cloud: what is built in a container there is served, only what changed
// is uploaded, rollback is a matter of a moment, and nothing stays.
func TestSite(t *testing.T) {
	p := newPlatform(t, "e2e-site")
	p.run("setup", "--yes")
	p.exampleSite()
	cloud := newSiteCloud(p)
	bucket := "pilot-e2e-site"
	vars := []string{"bucket=" + bucket, "endpoint=" + cloud.url}
	t.Cleanup(func() {
		removeBuildCache(t, "site")
		if t.Failed() { // the platform can't be destroyed later, without the cloud
			_, _ = p.try("destroy", "web", "--yes")
		}
	})

	if out, err := p.try("up", "--var", vars[0], "--var", vars[1]); err == nil || !strings.Contains(out, "no AWS credentials") {
		t.Errorf("up without credentials: %v\n%s", err, out)
	}
	if _, found := cloud.objects(t, bucket); found {
		t.Error("up without credentials made the bucket")
	}
	give := client.RunnerConfig{Variables: map[string]client.Secret{"AWS_ACCESS_KEY_ID": "AKIDSITE", "AWS_SECRET_ACCESS_KEY": siteSecret}}
	if err := p.serverClient().SetRunnerConfig(t.Context(), give); err != nil {
		t.Fatal(err)
	}

	distribution, out := p.upSite(vars...)
	p.siteBuiltAlone(out)
	cloud.serves(t, distribution, "A site on Pilot")
	first, _ := cloud.sent()
	if len(first) != 3 {
		t.Errorf("the first up sent %v, want a page, a style and a script", first)
	}

	p.edit("build.js", "A site on Pilot", "A changed site")
	second, out := p.upSite(vars...)
	if second != distribution {
		t.Errorf("the second up serves at %s, the first at %s", second, distribution)
	}
	cloud.serves(t, distribution, "A changed site")
	uploaded, copied := cloud.sent()
	if len(uploaded) != 1 || uploaded[0] != "index.html" || len(copied) != 2 {
		t.Errorf("of one changed page, %v were sent and %v copied:\n%s", uploaded, copied, out)
	}
	p.edit("build.js", "A changed site", "A third site")
	p.upSite(vars...)
	cloud.sent()

	p.siteGoesBack(cloud, distribution)
	if cloud.unsigned != 0 {
		t.Errorf("%d requests were not signed with the runners' key", cloud.unsigned)
	}
	p.noSecretAnywhere()

	// The app alone, at the second try; then the site again, which goes with the
	// whole platform.
	cloud.fail("DELETE /" + bucket)
	if out, err := p.try("destroy", "web", "--yes"); err == nil || !strings.Contains(out, "delete bucket") {
		t.Errorf("destroy with a bucket that can't be deleted: %v\n%s", err, out)
	}
	cloud.fail("")
	p.run("destroy", "web", "--yes")
	cloud.nothingLeft(t, bucket, distribution)
	distribution, _ = p.upSite(vars...)
	cloud.serves(t, distribution, "A third site")
	p.run("destroy", "--yes")
	cloud.nothingLeft(t, bucket, distribution)
	if got := docker(t, "ps", "-aq", "--filter", "label=io.pilot.stack="+p.stack); got != "" {
		t.Errorf("destroy left containers: %s", got)
	}
}

// siteBuiltAlone wants a build that ran in a container, with nothing of the
// runner's.
func (p *platform) siteBuiltAlone(out string) {
	t := p.t
	t.Helper()
	for _, want := range []string{"into a container of pilot-node:18", "yarn", "built dist/index.html", "3 uploaded"} {
		if !strings.Contains(out, want) {
			t.Errorf("up does not show %q:\n%s", want, out)
		}
	}
	seen := regexp.MustCompile(`sees ([A-Za-z_ ]+)`).FindStringSubmatch(out)
	if seen == nil {
		t.Fatalf("the build does not tell what it sees:\n%s", out)
	}
	for _, name := range strings.Fields(seen[1]) {
		if strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "DOCKER_") || strings.HasPrefix(name, "WAYPOINT_") {
			t.Errorf("the build sees %s", name)
		}
	}
	if !strings.Contains(seen[1], "GREETING") {
		t.Errorf("the build sees %s, and not its own variable", seen[1])
	}
}

// siteGoesBack is at deployment 4 of the app: the first one failed for want of
// credentials.
func (p *platform) siteGoesBack(cloud *siteCloud, distribution string) {
	t := p.t
	t.Helper()
	cloud.serves(t, distribution, "A third site")
	out := strings.TrimSpace(p.run("rollback"))
	if !strings.HasSuffix(out, "https://"+distribution+".cloudfront.net") {
		t.Errorf("rollback ended without the URL:\n%s", out)
	}
	cloud.serves(t, distribution, "A changed site")
	p.run("rollback")
	cloud.serves(t, distribution, "A site on Pilot")
	if uploaded, copied := cloud.sent(); len(uploaded)+len(copied) != 0 {
		t.Errorf("rollbacks sent %v and copied %v", uploaded, copied)
	}
	var list []struct {
		Number   uint64
		State    string
		Released bool
		URLs     []string
	}
	p.decode(&list, "deployments")
	if len(list) != 4 || !list[2].Released || list[0].Released || len(list[2].URLs) != 1 {
		t.Errorf("deployments after two rollbacks: %+v", list)
	}
	if out, err := p.try("rollback"); err == nil || !strings.Contains(out, "no earlier deployment to go back to") {
		t.Errorf("a rollback from the first deployment: %v\n%s", err, out)
	}
	p.run("rollback", fmt.Sprint(list[0].Number))
	cloud.serves(t, distribution, "A third site")
}

// noSecretAnywhere looks where other containers and people could.
func (p *platform) noSecretAnywhere() {
	t := p.t
	t.Helper()
	for _, id := range strings.Fields(docker(t, "ps", "-aq")) {
		if strings.Contains(docker(t, "inspect", id), siteSecret) {
			t.Errorf("container %s has the runners' secret in its configuration", id)
		}
	}
	if out := docker(t, "logs", "pilot-"+p.stack+"-runner-1"); strings.Contains(out, siteSecret) {
		t.Error("the runner logs its secret")
	}
}

func removeBuildCache(t *testing.T, project string) {
	t.Helper()
	filter := []string{"--filter", "label=io.pilot.role=build-cache", "--filter", "label=io.pilot.project=" + project}
	for _, name := range strings.Fields(docker(t, append([]string{"volume", "ls", "-q"}, filter...)...)) {
		docker(t, "volume", "rm", name)
	}
}

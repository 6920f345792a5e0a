package yarn

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// look is a build that publishes what it can see.
const look = `
const fs = require("fs"), net = require("net");
const status = fs.readFileSync("/proc/self/status", "utf8");
const field = (name) => status.match(new RegExp("^" + name + ":\\s*(.*)$", "m"))[1].trim();
const seen = {
  env: process.env, uid: process.getuid(), groups: process.getgroups(),
  caps: field("CapEff") + field("CapPrm") + field("CapBnd"), noNewPrivs: field("NoNewPrivs"),
  sockets: ["/var/run/docker.sock", "/run/docker.sock"].filter(fs.existsSync),
  writable: ["/etc", "/usr", "/"].filter((p) => { try { fs.accessSync(p, fs.constants.W_OK); return true } catch { return false } }),
};
fs.mkdirSync("dist");
fs.writeFileSync("dist/seen.json", JSON.stringify(seen));
`

// TestBuildSeesNothingOfTheRunner puts into the runner's environment what must not
// get out of it, under names that tools look for.
func TestBuildSeesNothingOfTheRunner(t *testing.T) {
	for _, name := range []string{"AWS_SECRET_ACCESS_KEY", "GOOGLE_APPLICATION_CREDENTIALS", "DOCKER_CONFIG", "WAYPOINT_SERVER_TOKEN", "NPM_TOKEN", "npm_config_userconfig"} {
		t.Setenv(name, "the-runners-own")
	}
	t.Setenv("DOCKER_HOST", "unix:///var/run/docker.sock")
	dir := project(t, map[string]string{"package.json": "{}", "look.js": look})
	_, files := must(t, Config{BuildCommand: "node look.js", Env: map[string]string{"API_URL": "https://api.example.com"}}, newJob(t, dir))
	var seen struct {
		Env        map[string]string
		UID        int
		Groups     []int
		Caps       string
		NoNewPrivs string
		Sockets    []string
		Writable   []string
	}
	if err := json.Unmarshal([]byte(files["seen.json"]), &seen); err != nil {
		t.Fatal(err)
	}
	allowed := []string{"API_URL", "HOSTNAME", "PWD", "LANG", "OLDPWD", "_", "SHLVL"}
	for _, v := range environment(nil) {
		name, _, _ := strings.Cut(v, "=")
		allowed = append(allowed, name)
	}
	for name, value := range seen.Env {
		if !slices.Contains(allowed, name) || strings.Contains(value, "the-runners-own") {
			t.Errorf("the build sees %s=%s", name, value)
		}
	}
	if seen.Env["API_URL"] != "https://api.example.com" || seen.Env["HOME"] != homeDir {
		t.Errorf("the build's environment: %v", seen.Env)
	}
	if seen.UID != uid || slices.Contains(seen.Groups, 0) || strings.Trim(seen.Caps, "0") != "" || seen.NoNewPrivs != "1" {
		t.Errorf("the build runs with %+v", seen)
	}
	if len(seen.Sockets) > 0 || len(seen.Writable) > 0 {
		t.Errorf("the build reaches %v, and writes to %v", seen.Sockets, seen.Writable)
	}
}

// TestTwoJobsAtOnce runs a second build while a first one serves its files. The
// second one tries several times: when any network is made or removed, the Engine
// takes its rule between networks away and puts it back, and a connection that
// begins in these milliseconds gets through.
func TestTwoJobsAtOnce(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	first := newJob(t, project(t, map[string]string{
		"package.json": "{}", "marker-of-first": "secret",
		"serve.js": `require("http").createServer((q, r) => r.end("secret")).listen(8080, () =>
			console.log("address " + Object.values(require("os").networkInterfaces()).flat().find((a) => !a.internal).address))`,
	}))
	shown, done := newLog(), make(chan error, 1)
	docker := dockerClient(t)
	go func() {
		_, err := Build(ctx, docker, Config{Image: nodeImage, InstallCommand: "touch " + cacheDir + "/marker-of-cache", BuildCommand: "node serve.js"}, first, shown)
		done <- err
	}()
	address := shown.line(t, "address ")
	dir := project(t, map[string]string{
		"package.json": "{}",
		"build.js": `const fs = require("fs"), net = require("net"), tries = 6;
			let reached = 0, left = tries;
			const attempt = () => {
				if (left-- == 0) { fs.mkdirSync("dist"); fs.writeFileSync("dist/reached", reached == tries ? "always" : "not always"); return }
				const s = net.connect(8080, process.env.ADDRESS, () => { reached++; s.destroy() });
				s.setTimeout(300, () => s.destroy());
				s.on("error", () => {}).on("close", () => setTimeout(attempt, 100));
			};
			attempt();`,
	})
	_, files := must(t, Config{
		BuildCommand: "node build.js && find / -name 'marker-of*' 2>/dev/null >dist/found; true",
		Env:          map[string]string{"ADDRESS": address},
	}, newJob(t, dir))
	if files["reached"] != "not always" || files["found"] != "" {
		t.Errorf("the second build sees of the first: %v", files)
	}
	select {
	case err := <-done:
		t.Errorf("the first build ended while the second ran: %v\n%s", err, shown)
	default:
	}
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("the first build: %v", err)
	}
}

func TestCacheIsKept(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"package.json": "{}"})
	job := newJob(t, dir)
	c := Config{InstallCommand: "mkdir -p $npm_config_cache && echo more >>$npm_config_cache/log", BuildCommand: "mkdir out && cp $npm_config_cache/log out"}
	for _, want := range []string{"more\n", "more\nmore\n"} {
		if _, files := must(t, c, job); files["log"] != want {
			t.Errorf("the cache holds %q, want %q", files["log"], want)
		}
		if err := os.RemoveAll(dir + "/out"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCancel ends a build in the middle of a command.
func TestCancel(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	job := newJob(t, project(t, map[string]string{"package.json": "{}"}))
	shown, done := newLog(), make(chan error, 1)
	docker := dockerClient(t)
	go func() {
		_, err := Build(ctx, docker, Config{
			Image: nodeImage, BuildCommand: "trap '' TERM INT; echo started; while :; do sleep 1000; done",
			Env: map[string]string{"API_TOKEN": "do-not-show-this"},
		}, job, shown)
		done <- err
	}()
	shown.line(t, "started")
	found := containersOf(t, docker, job)
	if len(found) != 1 {
		t.Fatalf("containers %v", found)
	}
	_, raw, err := docker.ContainerInspectWithRaw(context.Background(), found[0].ID, false)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw), "do-not-show-this") {
		t.Error("docker inspect shows the build's variables")
	}
	name := strings.TrimPrefix(found[0].Names[0], "/")
	begin := time.Now()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	t.Logf("cancelled in %v", time.Since(begin).Round(time.Millisecond))
	if left := containersOf(t, docker, job); len(left) != 0 || networkExists(t, docker, name) {
		t.Errorf("left: %v, network %v", left, networkExists(t, docker, name))
	}
	if _, err := docker.VolumeInspect(context.Background(), job.cacheVolume()); err != nil {
		t.Errorf("the cache: %v", err)
	}
}

// childBuild makes the test's own program build the folder that it names.
const childBuild = "PILOT_TEST_YARN_BUILD"

func buildForParent(dir string) {
	docker, err := newDocker()
	if err != nil {
		panic(err)
	}
	shown := newLog()
	_, err = Build(context.Background(), docker, Config{Image: nodeImage, BuildCommand: "sleep 1000"}, Job{Project: os.Getenv("PROJECT"), App: "web", Source: dir}, shown)
	panic(err)
}

// TestKilledPluginLeavesNoContainer kills the process that builds, which can't
// clean up then.
func TestKilledPluginLeavesNoContainer(t *testing.T) {
	t.Parallel()
	killBuild(t)
}

func killBuild(t *testing.T) {
	t.Helper()
	dir := project(t, map[string]string{"package.json": "{}"})
	job := newJob(t, dir)
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childBuild+"="+dir, "PROJECT="+job.Project)
	child.Stderr = os.Stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	docker := dockerClient(t)
	var name string
	eventually(t, "the build runs", func() bool {
		found := containersOf(t, docker, job)
		if len(found) != 1 || found[0].State != "running" {
			return false
		}
		name = strings.TrimPrefix(found[0].Names[0], "/")
		top, err := docker.ContainerTop(context.Background(), found[0].ID, nil)
		return err == nil && len(top.Processes) > 1
	})
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	eventually(t, "the container is gone", func() bool { return len(containersOf(t, docker, job)) == 0 })
	if err := removeNetwork(context.Background(), docker, name); err != nil {
		t.Error(err)
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not within a minute: %s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/provider"
	"github.com/pilot-framework/pilot/pkg/server"
	"github.com/pilot-framework/pilot/pkg/server/client"
)

// background runs pilot, and gives what it printed when it has ended.
func (p *platform) background(args ...string) func() (string, error) {
	p.t.Helper()
	cmd, cancel := p.command(args...)
	type ended struct {
		out []byte
		err error
	}
	done := make(chan ended, 1)
	go func() {
		defer cancel()
		out, err := cmd.CombinedOutput()
		done <- ended{out, err}
	}()
	return func() (string, error) {
		end := <-done
		return string(end.out), end.err
	}
}

// runnersSpec writes the spec with another number of runners.
func (p *platform) runnersSpec(n int) {
	p.t.Helper()
	data, err := os.ReadFile(filepath.Join(p.dir, "pilot.yaml"))
	if err != nil {
		p.t.Fatal(err)
	}
	text, _, _ := strings.Cut(string(data), "  runners:")
	p.write("pilot.yaml", text+fmt.Sprintf("  runners: %d\n", n))
}

// TestRunners has jobs of several apps run at the same time, takes runners away
// while they run, and asks why something waits.
func TestRunners(t *testing.T) {
	p, g := newPlatform(t, "e2e-runners"), newGate(t)
	t.Cleanup(func() { removeImages(t, "pilot.local/e2e-gated/") })
	p.runnersSpec(3)
	p.run("setup", "--yes")
	p.run("new", "project", "e2e-gated")
	// Each runner takes four jobs: with nine, no runner is without one.
	const jobs = 9
	var builds []func() (string, error)
	for i := range jobs {
		name := fmt.Sprintf("gated-%d", i)
		p.gatedApp(name, g)
	}
	up := p.background("up", "gated-0")
	for i := 1; i < jobs; i++ {
		builds = append(builds, p.background("build", fmt.Sprintf("gated-%d", i)))
	}
	p.until(2*time.Minute, "all builds run at the same time", func() bool { return g.names() == jobs })
	used := map[string]int{}
	for _, j := range p.runningJobs() {
		used[j.Runner]++
	}
	if len(used) != 3 {
		t.Errorf("jobs by runner: %v, want three runners", used)
	}

	// Another up of the same app waits, and says for whom.
	second := p.background("up", "gated-0")
	const why = "another job of e2e-gated/gated-0 is running: up of e2e-gated/gated-0 on runner pilot-e2e-runners-runner-"
	p.until(time.Minute, "status says what the second job waits for", func() bool {
		out, _ := p.try("status")
		return strings.Contains(out, why)
	})

	switched := p.switchKey()

	// Two of three runners go when their jobs are over.
	p.runnersSpec(1)
	down := p.background("setup", "--yes")
	p.until(time.Minute, "the setup waits for jobs", func() bool { return p.logged("waiting for ") })
	if n := len(p.runningJobs()); n != jobs {
		t.Errorf("%d jobs run while runners are to go, want %d", n, jobs)
	}
	select {
	case err := <-switched:
		t.Errorf("a key was switched while jobs could use the old one: %v", err)
	default:
	}
	g.release()
	for i, build := range builds {
		if out, err := build(); err != nil {
			t.Errorf("build %d: %v\n%s", i+1, err, out)
		}
	}
	if err := <-switched; err != nil {
		t.Error(err)
	}
	// What was built is no server, so nothing is said about how these end.
	_, _ = up()
	if out, _ := second(); !strings.Contains(out, why) {
		t.Errorf("the second up does not say why it waits:\n%s", out)
	}
	if out, err := down(); err != nil {
		t.Fatalf("setup with one runner: %v\n%s", err, out)
	}
	p.healthy()

	p.withoutRunner()
}

// switchKey gives the runners a file, and then another one in its place. The
// channel tells when no job can use the first any more.
func (p *platform) switchKey() <-chan error {
	p.t.Helper()
	var out struct{ ServerAddress, ServerCA, ServerToken string }
	p.decode(&out, "outputs", "--show-secrets")
	runners := server.RunnerConfigurer(client.Config{Address: out.ServerAddress, CA: []byte(out.ServerCA), Token: out.ServerToken})
	give := func(text string) error {
		return runners.Configure(p.t.Context(), provider.RunnerSettings{Files: map[string]string{"/dev/shm/e2e-key": text}}, nil)
	}
	if err := give("first"); err != nil {
		p.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- give("second") }()
	p.until(time.Minute, "the runners' configuration has the second key", func() bool {
		return strings.Contains(p.run("configure", "--list", "--show-secrets"), "second")
	})
	if out := p.run("configure", "--list"); !strings.Contains(out, "/dev/shm/e2e-key") || strings.Contains(out, "second") {
		p.t.Errorf("configure --list:\n%s", out)
	}
	return done
}

// logged looks for words in what the engine said in the last run.
func (p *platform) logged(words string) bool {
	p.t.Helper()
	files, err := filepath.Glob(filepath.Join(p.home, "logs", p.stack+"-*.jsonl"))
	if err != nil || len(files) == 0 {
		return false
	}
	data, err := os.ReadFile(slices.Max(files))
	return err == nil && strings.Contains(string(data), words)
}

func (p *platform) runningJobs() []client.Job {
	p.t.Helper()
	all, err := p.serverClient().Jobs(p.t.Context(), client.JobFilter{Project: "e2e-gated", Active: true})
	if err != nil {
		p.t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(j client.Job) bool {
		return j.State != client.JobRunning || j.Operation != "build" && j.Operation != "up"
	})
}

// withoutRunner stops the only runner: status and a build say so, and the build
// goes on when it is back.
func (p *platform) withoutRunner() {
	p.t.Helper()
	name := "pilot-" + p.stack + "-runner-1"
	docker(p.t, "stop", "-t", "1", name)
	p.until(30*time.Second, "status says why", func() bool {
		out := p.failsWith(1, "status")
		return strings.Contains(out, "runner-1 is exited with code ") && strings.Contains(out, " since ") && strings.Contains(out, "its last log lines:")
	})
	cmd, cancel := p.command("build", "gated-1")
	defer cancel()
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	var said strings.Builder
	told := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(pipe); lines.Scan(); {
			fmt.Fprintln(&said, lines.Text())
			if strings.Contains(lines.Text(), "no runner is online; runner pilot-"+p.stack+"-runner-") {
				select {
				case <-told:
				default:
					close(told)
				}
			}
		}
	}()
	select {
	case <-told:
	case <-ended:
		p.t.Fatalf("the build ended without a runner:\n%s", said.String())
	case <-time.After(time.Minute):
		_ = cmd.Process.Kill()
		<-ended
		p.t.Fatalf("the build does not say why it waits:\n%s", said.String())
	}
	p.run("server", "restart", "--role", "runner-1", "--yes")
	<-ended
	if err := cmd.Wait(); err != nil {
		p.t.Errorf("the build after the runner's return: %v\n%s", err, said.String())
	}
	if out, err := exec.Command("docker", "inspect", "-f", "{{.State.Running}}", name).CombinedOutput(); err != nil || !strings.Contains(string(out), "true") {
		p.t.Errorf("the runner is not back: %v %s", err, out)
	}
}

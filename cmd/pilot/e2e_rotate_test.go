package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	dockerapi "github.com/docker/docker/client"
	"github.com/pilot-framework/pilot/internal/testmachine"
	"github.com/pilot-framework/pilot/internal/testports"
)

// TestRotation rotates the certificates of a platform on this machine, is
// killed in every stage, and reaches into the platform's containers.
func TestRotation(t *testing.T) {
	p := newPlatform(t, "e2e-rotate")
	p.run("setup", "--yes")
	var env struct {
		Host string `json:"DOCKER_HOST"`
		Path string `json:"DOCKER_CERT_PATH"`
	}
	p.decode(&env, "server", "docker-env")
	p.endpointRefusesStrangers(env.Host)
	old := t.TempDir()
	if err := os.CopyFS(old, os.DirFS(env.Path)); err != nil {
		t.Fatal(err)
	}
	client := func(certs string) (string, error) {
		at := func(name string) string { return filepath.Join(certs, name) }
		out, err := exec.Command("docker", "-H", env.Host, "--tlsverify", "--tlscacert", filepath.Join(env.Path, "ca.pem"),
			"--tlscert", at("cert.pem"), "--tlskey", at("key.pem"), "version", "--format", "{{.Server.Version}}").CombinedOutput()
		return string(out), err
	}

	load := testmachine.NewLoad(t, serveHello(t, "rotate"))
	p.run("server", "rotate-certs", "--yes")
	if out, err := client(old); err == nil {
		t.Errorf("the certificate from before is still let in: %s", out)
	}
	renewed := t.TempDir()
	if err := os.CopyFS(renewed, os.DirFS(env.Path)); err != nil {
		t.Fatal(err)
	}
	p.run("server", "rotate-certs", "--ca", "--yes")
	if count, failed := load.Stop(); count < 100 || len(failed) > 0 {
		t.Errorf("%d of %d requests failed: %q", len(failed), count, failed)
	}
	if out, err := client(env.Path); err != nil {
		t.Errorf("the stock client with docker-env's certificate: %v %s", err, out)
	}
	if out, err := client(renewed); err == nil {
		t.Errorf("the certificate of the authority from before is still let in: %s", out)
	}

	rotate := []string{"server", "rotate-certs", "--yes"}
	p.killedInStages(append(rotate, "--ca"), "trust it beside", "sign all certificates", "trust the new authority alone", "note that it is done")
	p.killedInStages(rotate, "issue the servers' certificates anew", "sign the clients' certificates", "refuse the clients' certificates", "note that it is done")
	if out := p.run("preview"); !strings.Contains(out, "no changes") {
		t.Errorf("after all rotations a preview is not empty:\n%s", out)
	}

	if out := p.run("server", "exec", "--", "waypoint", "version"); !strings.Contains(out, "v0.11.4") {
		t.Errorf("exec: %s", out)
	}
	p.exits(7, "server", "shell", "--", "sh", "-c", "exit 7")
	if out := p.run("server", "shell", "--", "id", "-u"); strings.TrimSpace(out) != "0" {
		t.Errorf("shell: %q", out)
	}
	p.run("server", "restart", "--role", "source", "--yes")
	var parts []struct{ Role, State string }
	p.decode(&parts, "server", "status")
	if len(parts) != 5 {
		t.Errorf("server status: %+v", parts)
	}
	if out := p.run("doctor"); !strings.Contains(out, "Docker endpoint and certificates: 6") {
		t.Errorf("doctor: %s", out)
	}
}

// killedInStages kills a rotation in each of its stages, and wants the next run to
// finish it.
func (p *platform) killedInStages(rotate []string, stages ...string) {
	p.t.Helper()
	for _, stage := range stages {
		p.killedAt(stage, rotate...)
		if out := p.run(append(rotate, "--wait-for-lock", "1m")...); !strings.Contains(out, "certificates rotated") {
			p.t.Errorf("killed at %q, the next run said:\n%s", stage, out)
		}
		var status struct {
			Certificates []struct {
				Role     string
				DaysLeft int
			}
			Problems []string
		}
		p.decode(&status, "status")
		if len(status.Certificates) != 6 || status.Certificates[0].DaysLeft != 89 || len(status.Problems) > 0 {
			p.t.Errorf("killed at %q and finished: %+v", stage, status)
		}
	}
}

// killedAt runs pilot and kills it when it says so.
func (p *platform) killedAt(words string, args ...string) {
	p.t.Helper()
	cmd, cancel := p.command(args...)
	defer cancel()
	out, err := cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	said, lines := false, bufio.NewScanner(out)
	for lines.Scan() {
		// The line after it: the stage has begun.
		if said {
			_ = cmd.Process.Kill()
			break
		}
		said = strings.Contains(lines.Text(), words)
	}
	if err := cmd.Wait(); err == nil || !said {
		p.t.Fatalf("pilot was not killed at %q: said %v, %v", words, said, err)
	}
}

// serveHello runs a web server in a container on this machine's Docker.
func serveHello(t *testing.T, name string) string {
	t.Helper()
	daemon, err := dockerapi.NewClientWithOpts(dockerapi.WithAPIVersionNegotiation())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { daemon.Close() })
	port := testports.Free(t, 1)[0]
	testmachine.Serve(t, daemon, "pilot-test-"+name+"-web", port)
	return fmt.Sprintf("http://127.0.0.1:%d/", port)
}

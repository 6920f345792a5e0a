package gateway

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	dockerSocket = "/var/run/docker.sock"
	testImage    = "pilot-test-gateway-tool"
)

// docker runs the stock client against the gateway.
type docker struct {
	t   *testing.T
	env []string
}

func newDocker(t *testing.T, r *running) docker {
	t.Helper()
	dir := t.TempDir()
	for name, from := range map[string]string{"ca.pem": r.ca.File, "cert.pem": r.client.Cert, "key.pem": r.client.Key} {
		raw, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return docker{t, append(os.Environ(), "DOCKER_HOST=tcp://"+r.addr, "DOCKER_TLS_VERIFY=1", "DOCKER_CERT_PATH="+dir,
		"DOCKER_CONFIG="+t.TempDir(), "DOCKER_CONTEXT=", "DOCKER_BUILDKIT=0")}
}

func (d docker) command(args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	d.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "docker", args...)
	cmd.Env = d.env
	return cmd
}

func (d docker) run(stdin io.Reader, args ...string) string {
	d.t.Helper()
	cmd := d.command(args...)
	cmd.Stdin = stdin
	out, err := cmd.CombinedOutput()
	if err != nil {
		d.t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// toolTar is a root file system that holds the tool.
func toolTar(t *testing.T) []byte {
	t.Helper()
	tool := filepath.Join(t.TempDir(), "tool")
	build := exec.Command("go", "build", "-o", tool, "./testdata/tool")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the tool: %v\n%s", err, out)
	}
	raw, err := os.ReadFile(tool)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: "tool", Mode: 0o755, Size: int64(len(raw))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestStockDockerClient(t *testing.T) {
	r := start(t, dockerSocket, time.Second)
	d := newDocker(t, r)
	const name = "pilot-test-gateway"
	t.Cleanup(func() {
		_ = d.command("rm", "-f", name).Run()
		_ = d.command("rmi", "-f", testImage, testImage+"-built").Run()
	})

	if v := d.run(nil, "version", "--format", "{{.Server.Version}}"); v == "" {
		t.Error("docker version tells no server version")
	}
	root := toolTar(t)
	d.run(bytes.NewReader(root), "import", "-", testImage)

	t.Run("save, load", func(t *testing.T) {
		d := docker{t, d.env}
		file := filepath.Join(t.TempDir(), "image.tar")
		d.run(nil, "save", "-o", file, testImage)
		d.run(nil, "rmi", testImage)
		image, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer image.Close()
		if got := d.run(image, "load"); !strings.Contains(got, testImage) {
			t.Errorf("docker load says %q, want it to name %s", got, testImage)
		}
	})
	t.Run("build", func(t *testing.T) {
		d := docker{t, d.env}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM "+testImage+"\nENTRYPOINT [\"/tool\"]\nRUN [\"/tool\",\"say\",\"built\"]\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := d.run(nil, "build", "--network", "none", "-t", testImage+"-built", dir); !strings.Contains(got, "built") {
			t.Errorf("docker build says %q, want the output of its step", got)
		}
	})
	t.Run("run with input", func(t *testing.T) {
		d := docker{t, d.env}
		got := d.run(io.LimitReader(zeros{}, 5<<20), "run", "--rm", "--network", "none", "-i", testImage, "/tool", "count")
		if got != "5242880 <nil>" {
			t.Errorf("docker run -i counts %q, want 5242880 <nil>", got)
		}
	})
	d.run(nil, "run", "-d", "--network", "none", "--name", name, testImage, "/tool", "tick")
	t.Run("exec with input", func(t *testing.T) {
		d := docker{t, d.env}
		if got := d.run(strings.NewReader("12345"), "exec", "-i", name, "/tool", "count"); got != "5 <nil>" {
			t.Errorf("docker exec -i counts %q, want 5 <nil>", got)
		}
	})
	t.Run("logs -f", func(t *testing.T) { followLogs(docker{t, d.env}, name) })
}

// followLogs waits for lines that are written after the client has connected, and for its end with the container's.
func followLogs(d docker, name string) {
	cmd := d.command("logs", "-f", "--tail", "1", name)
	out, err := cmd.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for range 5 {
		if !lines.Scan() {
			d.t.Fatalf("docker logs -f ended early: %v", lines.Err())
		}
	}
	d.run(nil, "kill", name)
	for lines.Scan() {
	}
	if err := cmd.Wait(); err != nil {
		d.t.Errorf("docker logs -f after the container's end: %v", err)
	}
}

func TestStockDockerClientRefused(t *testing.T) {
	r := start(t, dockerSocket, time.Second)
	d := newDocker(t, r)
	plain := []string{}
	for _, kv := range d.env {
		if !strings.HasPrefix(kv, "DOCKER_TLS_VERIFY") && !strings.HasPrefix(kv, "DOCKER_CERT_PATH") {
			plain = append(plain, kv)
		}
	}
	out, err := docker{t, plain}.command("version").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "speaks TLS only") {
		t.Errorf("docker version in plain text: %v\n%s\nwant a failure that says how to connect", err, out)
	}
}

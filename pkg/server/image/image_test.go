package image

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/x509"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const binDir = "../../../bin"

func server(t *testing.T, opts Options) *Image {
	t.Helper()
	if opts.BinDir == "" {
		opts.BinDir = binDir
	}
	img, err := Server(opts)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestSameBytesTwice(t *testing.T) {
	var first, second bytes.Buffer
	a, b := server(t, Options{}), server(t, Options{})
	n, err := a.WriteTo(&first)
	if err != nil || n != int64(first.Len()) || n < a.Size() {
		t.Fatalf("WriteTo = %d, %v with %d bytes written and layers of %d", n, err, first.Len(), a.Size())
	}
	if _, err := b.WriteTo(&second); err != nil {
		t.Fatal(err)
	}
	if a.Digest() != b.Digest() || !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Errorf("two images of the same binaries differ: %s and %s", a.Digest(), b.Digest())
	}
	gateway, err := Gateway(Options{BinDir: binDir})
	if err != nil {
		t.Fatal(err)
	}
	if gateway.Digest() == a.Digest() || gateway.Name() == a.Name() {
		t.Error("the gateway image is the server image")
	}
}

func TestContentDecidesTheReference(t *testing.T) {
	dir := t.TempDir()
	copyFile(t, filepath.Join(binDir, agentBinary), filepath.Join(dir, agentBinary), 0)
	before, err := Gateway(Options{BinDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	copyFile(t, filepath.Join(binDir, agentBinary), filepath.Join(dir, agentBinary), 1)
	after, err := Gateway(Options{BinDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if before.Reference() == after.Reference() {
		t.Error("a changed binary gives the same reference")
	}
	if _, err := before.WriteTo(io.Discard); err == nil || !strings.Contains(err.Error(), "has changed since") {
		t.Errorf("WriteTo after a binary changed = %v, want an error", err)
	}
}

// copyFile copies a file and adds some bytes at its end.
func copyFile(t *testing.T, from, to string, more int) {
	t.Helper()
	raw, err := os.ReadFile(from)
	if err != nil {
		t.Fatalf(`%v: run "make build" first`, err)
	}
	if err := os.WriteFile(to, append(raw, make([]byte, more)...), 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestBadBinaries(t *testing.T) {
	dynamic := "/bin/ls"
	tests := []struct {
		name string
		fill func(dir string)
		opts Options
		want string
	}{
		{"missing", func(string) {}, Options{}, `run "make build"`},
		{"not a Linux binary", func(dir string) {
			if err := os.WriteFile(filepath.Join(dir, agentBinary), []byte("#!/bin/sh\n"), 0o755); err != nil {
				t.Fatal(err)
			}
		}, Options{}, "GOOS=linux"},
		{"not static", func(dir string) { copyFile(t, dynamic, filepath.Join(dir, agentBinary), 0) }, Options{}, "CGO_ENABLED=0"},
		{"a plugin with a bad name", nil, Options{Plugins: []string{filepath.Join(binDir, agentBinary)}}, "waypoint-plugin-NAME"},
		{"an absent plugin", nil, Options{Plugins: []string{"absent"}}, "absent"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.opts.BinDir = binDir
			if test.fill != nil {
				test.opts.BinDir = t.TempDir()
				copyFile(t, filepath.Join(binDir, waypointBinary), filepath.Join(test.opts.BinDir, waypointBinary), 0)
				test.fill(test.opts.BinDir)
			}
			if _, err := Server(test.opts); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Server = %v, want an error with %q", err, test.want)
			}
		})
	}
	t.Run("looked for beside the executable and in PILOT_HOME", func(t *testing.T) {
		t.Setenv("PILOT_HOME", "/nowhere")
		_, err := Gateway(Options{})
		if err == nil || !strings.Contains(err.Error(), " or /nowhere/bin:") {
			t.Errorf("Gateway = %v, want an error that names both folders", err)
		}
		dir := t.TempDir()
		t.Setenv("PILOT_HOME", dir)
		if err := os.Mkdir(filepath.Join(dir, "bin"), 0o755); err != nil {
			t.Fatal(err)
		}
		copyFile(t, filepath.Join(binDir, agentBinary), filepath.Join(dir, "bin", agentBinary), 0)
		if _, err := Gateway(Options{}); err != nil {
			t.Errorf("Gateway = %v", err)
		}
	})
}

func TestCertificates(t *testing.T) {
	pem := mozillaCertificates()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(pem)) || strings.Count(pem, "BEGIN CERTIFICATE") < 100 {
		t.Errorf("the bundle holds %d certificates, want at least 100", strings.Count(pem, "BEGIN CERTIFICATE"))
	}
}

func TestArchive(t *testing.T) {
	img := server(t, Options{})
	var raw bytes.Buffer
	if _, err := img.WriteTo(&raw); err != nil {
		t.Fatal(err)
	}
	archive := tar.NewReader(&raw)
	for {
		header, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if !header.ModTime.Equal(epoch) || header.Uid != 0 {
			t.Errorf("%s has time %s and owner %d, want those of no machine", header.Name, header.ModTime, header.Uid)
		}
	}
	for _, secret := range []string{"PRIVATE KEY", "token"} {
		if bytes.Contains(img.config, []byte(secret)) {
			t.Errorf("the image's configuration holds %q", secret)
		}
	}
}

// docker runs the stock client.
func docker(t *testing.T, stdin io.Reader, args ...string) string {
	t.Helper()
	cmd := exec.Command("docker", args...)
	cmd.Stdin = stdin
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func load(t *testing.T, img *Image) {
	t.Helper()
	r, w := io.Pipe()
	go func() {
		_, err := img.WriteTo(w)
		w.CloseWithError(err)
	}()
	docker(t, r, "load")
}

func TestPluginsBesideTheServerAreTaken(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{waypointBinary, agentBinary} {
		copyFile(t, filepath.Join(binDir, name), filepath.Join(dir, name), 0)
	}
	before := server(t, Options{BinDir: dir})
	copyFile(t, filepath.Join(binDir, agentBinary), filepath.Join(dir, "waypoint-plugin-pilot-test"), 0)
	with, without := server(t, Options{BinDir: dir}), server(t, Options{BinDir: dir, Plugins: []string{}})
	if with.Digest() == before.Digest() || without.Digest() != before.Digest() {
		t.Errorf("before %s, with a plugin %s, without it %s", before.Digest(), with.Digest(), without.Digest())
	}
	var archive bytes.Buffer
	if _, err := with.WriteTo(&archive); err != nil || !bytes.Contains(archive.Bytes(), []byte(PluginDir[1:]+"/waypoint-plugin-pilot-test")) {
		t.Errorf("the image has no plugin: %v", err)
	}
}

func TestOneProgramUnderSeveralNames(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "program")
	copyFile(t, filepath.Join(binDir, agentBinary), program, 1)
	linked, copied := filepath.Join(dir, "waypoint-plugin-b"), filepath.Join(dir, "waypoint-plugin-a")
	if err := os.Symlink(program, linked); err != nil {
		t.Fatal(err)
	}
	copyFile(t, program, copied, 0)
	one, both := server(t, Options{Plugins: []string{copied}}), server(t, Options{Plugins: []string{linked, copied}})
	if more := both.Size() - one.Size(); more > 1024 {
		t.Errorf("another name for a plugin takes %d bytes", more)
	}
	load(t, both)
	t.Cleanup(func() { docker(t, nil, "rmi", both.Reference()) })
	for _, name := range []string{"a", "b"} {
		if got := docker(t, nil, "run", "--rm", "--network", "none", both.Reference(), PluginDir+"/waypoint-plugin-"+name, "version"); got == "" {
			t.Errorf("plugin %s does not run", name)
		}
	}
}

// The image is sent to machines far away, so it must stay small: with all plugins
// below 80 MB, gzipped as it is sent.
func TestSize(t *testing.T) {
	img := server(t, Options{BinDir: binDir})
	out := &counter{w: io.Discard}
	z, err := gzip.NewWriterLevel(out, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := img.WriteTo(z); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(img.layers, func(l layer) bool { return l.comment == "plugins" }) {
		t.Fatal(`the image has no plugins: run "make build"`)
	}
	if out.n >= 80e6 {
		t.Errorf("the image has %d bytes, want less than 80 MB", out.n)
	}
}

func TestRunsInDocker(t *testing.T) {
	// A plugin of its own makes this image another one than a running platform's, so it can be removed again.
	dir := t.TempDir()
	plugin := filepath.Join(dir, "waypoint-plugin-test")
	copyFile(t, filepath.Join(binDir, agentBinary), plugin, 1)
	img := server(t, Options{Plugins: []string{plugin}})
	load(t, img)
	t.Cleanup(func() { docker(t, nil, "rmi", img.Reference()) })

	run := func(args ...string) string {
		t.Helper()
		return docker(t, nil, append([]string{"run", "--rm", "--cap-drop", "ALL", "--network", "none", img.Reference()}, args...)...)
	}
	if got := run("waypoint", "version"); !strings.Contains(got, "v0.11.4") {
		t.Errorf("waypoint version = %q, want v0.11.4", got)
	}
	if got := run("pilot-agent", "version"); got == "" {
		t.Error("pilot-agent version says nothing")
	}
	if got := run(PluginDir+"/waypoint-plugin-test", "version"); got == "" {
		t.Error("the plugin is not in its folder")
	}
	user := docker(t, nil, "inspect", "--format", "{{.Config.User}} {{index .Config.Labels \"io.pilot.version.waypoint\"}}", img.Reference())
	if user != "1000:1000 v0.11.4" {
		t.Errorf("user and label = %q, want 1000:1000 v0.11.4", user)
	}
	for _, env := range strings.Fields(docker(t, nil, "inspect", "--format", "{{range .Config.Env}}{{.}} {{end}}", img.Reference())) {
		if name, _, _ := strings.Cut(env, "="); !strings.Contains("PATH HOME XDG_CONFIG_HOME SSL_CERT_FILE", name) {
			t.Errorf("environment holds %s", env)
		}
	}
}

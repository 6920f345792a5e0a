package appconfig

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/waypoint-plugin-sdk/component"
	"github.com/hashicorp/waypoint-plugin-sdk/internal-shared/pluginclient"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/pilot-framework/pilot/internal/testports"
)

// How the tests ask the real Waypoint v0.11.4, with nothing but loopback:
//
//   - `waypoint init` loads and validates the whole file, and registers the
//     project and its apps with a real server, which checks their names.
//   - `waypoint config sync -local` runs a job that loads every app, looks up
//     every plugin and evaluates variables and config, but calls no cloud.
//     It takes half a second, so it is run on files with many apps.
//   - `waypoint plugin NAME` is how Waypoint itself starts a built-in plugin;
//     the options are then decoded and checked by the plugin, over gRPC, by the
//     same call (component.Configure) that Waypoint makes before a build,
//     deployment or release.
//
// The pilot-* plugins are not in Waypoint's own binary. For the second step
// their labels are replaced by "null", a built-in plugin that does nothing; the
// third has no plugin to ask.

func TestMain(m *testing.M) {
	code := m.Run()
	goplugin.CleanupClients()
	if stopServer != nil {
		stopServer()
	}
	os.Exit(code)
}

// waypointBinary returns the path of Waypoint v0.11.4, built when missing.
var waypointBinary = sync.OnceValues(func() (string, error) {
	path, err := filepath.Abs("../../bin/waypoint")
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	cmd := exec.Command("../../tools/waypoint/build.sh", path)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build Waypoint: %w\n%s", err, out)
	}
	return path, nil
})

var stopServer func()

// waypointEnv is the environment of a client of a real server, started once.
var waypointEnv = sync.OnceValues(func() ([]string, error) {
	bin, err := waypointBinary()
	if err != nil {
		return nil, err
	}
	home, err := os.MkdirTemp("", "pilot-test-appconfig-")
	if err != nil {
		return nil, err
	}
	ports, err := testports.Find(2)
	if err != nil {
		return nil, err
	}
	grpc, web := fmt.Sprintf("127.0.0.1:%d", ports[0]), fmt.Sprintf("127.0.0.1:%d", ports[1])
	env := append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "CHECKPOINT_DISABLE=1")
	server := withUs(exec.Command(bin, "server", "run", "-accept-tos", "-db="+filepath.Join(home, "db"),
		"-listen-grpc="+grpc, "-listen-http="+web, "-url-enabled=false", "-advertise-addr="+grpc))
	server.Env = env
	var log bytes.Buffer
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		return nil, err
	}
	stopServer = func() {
		_ = server.Process.Kill()
		_ = server.Wait()
		_ = os.RemoveAll(home)
	}
	for deadline := time.Now().Add(30 * time.Second); ; {
		conn, err := net.DialTimeout("tcp", grpc, time.Second)
		if err == nil {
			_ = conn.Close()
			break
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("the Waypoint server did not come up:\n%s", log.String())
		}
		time.Sleep(20 * time.Millisecond)
	}
	boot := exec.Command(bin, "server", "bootstrap", "-server-addr="+grpc, "-server-tls-skip-verify")
	boot.Env = env
	token, err := boot.Output()
	if err != nil {
		return nil, fmt.Errorf("bootstrap the Waypoint server: %w", err)
	}
	return append(env, "WAYPOINT_SERVER_ADDR="+grpc, "WAYPOINT_SERVER_TLS=1", "WAYPOINT_SERVER_TLS_SKIP_VERIFY=1",
		"WAYPOINT_SERVER_TOKEN="+strings.TrimSpace(string(token))), nil
})

// pilotLabels replaces the labels of plugins that Waypoint's binary lacks.
var pilotLabels = strings.NewReplacer(`use "pilot-yarn"`, `use "null"`, `use "pilot-cloudfront"`, `use "null"`, `use "pilot-cloud-cdn"`, `use "null"`)

// initRefused returns what the real binary says against the file when it
// validates it and registers its project and apps, or "".
func initRefused(t testing.TB, src []byte) string {
	t.Helper()
	if out, err := waypoint(t, fileFolder(t, src), "init"); err != nil {
		return out
	}
	return ""
}

// loadRefused returns what the real binary says against the file when a job
// loads it, or "". A job for one app loads all apps.
func loadRefused(t testing.TB, f *File) string {
	t.Helper()
	dir := fileFolder(t, f.Bytes())
	if out, err := waypoint(t, dir, "init"); err != nil {
		return out
	}
	if out, err := waypoint(t, dir, "config", "sync", "-local", "-app="+f.Apps()[0].Name); err != nil {
		return out
	}
	return ""
}

func fileFolder(t testing.TB, src []byte) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, FileName), []byte(pilotLabels.Replace(string(src))), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func waypoint(t testing.TB, dir string, args ...string) (string, error) {
	t.Helper()
	env, err := waypointEnv()
	if err != nil {
		t.Fatal(err)
	}
	bin, err := waypointBinary()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, args...)
	cmd.Dir, cmd.Env = dir, env
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) } // tells where it hangs
	out, err := cmd.CombinedOutput()
	return string(out), err
}

var (
	running   = map[string]*goplugin.Client{}
	runningMu sync.Mutex
)

var componentOf = map[stageKind]component.Type{
	stageBuild: component.BuilderType, stageRegistry: component.RegistryType,
	stageDeploy: component.PlatformType, stageRelease: component.ReleaseManagerType,
}

// startPlugin returns a component of one of the real binary's plugins.
func startPlugin(t testing.TB, kind stageKind, name string) any {
	t.Helper()
	bin, err := waypointBinary()
	if err != nil {
		t.Fatal(err)
	}
	runningMu.Lock()
	defer runningMu.Unlock()
	client := running[name]
	if client == nil {
		log := hclog.NewNullLogger()
		cfg := pluginclient.ClientConfig(log, false)
		cfg.Cmd = withUs(exec.Command(bin, "plugin", name))
		cfg.Logger = log
		client = goplugin.NewClient(cfg)
		running[name] = client
	}
	rpc, err := client.Client()
	if err != nil {
		t.Fatalf("start plugin %s: %v", name, err)
	}
	raw, err := rpc.Dispense(strings.ToLower(componentOf[kind].String()))
	if err != nil {
		t.Fatalf("plugin %s has no %s: %v", name, kind, err)
	}
	return raw
}

// optionsRefused has the real plugins decode and check the options of every app
// in the file, and returns what they say against them, or "".
func optionsRefused(t testing.TB, src []byte) string {
	t.Helper()
	parsed, diags := hclsyntax.ParseConfig(src, FileName, hcl.InitialPos)
	if diags.HasErrors() {
		return diags.Error()
	}
	var said []string
	for _, app := range parsed.Body.(*hclsyntax.Body).Blocks {
		if app.Type != "app" {
			continue
		}
		for _, stage := range app.Body.Blocks {
			said = append(said, stageRefused(t, stageKind(stage.Type), stage.Body)...)
		}
	}
	return strings.Join(said, "\n")
}

func stageRefused(t testing.TB, kind stageKind, body *hclsyntax.Body) (said []string) {
	for _, b := range body.Blocks {
		switch b.Type {
		case "registry":
			said = append(said, stageRefused(t, stageRegistry, b.Body)...)
		case "use":
			if strings.HasPrefix(b.Labels[0], "pilot-") {
				continue
			}
			if diags := component.Configure(startPlugin(t, kind, b.Labels[0]), b.Body, evalContext); diags.HasErrors() {
				said = append(said, fmt.Sprintf("%s %s: %s", kind, b.Labels[0], diags.Error()))
			}
		}
	}
	return said
}

// evalContext knows what the tests' files use.
var evalContext = &hcl.EvalContext{
	Variables: map[string]cty.Value{
		"var": cty.ObjectVal(map[string]cty.Value{
			"tag": cty.StringVal("v1"), "memory": cty.NumberIntVal(1024),
			"pilot_config_webapp":  cty.MapVal(map[string]cty.Value{"MODE": cty.StringVal("live")}),
			"pilot_secrets_webapp": cty.MapVal(map[string]cty.Value{"KEY": cty.StringVal("arn:aws:secretsmanager:eu-west-1:1:secret:s:KEY::v")}),
		}),
		"app": cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal("web")}),
	},
	Functions: map[string]function.Function{
		// As in Waypoint's pkg/config/funcs/stdlib.go.
		"merge": stdlib.MergeFunc, "contains": stdlib.ContainsFunc, "keys": stdlib.KeysFunc,
		"gitrefhash": function.New(&function.Spec{
			Type: function.StaticReturnType(cty.String),
			Impl: func([]cty.Value, cty.Type) (cty.Value, error) {
				return cty.StringVal("3f2c1aa9d0b14b1c8e5f6a7b8c9d0e1f2a3b4c5d"), nil
			},
		}),
	},
}

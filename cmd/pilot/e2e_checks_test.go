package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/server/certs"
)

// failingBuild wants the failing step named, its own message shown, and the
// step's exit code.
func (p *platform) failingBuild() {
	p.t.Helper()
	file := filepath.Join(p.dir, "main.go")
	good, err := os.ReadFile(file)
	if err != nil {
		p.t.Fatal(err)
	}
	p.write("main.go", "package main\n\nfunc main() { undefinedFunction() }\n")
	out := p.exits(11, "up")
	if !strings.Contains(out, "undefined: undefinedFunction") {
		p.t.Errorf("a failing build does not show the compiler's words:\n%s", out)
	}
	p.write("main.go", string(good))

	var events []string
	scan := bufio.NewScanner(strings.NewReader(p.run("up", "--json")))
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		var e struct{ Event, URL string }
		if err := json.Unmarshal(scan.Bytes(), &e); err != nil {
			p.t.Fatalf("up --json printed %q: %v", scan.Text(), err)
		}
		events = append(events, e.Event)
	}
	if len(events) == 0 || events[len(events)-1] != "result" || !slices.Contains(events, "log") {
		p.t.Errorf("up --json: events %v, want a log and a result at the end", events)
	}
}

// endpointRefusesStrangers tries the endpoint the wrong ways, and the right
// one with the stock docker client.
func (p *platform) endpointRefusesStrangers(endpoint string) {
	p.t.Helper()
	address := strings.TrimPrefix(endpoint, "tcp://")
	ping := func(scheme string, cfg *tls.Config) error {
		c := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: cfg, DisableKeepAlives: true}}
		resp, err := c.Get(scheme + "://" + address + "/_ping")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				return os.ErrPermission
			}
		}
		return err
	}
	var env struct {
		Path string `json:"DOCKER_CERT_PATH"`
	}
	p.decode(&env, "server", "docker-env")
	ca, err := os.ReadFile(filepath.Join(env.Path, "ca.pem"))
	if err != nil {
		p.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	stranger, err := certs.NewAuthority(certs.AuthorityRequest{CommonName: "stranger"})
	if err != nil {
		p.t.Fatal(err)
	}
	leaf, err := stranger.Issue(certs.Request{CommonName: "operator", Role: certs.RoleOperator, Client: true})
	if err != nil {
		p.t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(leaf.Cert, leaf.Key)
	if err != nil {
		p.t.Fatal(err)
	}
	// A client left to itself keeps back what the endpoint would refuse.
	show := func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	mine, err := tls.LoadX509KeyPair(filepath.Join(env.Path, "cert.pem"), filepath.Join(env.Path, "key.pem"))
	if err != nil {
		p.t.Fatal(err)
	}
	if err := ping("https", &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{mine}}); err != nil {
		p.t.Errorf("the endpoint refuses its operator: %v", err)
	}
	for name, err := range map[string]error{
		"plaintext":                    ping("http", nil),
		"no certificate":               ping("https", &tls.Config{RootCAs: pool}),
		"another authority's":          ping("https", &tls.Config{RootCAs: pool, GetClientCertificate: show}),
		"a client that trusts another": ping("https", &tls.Config{RootCAs: x509.NewCertPool()}),
		"a wrong name":                 ping("https", &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{mine}, ServerName: "docker.example.org"}),
	} {
		if err == nil {
			p.t.Errorf("the endpoint let in: %s", name)
		}
	}
	shell := exec.Command("bash", "-c", `eval "$("$0" server docker-env)" && docker ps --format '{{.Names}}'`, p.bin)
	shell.Dir = p.dir
	shell.Env = append(os.Environ(), "PILOT_HOME="+p.home)
	out, err := shell.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "pilot-"+p.stack+"-gateway") {
		p.t.Errorf("the stock docker client: %v\n%s", err, out)
	}
}

// driftIsSeenAndMended removes a container by hand.
func (p *platform) driftIsSeenAndMended() {
	p.t.Helper()
	state := p.stateFile()
	before, err := os.ReadFile(state)
	if err != nil {
		p.t.Fatal(err)
	}
	app := docker(p.t, "ps", "-q", "--latest", "--filter", "label=app=e2e-web")
	docker(p.t, "kill", app)
	if out := p.exits(2, "drift"); !strings.Contains(out, "app shop/e2e-web") || !strings.Contains(out, "its container is exited") {
		p.t.Errorf("drift does not name the app:\n%s", out)
	}
	if out := p.run("preview", "--refresh"); !strings.Contains(out, "app shop/e2e-web") {
		p.t.Errorf("preview --refresh does not name the app:\n%s", out)
	}
	docker(p.t, "start", app)
	docker(p.t, "rm", "-f", "pilot-"+p.stack+"-runner-1")
	if out := p.exits(2, "drift"); !strings.Contains(out, "server-runner-1") {
		p.t.Errorf("drift does not name the runner:\n%s", out)
	}
	if out := p.run("preview", "--refresh"); !strings.Contains(out, "server-runner-1") {
		p.t.Errorf("preview --refresh does not name the runner:\n%s", out)
	}
	after, err := os.ReadFile(state)
	if err != nil || string(before) != string(after) {
		p.t.Errorf("looking for drift changed the state (%v)", err)
	}
	p.run("setup", "--yes", "--refresh")
	p.healthy()
}

func (p *platform) stateFile() string {
	return filepath.Join(p.home, "state", ".pulumi", "stacks", "pilot", p.stack+".json")
}

// noSecretInInspect plants marked secrets where people enter them, and looks for
// these and for every secret output where a secret must not be.
func (p *platform) noSecretInInspect() {
	p.t.Helper()
	var shown, masked map[string]any
	p.decode(&shown, "outputs", "--show-secrets")
	p.decode(&masked, "outputs")
	secrets := map[string]string{"app variable": "planted-app-variable-Yy48", "git token": "planted-git-token-Uu16"}
	for name, v := range masked {
		if v == "[secret]" {
			secrets[name] = shown[name].(string)
		}
	}
	if len(secrets) < 5 {
		p.t.Fatalf("only %d secrets: %v", len(secrets), masked)
	}
	places := map[string]string{}
	say := func(stdin string, args ...string) error {
		cmd, cancel := p.command(args...)
		defer cancel()
		cmd.Stdin = strings.NewReader(stdin)
		out, err := cmd.CombinedOutput() // what fails says something too
		places["output of pilot "+strings.Join(args, " ")] = string(out)
		return err
	}
	if err := say(secrets["app variable"]+"\n", "config", "set", "--app", "e2e-web", "--secret", "PLANTED"); err != nil {
		p.t.Fatalf("plant a variable: %v", err)
	}
	_ = say(secrets["git token"]+"\n", "link", "shop", "--git", "https://127.0.0.1:1/none.git", "--auth", "token")
	for _, args := range [][]string{
		{"config", "get", "--app", "e2e-web", "--json"}, {"config", "set", "--app", "e2e-web", "=broken"}, {"status", "--json"},
		{"doctor", "--json"}, {"configure", "--list"}, {"preview", "--json"}, {"db", "info", "--json"}, {"app", "--json"},
		{"link", "shop", "--remove"}, {"config", "unset", "--app", "e2e-web", "PLANTED"},
	} {
		_ = say("", args...)
	}
	places["the process list"] = processes(p.t)
	for _, id := range strings.Fields(docker(p.t, "ps", "-aq", "--filter", "label=io.pilot.stack="+p.stack)) {
		places["docker inspect "+id] = docker(p.t, "inspect", id)
		places["docker logs "+id] = docker(p.t, "logs", id)
	}
	collect(p.t, p.home, places)
	noLeak(p.t, secrets, places, func(string, string) bool { return false },
		"docker inspect", "docker logs", "process list", "history", "stacks", "logs/", "output of pilot config get")
}

// processes are all command lines and environments of this machine.
func processes(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("ps", "axeww", "-o", "args").CombinedOutput()
	if err != nil {
		t.Fatalf("ps: %v\n%s", err, out)
	}
	return string(out)
}

// nothingLeft wants an empty Docker, as far as the stack is concerned, and a
// home with nothing but state.
func (p *platform) nothingLeft() {
	p.t.Helper()
	filter := "label=io.pilot.stack=" + p.stack
	for what, got := range map[string]string{
		"containers": docker(p.t, "ps", "-aq", "--filter", filter),
		"volumes":    docker(p.t, "volume", "ls", "-q", "--filter", filter),
		"networks":   docker(p.t, "network", "ls", "-q", "--filter", filter),
		"apps":       docker(p.t, "ps", "-aq", "--filter", "label=app=e2e-web"),
		"app volume": docker(p.t, "volume", "ls", "-q", "--filter", "name=e2e-web-scratch"),
		"app image":  docker(p.t, "images", "-q", "pilot.local/shop/e2e-web"),
	} {
		if got != "" {
			p.t.Errorf("left in Docker, %s: %s", what, got)
		}
	}
	entries, err := os.ReadDir(p.home)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "state" && e.Name() != "simulated" { // that is state too
			p.t.Errorf("left in Pilot's folder: %s", e.Name())
		}
	}
	state, err := os.ReadFile(p.stateFile())
	if err != nil {
		p.t.Fatal(err)
	}
	var checkpoint struct {
		Checkpoint struct {
			Latest struct{ Resources []any }
		}
	}
	if err := json.Unmarshal(state, &checkpoint); err != nil || len(checkpoint.Checkpoint.Latest.Resources) != 0 {
		p.t.Errorf("the state still has %d resources (%v)", len(checkpoint.Checkpoint.Latest.Resources), err)
	}
}

// TestNoChildProcess runs preview and setup under strace: nothing is executed
// but pilot itself.
func TestNoChildProcess(t *testing.T) {
	p := newPlatform(t, "e2e-strace")
	for _, args := range [][]string{{"preview"}, {"setup", "--yes"}} {
		log := filepath.Join(t.TempDir(), "strace")
		cmd, cancel := p.command(args...)
		defer cancel()
		cmd.Args = append([]string{"strace", "-f", "-qq", "-e", "trace=execve", "-o", log, p.bin}, args...)
		var err error
		if cmd.Path, err = exec.LookPath("strace"); err != nil {
			t.Fatal(err)
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("pilot %v under strace: %v\n%s", args, err, out)
		}
		trace, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(trace), "execve("); n != 1 {
			t.Errorf("pilot %v: %d processes, want 1:\n%s", args, n, trace)
		}
	}
}

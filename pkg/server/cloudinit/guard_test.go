package cloudinit

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestGuard sets the rule in a network of its own: with a chain of Docker's,
// twice, and before there is a chain.
func TestGuard(t *testing.T) {
	m := newMachine(t, GCPSecretManager, newStore(t, GCPSecretManager))
	guard := python + " " + m.path("endpoint.py") + " guard"
	for name, script := range map[string]string{
		"Docker's chain": "iptables -N DOCKER-USER && iptables -A DOCKER-USER -j RETURN && " + guard + " && " + guard,
		"no chain":       guard + " && " + guard,
	} {
		out, err := exec.Command("unshare", "--net", "sh", "-c", script+" && iptables -S DOCKER-USER").CombinedOutput()
		rules := strings.Split(strings.TrimSpace(string(out)), "\n")
		if err != nil || len(rules) < 2 || strings.Count(string(out), "REJECT") != 1 ||
			!strings.Contains(rules[1], "-d 169.254.169.254/32 -p tcp -m tcp --dport 80 -j REJECT") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// TestUnit looks at the order of a start: the certificate and the rule come
// before the daemon.
func TestUnit(t *testing.T) {
	pre, post := verbs("ExecStartPre"), verbs("ExecStartPost")
	if got := strings.Join(pre, " ") + ", " + strings.Join(post, " "); got != "fetch guard, guard" {
		t.Errorf("a start runs %s", got)
	}
}

// verbs are what the service has the endpoint program do at one of its stages.
func verbs(stage string) []string {
	var out []string
	for line := range strings.Lines(unit) {
		if verb, ok := strings.CutPrefix(strings.TrimSpace(line), stage+"="+endpointProgram+" "); ok {
			out = append(out, verb)
		}
	}
	return out
}

// TestGuardAtBoot boots a machine whose container, which is always restarted,
// asks for metadata from its first moment on. The first boot is without the
// service's steps, to show that there is a way to the metadata.
func TestGuardAtBoot(t *testing.T) {
	// The socket's path must be short, which t.TempDir's is not.
	dir, err := os.MkdirTemp("", "pilot-guard")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = exec.Command("sh", "-c", "grep -o ' "+dir+"[^ ]*' /proc/mounts | sort -r | xargs -r umount -l").Run()
		os.RemoveAll(dir)
	})
	for name, content := range map[string]string{"endpoint.py": endpoint, "daemon.json": "{}"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "ask"), "./testdata/ask")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}

	first := power(t, dir, "1", nil, nil)
	image := exec.Command("sh", "-c", "tar -cC "+dir+" ask | docker -H "+first.host+" import - ask")
	if out, err := image.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	first.docker("run", "--detach", "--restart=always", "--name=ask", "ask", "/ask")
	before := first.asked("begin\nreached\n")
	first.cut()

	second := power(t, dir, "2", verbs("ExecStartPre"), verbs("ExecStartPost"))
	if after := strings.TrimPrefix(second.asked(before+"begin\n"), before); after != "begin\nrefused\n" {
		t.Errorf("after the boot the container says %q", after)
	}
}

// powered is a machine from its boot to its power cut. All that a reboot
// forgets, its network among it, is its own.
type powered struct {
	t    *testing.T
	dir  string
	host string
	end  []func()
}

// power boots a machine whose disk is dir: it runs the verbs of the endpoint
// program before and after the start of the daemon.
func power(t *testing.T, dir, number string, before, after []string) *powered {
	t.Helper()
	p := &powered{t: t, dir: dir, host: "unix://" + filepath.Join(dir, number+".sock")}
	t.Cleanup(p.cut)
	machine, metadata := p.network(), p.network()
	p.run("ip", "link", "add", "eth0", "netns", machine, "type", "veth", "peer", "name", "eth0", "netns", metadata)
	for space, address := range map[string]string{machine: "169.254.169.1/24", metadata: "169.254.169.254/24"} {
		for _, args := range []string{"link set lo up", "address add " + address + " dev eth0", "link set eth0 up"} {
			p.run("nsenter", append([]string{"--net=/proc/" + space + "/ns/net", "ip"}, strings.Fields(args)...)...)
		}
	}
	p.start("metadata"+number, metadata, python, "-m", "http.server", "80", "--bind", "169.254.169.254", "--directory", t.TempDir())
	for _, verb := range before {
		p.verb(machine, verb)
	}
	run := filepath.Join(dir, "run"+number)
	p.start("log"+number, machine, "dockerd", "--host", p.host, "--config-file", filepath.Join(dir, "daemon.json"), "--data-root", filepath.Join(dir, "data"),
		"--exec-root", run, "--pidfile", filepath.Join(dir, number+".pid"), "--storage-driver", "vfs")
	// It answers once it has started its containers.
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		out, err := exec.Command("docker", "-H", p.host, "version").CombinedOutput()
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(dir, "log"+number))
			t.Fatalf("dockerd does not answer: %s\n%s", out, log)
		}
	}
	for _, verb := range after {
		p.verb(machine, verb)
	}
	return p
}

func (p *powered) verb(space, verb string) {
	if verb == "fetch" { // there is no store, and no TLS
		return
	}
	p.run("nsenter", "--net=/proc/"+space+"/ns/net", python, filepath.Join(p.dir, "endpoint.py"), verb)
}

// network makes a network and gives the id of the process that holds it, which
// ends with this one.
func (p *powered) network() string {
	p.t.Helper()
	holder := exec.Command("cat")
	holder.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	in, err := holder.StdinPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.end = append(p.end, func() { in.Close(); _ = holder.Wait() })
	return strconv.Itoa(holder.Process.Pid)
}

// start runs a program in a network until the power cut.
func (p *powered) start(log, space, name string, args ...string) {
	p.t.Helper()
	out, err := os.Create(filepath.Join(p.dir, log))
	if err != nil {
		p.t.Fatal(err)
	}
	defer out.Close()
	cmd := exec.Command("nsenter", append([]string{"--net=/proc/" + space + "/ns/net", name}, args...)...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.end = append(p.end, func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
}

func (p *powered) run(name string, args ...string) string {
	p.t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		p.t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

func (p *powered) docker(args ...string) string {
	p.t.Helper()
	return p.run("docker", append([]string{"-H", p.host}, args...)...)
}

// asked waits for the container to say more than its log begins with, or just
// that, and gives all that it said.
func (p *powered) asked(begin string) string {
	p.t.Helper()
	said := ""
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if said = p.docker("logs", "ask"); strings.HasPrefix(said, begin) && !strings.HasSuffix(said, "begin\n") {
			return said
		}
	}
	p.t.Fatalf("the container said %q, want more than %q", said, begin)
	return ""
}

// cut ends all that runs on the machine at once, the daemon before the others.
func (p *powered) cut() {
	container, _ := exec.Command("docker", "-H", p.host, "ps", "--quiet", "--no-trunc").Output()
	pids := p.processes(strings.Fields(string(container)))
	for i := len(p.end) - 1; i >= 0; i-- {
		p.end[i]()
	}
	p.end = nil
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// processes are containerd and the others that the daemon has started, and the
// first of each container.
func (p *powered) processes(containers []string) []int {
	var out []int
	all, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range all {
		line, _ := os.ReadFile(file)
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil && bytes.Contains(line, []byte(p.dir+"/run")) {
			out = append(out, pid)
		}
	}
	for _, id := range containers {
		text, _ := exec.Command("docker", "-H", p.host, "inspect", "--format", "{{.State.Pid}}", id).Output()
		if pid, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && pid > 0 {
			out = append(out, pid)
		}
	}
	return out
}

//go:build e2e

package cloudinit

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/server/certs"
)

// The machine is a container that systemd boots, with cloud-init in it. It
// installs Docker from the distribution's mirror, as a real one does, so this
// test needs a network; that is why it has a build tag.
const (
	bootImage = "pilot-test-cloudinit-boot"
	bootName  = "pilot-test-cloudinit-machine"
)

func sh(t *testing.T, script string, args ...any) string {
	t.Helper()
	out, err := exec.Command("sh", "-ec", fmt.Sprintf(script, args...)).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", fmt.Sprintf(script, args...), err, out)
	}
	return strings.TrimSpace(string(out))
}

// TestBoot boots a machine with the user-data of a stack, only the addresses of
// the secret store and the metadata service being others.
func TestBoot(t *testing.T) {
	sh(t, `docker image inspect %[1]s >/dev/null 2>&1 || mmdebstrap --variant=minbase `+
		`--include=systemd,systemd-sysv,cloud-init,ca-certificates,iproute2,dbus,iptables,udev bookworm - | docker import - %[1]s`, bootImage)
	// Where the machine reaches this test.
	bridge, err := net.InterfaceByName("docker0")
	if err != nil {
		t.Fatal(err)
	}
	addresses, err := bridge.Addrs()
	if err != nil || len(addresses) == 0 {
		t.Fatalf("docker0 has no address: %v", err)
	}
	gateway, _, _ := strings.Cut(addresses[0].String(), "/")

	s := newStore(t, GCPSecretManager)
	listener, err := net.Listen("tcp", gateway+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() { _ = http.Serve(listener, s.Config.Handler) }()
	url := "http://" + listener.Addr().String()

	ca := authority(t, "Pilot boot test")
	operator := issue(t, ca, certs.Request{CommonName: "operator", Role: "operator", Client: true})
	daemon := func() Bundle {
		pair := issue(t, ca, certs.Request{CommonName: "daemon", Role: "server", Server: true, DNSNames: []string{"localhost"}, IPs: []string{"127.0.0.1"}})
		return Bundle{CA: string(ca.Pair().Cert), Cert: string(pair.Cert), Key: string(pair.Key)}
	}
	first, second := daemon(), daemon()
	s.Set(first.JSON(), 2)

	data, err := Config{Secret: Secret{Store: GCPSecretManager, ID: gcpSecret, Endpoint: url, Metadata: url}}.UserData()
	if err != nil {
		t.Fatal(err)
	}
	seed := t.TempDir()
	for name, content := range map[string]string{"user-data": data, "meta-data": "instance-id: first\n"} {
		if err := os.WriteFile(filepath.Join(seed, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_ = exec.Command("docker", "rm", "-fv", bootName).Run()
	t.Cleanup(func() { _ = exec.Command("docker", "rm", "-fv", bootName).Run() })
	sh(t, `docker run -d --name %s --cap-add ALL --cap-drop SYS_RESOURCE --security-opt seccomp=unconfined --security-opt apparmor=unconfined `+
		`--device /dev/console:/dev/console --cgroupns private --tmpfs /run --tmpfs /run/lock --tmpfs /tmp -e container=docker -v /var/lib/docker `+
		`-v %s:/var/lib/cloud/seed/nocloud -p 127.0.0.1::2376 --entrypoint /sbin/init %s`, bootName, seed, bootImage)

	ready := func(what string, want Bundle) {
		t.Helper()
		begin, seen := time.Now(), Progress{}
		for {
			if running := sh(t, "docker inspect --format '{{.State.Running}}' %s", bootName); running != "true" {
				t.Fatalf("%s: the machine is down\n%s", what, sh(t, "docker logs --tail 40 %s 2>&1", bootName))
			}
			// There is no log before the first report.
			log, _ := exec.Command("docker", "exec", bootName, "cat", "/var/log/pilot-boot.log").Output()
			if p := ParseProgress(string(log)); p != seen {
				seen = p
				t.Logf("%s, %v: %s", what, time.Since(begin).Round(time.Second), p)
			}
			if served, err := serves(ca, operator); err == nil && served == want.Cert && seen.Ready() {
				t.Logf("%s: ready after %v", what, time.Since(begin).Round(time.Second))
				return
			}
			if seen.State == Failed || time.Since(begin) > 10*time.Minute {
				t.Fatalf("%s: %s\n%s", what, seen, sh(t, "docker exec %s tail -n 60 /var/log/cloud-init-output.log", bootName))
			}
			time.Sleep(500 * time.Millisecond)
		}
	}
	forget := func() { sh(t, "docker exec %s rm -f /var/log/pilot-boot.log", bootName) }

	ready("first boot", first)
	if rule := sh(t, "docker exec %s iptables -S DOCKER-USER", bootName); !strings.Contains(rule, "169.254.169.254/32") {
		t.Errorf("containers may reach the metadata service:\n%s", rule)
	}
	if _, err := serves(ca, certs.Pair{}); err == nil {
		t.Error("the daemon lets in a client without a certificate")
	}
	if mode := sh(t, "docker exec %s stat -c %%a /etc/docker/tls/key.pem", bootName); mode != "600" {
		t.Errorf("the key's mode is %s", mode)
	}
	if files := sh(t, "docker exec %s sh -c 'grep -rl \"%s\" /var/lib/cloud /var/log /run /etc --exclude-dir=tls || true'",
		bootName, strings.Split(first.Key, "\n")[1]); files != "" {
		t.Errorf("the key is also in %s", files)
	}

	forget()
	s.Set(second.JSON(), 0)
	sh(t, "docker restart -t 20 %s", bootName)
	ready("reboot with a new certificate in the store", second)

	forget()
	s.Set(first.JSON(), 0)
	sh(t, "docker exec %s cloud-init clean --logs && docker restart -t 20 %s", bootName, bootName)
	ready("cloud-init run again", first)
}

// serves gives the certificate that the machine's daemon shows, after a call
// that it answered.
func serves(ca *certs.Authority, client certs.Pair) (string, error) {
	out, err := exec.Command("docker", "port", bootName, "2376").Output()
	if err != nil {
		return "", err
	}
	config, err := certs.ClientConfig(ca.Pair().Cert, client, "")
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+strings.Fields(string(out))[0]+"/v1.41/version", nil)
	if err != nil {
		return "", err
	}
	resp, err := (&http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}).Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var version struct{ ApiVersion string }
	if err := json.NewDecoder(resp.Body).Decode(&version); err != nil || version.ApiVersion == "" {
		return "", fmt.Errorf("%s: no version: %w", resp.Status, err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: resp.TLS.PeerCertificates[0].Raw})), nil
}

// Package testvm gives tests a machine of a platform that really boots: a
// virtual machine with a disk made of Debian packages, in a network as the
// cloud's, which reads its user-data, finds the metadata service and fetches its
// secret as it would there.
package testvm

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/internal/testcloud"
	"github.com/pilot-framework/pilot/pkg/server/certs"
)

// Machine is one virtual machine. It needs root, and QEMU.
type Machine struct {
	// Store is the secret that the machine fetches at its boot; nil before.
	Store *testcloud.Store

	t    testing.TB
	disk string
	dir  string
	cmd  *exec.Cmd
}

// Emulated tells that a machine's processor is emulated here, so that all takes
// many times as long: there is no KVM, or none with a processor that can do it.
func Emulated() bool {
	kvm, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0)
	if err != nil {
		return true
	}
	kvm.Close()
	processor, err := os.ReadFile("/proc/cpuinfo")
	return err != nil || !virtualises.Match(processor)
}

var virtualises = regexp.MustCompile(`(?m)^flags\s*:.*\b(vmx|svm)\b`)

// Instance is how the cloud starts a machine.
type Instance struct {
	// ID is what the cloud calls the machine.
	ID string
	// UserData is handed to cloud-init as it is.
	UserData string
	// Secret is the ARN of the machine's secret, and Value what it holds.
	Secret, Value string
	// Public and Private are the machine's addresses, and Subnet is where the
	// private one is from.
	Public, Private netip.Addr
	Subnet          netip.Prefix
}

// New prepares a machine that boots from the files in disk (see tools/vm-image).
func New(t testing.TB, disk string) *Machine {
	t.Helper()
	// A socket's path must be short, which t.TempDir's is not.
	dir, err := os.MkdirTemp("", "pilot-vm")
	if err != nil {
		t.Fatal(err)
	}
	m := &Machine{t: t, disk: disk, dir: dir}
	t.Cleanup(m.remove)
	if err := makeSpace(); err != nil {
		t.Fatal(err)
	}
	return m
}

// services starts the metadata service and the secret store, and returns whom
// the machine must trust for that.
func (m *Machine) services(secret, value string) (string, error) {
	m.Store = testcloud.NewStore(m.t, secret)
	m.Store.Set(value, 1)
	ca, err := certs.NewAuthority(certs.AuthorityRequest{CommonName: "Cloud of the test"})
	if err != nil {
		return "", err
	}
	pair, err := ca.Issue(certs.Request{
		CommonName: "secret store", Role: certs.RoleServer, Server: true,
		DNSNames: []string{"secretsmanager." + strings.Split(secret, ":")[3] + ".amazonaws.com"},
	})
	if err != nil {
		return "", err
	}
	shown, err := tls.X509KeyPair(pair.Cert, pair.Key)
	if err != nil {
		return "", err
	}
	metadata, err := listen(metadataAddress + ":80")
	if err != nil {
		return "", err
	}
	store, err := listen(storeAddress + ":443")
	if err != nil {
		return "", err
	}
	server := &http.Server{
		Handler: m.Store.Handler(), ReadHeaderTimeout: 10 * time.Second,
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{shown}},
	}
	go func() { _ = server.Serve(metadata) }()
	go func() { _ = server.ServeTLS(store, "", "") }()
	m.t.Cleanup(func() { server.Close() })
	return string(ca.Pair().Cert), nil
}

// Boot switches the machine on.
func (m *Machine) Boot(i Instance) error {
	n := network{public: i.Public, private: i.Private, gateway: i.Subnet.Masked().Addr().Next(), subnet: i.Subnet}
	if err := n.attach(); err != nil {
		return err
	}
	trusted, err := m.services(i.Secret, i.Value)
	if err != nil {
		return err
	}
	if err := m.seed(i, n, trusted); err != nil {
		return err
	}
	log, err := os.Create(m.at("qemu.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	how := []string{"-accel", "tcg,thread=multi", "-cpu", "max"}
	if !Emulated() {
		how = []string{"-accel", "kvm", "-cpu", "host"}
	}
	args := append([]string{"netns", "exec", space, "qemu-system-x86_64"}, how...)
	m.cmd = exec.Command("ip", append(args,
		"-smp", "2", "-m", "2048", "-nodefaults", "-no-user-config", "-display", "none",
		"-serial", "file:"+m.at("console"), "-qmp", "unix:"+m.at("qmp")+",server=on,wait=off",
		"-kernel", filepath.Join(m.disk, "vmlinuz"), "-initrd", filepath.Join(m.disk, "initrd.img"),
		"-append", "root=LABEL=root rw console=ttyS0 net.ifnames=0 panic=5",
		"-drive", "file="+filepath.Join(m.disk, "root.ext4")+",if=virtio,format=raw,snapshot=on",
		"-blockdev", "driver=vvfat,node-name=seed,read-only=on,label=cidata,dir="+m.at("seed"), "-device", "virtio-blk-pci,drive=seed",
		"-netdev", "tap,id=net,ifname="+tap+",script=no,downscript=no", "-device", "virtio-net-pci,netdev=net",
		"-device", "virtio-rng-pci",
	)...)
	m.cmd.Stdout, m.cmd.Stderr = log, log
	return m.cmd.Start()
}

// seed writes what cloud-init's NoCloud source reads. The vendor's part is what
// differs from the cloud: whom the machine trusts to be the secret store.
func (m *Machine) seed(i Instance, n network, trusted string) error {
	if err := os.Mkdir(m.at("seed"), 0o755); err != nil {
		return err
	}
	vendor, err := json.Marshal(map[string]any{"ca_certs": map[string]any{"trusted": []string{trusted}}})
	if err != nil {
		return err
	}
	wires, err := json.Marshal(map[string]any{"version": 2, "ethernets": map[string]any{"eth0": map[string]any{
		"addresses": []string{fmt.Sprintf("%s/%d", n.private, n.subnet.Bits())},
		"routes":    []map[string]string{{"to": "0.0.0.0/0", "via": n.gateway.String()}},
	}}})
	if err != nil {
		return err
	}
	for name, content := range map[string]string{
		"user-data": i.UserData, "vendor-data": "#cloud-config\n" + string(vendor) + "\n", "network-config": string(wires) + "\n",
		"meta-data": "instance-id: " + i.ID + "\nlocal-hostname: ip-" + strings.ReplaceAll(n.private.String(), ".", "-") + "\n",
	} {
		if err := os.WriteFile(filepath.Join(m.at("seed"), name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Reset pulls the plug and switches the machine on again.
func (m *Machine) Reset() error {
	if err := os.Truncate(m.at("console"), 0); err != nil {
		return err
	}
	c, err := net.DialTimeout("unix", m.at("qmp"), 5*time.Second)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	in := json.NewDecoder(c)
	for _, command := range []string{"", "qmp_capabilities", "system_reset"} {
		if command != "" {
			if _, err := fmt.Fprintf(c, `{"execute": %q}`, command); err != nil {
				return err
			}
		}
		var answer struct {
			Error *struct{ Desc string }
		}
		if err := in.Decode(&answer); err != nil {
			return err
		}
		if answer.Error != nil {
			return fmt.Errorf("%s: %s", command, answer.Error.Desc)
		}
	}
	return nil
}

// Console is what the machine wrote to its console since it was switched on.
func (m *Machine) Console() string {
	text, _ := os.ReadFile(m.at("console"))
	return string(text)
}

// Log is what the program that emulates the machine has to say.
func (m *Machine) Log() string {
	text, _ := os.ReadFile(m.at("qemu.log"))
	return string(text)
}

func (m *Machine) at(name string) string { return filepath.Join(m.dir, name) }

func (m *Machine) remove() {
	if m.cmd != nil && m.cmd.Process != nil {
		_ = m.cmd.Process.Kill()
		_ = m.cmd.Wait()
	}
	removeSpace()
	if err := os.RemoveAll(m.dir); err != nil {
		m.t.Errorf("leave %s behind: %v", m.dir, err)
	}
}

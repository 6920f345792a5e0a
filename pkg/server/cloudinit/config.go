package cloudinit

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
	"gopkg.in/yaml.v3"
)

// MaxBytes is the most that user-data may have: Amazon EC2's limit of 16 KiB
// before it is encoded. Google Cloud allows more.
const MaxBytes = 16 << 10

// Where things are on the machine.
const (
	endpointProgram = "/usr/local/lib/pilot/endpoint"
	endpointConfig  = "/etc/pilot/endpoint.json"
	socket          = "/var/run/docker.sock"
)

//go:embed endpoint.py
var endpoint string

// Config is the first boot of one machine.
type Config struct {
	// Secret is where the daemon's certificate and key are.
	Secret Secret
	// SSHKeys are public keys for the distribution's default user. Empty, the
	// default, leaves the machine without anybody who could log in.
	SSHKeys []string
}

// cloudConfig is the part of cloud-config that is used. The field names are
// cloud-init's.
type cloudConfig struct {
	BootCommands   [][]string `yaml:"bootcmd"`
	Files          []file     `yaml:"write_files"`
	PackageUpdate  bool       `yaml:"package_update"`
	Packages       []string   `yaml:"packages"`
	AuthorizedKeys []string   `yaml:"ssh_authorized_keys,omitempty"`
	PasswordLogin  bool       `yaml:"ssh_pwauth"`
	DisableRoot    bool       `yaml:"disable_root"`
}

type file struct {
	Path        string `yaml:"path"`
	Owner       string `yaml:"owner"`
	Permissions string `yaml:"permissions"`
	Content     string `yaml:"content"`
}

// UserData is the cloud-config. Its errors name the field and what would be
// right.
func (c Config) UserData() (string, error) {
	if err := c.Secret.complete(); err != nil {
		return "", err
	}
	if err := CheckKeys("ssh keys", c.SSHKeys); err != nil {
		return "", err
	}
	secret, err := json.MarshalIndent(c.Secret, "", "  ")
	if err != nil {
		return "", err
	}
	text, err := yaml.Marshal(cloudConfig{
		BootCommands: [][]string{{"sh", "-c", bootReport}},
		Files: []file{
			root(endpointConfig, "0644", string(secret)+"\n"),
			root(endpointProgram, "0755", endpoint),
			root("/etc/docker/daemon.json", "0644", NewDaemon(socket, fmt.Sprintf("0.0.0.0:%d", Port), TLSDir).JSON()),
			root("/etc/systemd/system/docker.service.d/pilot.conf", "0644", unit),
			root("/etc/apt/apt.conf.d/52pilot", "0644", upgrades),
			root("/var/lib/cloud/scripts/per-boot/pilot-ready", "0755", "#!/bin/sh\nexec "+endpointProgram+" report\n"),
		},
		PackageUpdate: true, Packages: []string{"docker.io", "unattended-upgrades"},
		AuthorizedKeys: c.SSHKeys, DisableRoot: true,
	})
	if err != nil {
		return "", err
	}
	data := "#cloud-config\n" + string(text)
	if len(data) > MaxBytes {
		return "", fmt.Errorf("ssh keys: make the user-data %d bytes: want fewer or shorter ones, for at most %d in all", len(data), MaxBytes)
	}
	return data, nil
}

// CheckKeys tells which of the public keys for SSH is none.
func CheckKeys(field string, keys []string) error {
	for i, k := range keys {
		if _, _, _, rest, err := ssh.ParseAuthorizedKey([]byte(k)); err != nil || len(rest) > 0 {
			return fmt.Errorf("%s[%d] %.40q: want one public key, such as ssh-ed25519 AAAA... name", field, i, k)
		}
	}
	return nil
}

func root(path, mode, content string) file {
	return file{Path: path, Owner: "root:root", Permissions: mode, Content: content}
}

// bootReport tells that the machine is up, before any file is written.
const bootReport = `{ echo 'PILOT-BOOT step=boot state=done'; echo 'PILOT-BOOT step=packages state=running'; } > /dev/console || true`

// unit makes the daemon read its hosts from daemon.json instead of the command
// line, fetch its certificate before each start, and keep containers from the
// metadata service, which would give them the machine's own identity. The rule
// is set before the daemon, which starts containers before it is ready, and
// looked at again afterwards. A rotation of certificates ends the daemon for
// systemd to start it again, up to three times in a row: the packages' own
// limit of starts must not stop that.
var unit = strings.Join([]string{
	"[Unit]",
	"StartLimitIntervalSec=0",
	"[Service]",
	"Restart=always",
	"Environment=DOCKER_MIN_API_VERSION=" + MinAPIVersion,
	"ExecStartPre=" + endpointProgram + " fetch",
	"ExecStartPre=" + endpointProgram + " guard",
	"ExecStart=",
	"ExecStart=/usr/bin/env dockerd --containerd=/run/containerd/containerd.sock",
	"ExecStartPost=" + endpointProgram + " guard",
	"TimeoutStartSec=15min",
	"",
}, "\n")

// upgrades switches on the distribution's unattended upgrades, whose default
// origins are its security ones. A reboot stays the operator's decision. What a
// package only recommends stays out: for Docker that would be a compiler's
// tools, git and more.
const upgrades = `APT::Install-Recommends "false";
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
Unattended-Upgrade::Automatic-Reboot "false";
`

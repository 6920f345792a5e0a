package cloudinit

import (
	"bytes"
	"encoding/json"
	"path"
)

// Port is the port of the Docker daemon behind TLS, the one registered for it.
const Port = 2376

// MinAPIVersion is the oldest version of Docker's API that the daemon serves.
// The deploy engine speaks 1.41 and its buildpack builder 1.38, but Engine 29
// refuses what is older than 1.44 unless it is told otherwise. This is the
// oldest that Engine 29 can be told; older Engines serve it anyway.
const MinAPIVersion = "1.24"

// TLSDir is where the machine keeps the daemon's certificate and key.
const TLSDir = "/etc/docker/tls"

// Daemon is the part of Docker's daemon.json that a platform sets. The field
// names are Docker's.
type Daemon struct {
	Hosts       []string          `json:"hosts"`
	TLSVerify   bool              `json:"tlsverify"`
	TLSCACert   string            `json:"tlscacert"`
	TLSCert     string            `json:"tlscert"`
	TLSKey      string            `json:"tlskey"`
	LiveRestore bool              `json:"live-restore"`
	LogDriver   string            `json:"log-driver"`
	LogOpts     map[string]string `json:"log-opts"`
}

// NewDaemon is the daemon of a platform: the local socket for root, and address
// (host:port) for whoever shows a certificate of the authority in dir. Container
// logs are rotated at 20 MB, five files each. With live-restore the containers
// go on running while the daemon restarts, which it must do to read a new
// certificate (moby/moby#23936).
func NewDaemon(socket, address, dir string) Daemon {
	return Daemon{
		Hosts:     []string{"unix://" + socket, "tcp://" + address},
		TLSVerify: true,
		TLSCACert: path.Join(dir, "ca.pem"), TLSCert: path.Join(dir, "cert.pem"), TLSKey: path.Join(dir, "key.pem"),
		LiveRestore: true,
		LogDriver:   "json-file", LogOpts: map[string]string{"max-size": "20m", "max-file": "5"},
	}
}

// JSON is the content of daemon.json.
func (d Daemon) JSON() string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	// Strings, booleans and maps of strings always encode.
	_ = e.Encode(d)
	return b.String()
}

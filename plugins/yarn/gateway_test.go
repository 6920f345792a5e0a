package yarn

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/internal/testports"
	"github.com/pilot-framework/pilot/pkg/server/certs"
	"github.com/pilot-framework/pilot/pkg/server/client/servertest"
)

// gateway starts Pilot's TLS gateway in front of the Docker socket, and returns
// the variables by which a runner reaches it.
func gateway(t *testing.T) map[string]string {
	t.Helper()
	authority, err := certs.NewAuthority(certs.AuthorityRequest{CommonName: "pilot test"})
	servertest.Must(t, err)
	serverPair, err := authority.Issue(certs.Request{CommonName: "gateway", Role: "gateway", Server: true, IPs: []string{"127.0.0.1"}})
	servertest.Must(t, err)
	clientPair, err := authority.Issue(certs.Request{CommonName: "runner", Role: "runner", Client: true})
	servertest.Must(t, err)
	dir, runner := t.TempDir(), t.TempDir()
	for file, content := range map[string][]byte{
		filepath.Join(dir, "ca.pem"): authority.Pair().Cert, filepath.Join(dir, "cert.pem"): serverPair.Cert, filepath.Join(dir, "key.pem"): serverPair.Key,
		filepath.Join(runner, "ca.pem"): authority.Pair().Cert, filepath.Join(runner, "cert.pem"): clientPair.Cert, filepath.Join(runner, "key.pem"): clientPair.Key,
	} {
		servertest.Must(t, os.WriteFile(file, content, 0o600))
	}
	address := fmt.Sprintf("127.0.0.1:%d", testports.Free(t, 1)[0])
	servertest.StartProcess(t, nil, servertest.Agent(t), "gateway", "-listen", address,
		"-ca", filepath.Join(dir, "ca.pem"), "-cert", filepath.Join(dir, "cert.pem"), "-key", filepath.Join(dir, "key.pem"))
	servertest.Eventually(t, 20*time.Second, "the gateway listens", func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return map[string]string{"DOCKER_HOST": "tcp://" + address, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": runner}
}

// TestThroughTheGateway builds over the connection that a runner on the platform
// has, and kills another build that does.
func TestThroughTheGateway(t *testing.T) {
	vars := gateway(t)
	for name, value := range vars {
		t.Setenv(name, value)
	}
	_, files := must(t, Config{BuildCommand: "mkdir out && printenv >out/env"}, newJob(t, project(t, map[string]string{"package.json": "{}"})))
	if strings.Contains(files["env"], "DOCKER") || !strings.Contains(files["env"], "CI=true") {
		t.Errorf("the build's environment:\n%s", files["env"])
	}
	killBuild(t)
}

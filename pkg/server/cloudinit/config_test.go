package cloudinit

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

var update = flag.Bool("update", false, "write the golden files")

const (
	awsSecret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:acme-prod-docker-endpoint-AbCdEf"
	gcpSecret = "projects/acme-prod-123/secrets/acme-prod-docker-endpoint"
	sshKey    = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFsLW5vLXNlY3JldC1qdXN0LWEtdGVzdC1rZXkxMjM0 somebody"
)

var configs = map[string]Config{
	"aws": {Secret: Secret{Store: AWSSecretsManager, ID: awsSecret}},
	"gcp": {Secret: Secret{Store: GCPSecretManager, ID: gcpSecret}, SSHKeys: []string{sshKey}},
}

func TestUserData(t *testing.T) {
	for name, config := range configs {
		t.Run(name, func(t *testing.T) {
			got, err := config.UserData()
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", name+".yaml")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("user-data differs from %s; run the test with -update and look at the difference", golden)
			}
			if len(got) > MaxBytes {
				t.Errorf("user-data has %d bytes, more than %d", len(got), MaxBytes)
			}
			// The program must come out as it went in, whatever YAML does to it.
			var parsed cloudConfig
			if err := yaml.Unmarshal([]byte(got), &parsed); err != nil {
				t.Fatal(err)
			}
			for _, f := range parsed.Files {
				if f.Path == endpointProgram && f.Content != endpoint {
					t.Error("the endpoint program is changed on its way through YAML")
				}
			}
			for _, word := range []string{"PRIVATE KEY", "BEGIN CERTIFICATE", "0.0.0.0:2375"} {
				if strings.Contains(got, word) {
					t.Errorf("user-data contains %q", word)
				}
			}
		})
	}
}

// TestSchema lets cloud-init itself judge.
func TestSchema(t *testing.T) {
	for name, config := range configs {
		data, err := config.UserData()
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), name+".yaml")
		if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("cloud-init", "schema", "--config-file", file).CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte("Valid")) {
			t.Errorf("%s: cloud-init schema: %v\n%s", name, err, out)
		}
		// The judge must be able to say no.
		if err := os.WriteFile(file, []byte(strings.Replace(data, "package_update: true", "package_update: 7", 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("cloud-init", "schema", "--config-file", file).CombinedOutput(); err == nil {
			t.Errorf("%s: cloud-init accepts a wrong config:\n%s", name, out)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	for _, c := range []struct {
		name   string
		config Config
		want   string
	}{
		{"no store", Config{}, `secret.store "": want aws-secrets-manager or gcp-secret-manager`},
		{"no ARN", Config{Secret: Secret{Store: AWSSecretsManager, ID: "acme"}}, `secret.id "acme": want the ARN`},
		{"ARN of something else", Config{Secret: Secret{Store: AWSSecretsManager, ID: "arn:aws:s3:eu-west-1:1:secret:x"}}, "secret.id"},
		{"no secret's name", Config{Secret: Secret{Store: GCPSecretManager, ID: "projects/p"}}, `secret.id "projects/p": want projects/PROJECT/secrets/SECRET`},
		{"endpoint", Config{Secret: Secret{Store: GCPSecretManager, ID: gcpSecret, Endpoint: "ftp://x"}}, `secret.endpoint "ftp://x": want a URL`},
		{"key", Config{Secret: configs["aws"].Secret, SSHKeys: []string{"ssh-rsa nonsense"}}, "ssh keys[0]"},
		{"two keys in one", Config{Secret: configs["aws"].Secret, SSHKeys: []string{sshKey + "\n" + sshKey}}, "want one public key"},
		{"too many keys", Config{Secret: configs["aws"].Secret, SSHKeys: many(sshKey, 100)}, "want fewer or shorter ones"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := c.config.UserData()
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func many(s string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = s
	}
	return out
}

func TestProgress(t *testing.T) {
	for _, c := range []struct {
		name, console string
		want          Progress
		words         string
	}{
		{"nothing yet", "[    0.000000] Linux version 6.8.0\n", Progress{}, "waiting for the machine"},
		{"first", "junk PILOT-BOOT step=boot state=done\r\nPILOT-BOOT step=packages state=running\r\n[ 12.3] kernel", Progress{Step: StepPackages, State: Running}, "installing Docker"},
		{"failure", `PILOT-BOOT step=packages state=failed detail="E: Unable to locate \"docker.io\""` + "\n",
			Progress{Step: StepPackages, State: Failed, Detail: `E: Unable to locate "docker.io"`}, `installing Docker failed: E: Unable to locate "docker.io"`},
		{"letters beyond ASCII", `PILOT-BOOT step=docker state=done detail="na\u00efve"`, Progress{Step: StepDocker, State: Done, Detail: "naïve"}, "starting Docker: naïve"},
		{"cut off", `PILOT-BOOT step=docker state=done detail="Docker 2`, Progress{Step: StepDocker, State: Done}, "starting Docker"},
		{"second boot", "PILOT-BOOT step=ready state=done\nPILOT-BOOT step=boot state=done\n", Progress{Step: StepBoot, State: Done}, "booting"},
		{"ready", "PILOT-BOOT step=ready state=done", Progress{Step: StepReady, State: Done}, "TLS ready"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ParseProgress(c.console)
			if got != c.want || got.String() != c.words || got.Ready() != (c.name == "ready") {
				t.Errorf("got %+v %q, want %+v %q", got, got, c.want, c.words)
			}
		})
	}
}

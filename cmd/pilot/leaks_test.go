package main

import (
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// closet are the places under Pilot's folder that are there to hold secrets;
// everything in them is readable by its owner alone.
var closet = []string{"state/passphrase", "keys/", "docker/", "contexts/"}

// TestNoSecretLeaks takes a platform through its life on a simulated cloud, a
// failure and an interruption among it, and looks for each of its secrets in
// all that came of it: what was printed, error messages among it, state, history,
// plan, engine log, the simulated cloud's own file with the machine's user data,
// process arguments and environment. The secrets are those that Pilot made, and
// marked ones that were given to it. noSecretInInspect is the same for a platform
// on this machine, with its containers.
func TestNoSecretLeaks(t *testing.T) {
	home, work := t.TempDir(), t.TempDir()
	plan := filepath.Join(work, "saved.plan")
	artifacts := map[string]string{}
	// What people hand over in the environment stands there; it must come no further.
	given := map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIDPLANTEDPLANTED", "AWS_SECRET_ACCESS_KEY": "planted-cloud-key-Zx81", "AWS_SESSION_TOKEN": "planted-session-token-Qq27",
		"GOOGLE_CREDENTIALS": `{"type":"service_account","private_key":"planted-google-key-Vv63"}`,
	}
	for name, value := range given {
		t.Setenv(name, value)
	}
	pilot := func(latency string, wantCode int, args ...string) {
		t.Helper()
		r := start(t, home, latency, append(args, onAWS[:4]...)...)
		if latency != "" {
			r.until("creating database-instance")
			for _, f := range []string{"cmdline", "environ"} {
				data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(r.Process.Pid), f))
				if err != nil {
					t.Fatal(err)
				}
				artifacts["process "+f] = string(data)
			}
			if err := r.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
		if code := r.ends(); code != wantCode {
			t.Fatalf("pilot %v: exit code %d:\n%s", args, code, r.said.String())
		}
		artifacts["output of pilot "+strings.Join(args, " ")] = r.said.String()
	}
	pilot("0.01", exitCancelled, "setup", "--yes")
	pilot("", 0, "setup", "--yes", "--json")
	pilot("", exitFailure, "setup", "--yes", "--machine-image", "ami-0deadbeef0deadbee")
	pilot("", 0, "preview", "--json", "--machine-type", "t3.xlarge", "--save-plan", plan)
	pilot("", 0, "preview", "--machine-type", "t3.xlarge")
	pilot("", 0, "outputs", "--json")
	pilot("", 0, "outputs")
	pilot("", 0, "drift", "--json")
	pilot("", 0, "status", "--json")
	func() {
		const password = "planted-database-password-Mm55"
		given["PILOT_STATE"] = password
		t.Setenv("PILOT_STATE", "postgres://ann:"+password+"@127.0.0.1:1/pilot")
		pilot("", exitFailure, "setup", "--yes")
		pilot("", exitFailure, "outputs", "--json")
		if err := os.Unsetenv("PILOT_STATE"); err != nil {
			t.Fatal(err)
		}
	}()

	shown := start(t, home, "", append([]string{"outputs", "--json", "--show-secrets"}, onAWS[:4]...)...)
	if code := shown.ends(); code != 0 {
		t.Fatal(shown.said.String())
	}
	text := shown.said.String()
	var outputs map[string]any
	if err := json.Unmarshal([]byte(text[strings.Index(text, "{"):]), &outputs); err != nil {
		t.Fatal(err)
	}
	phrase, err := os.ReadFile(filepath.Join(home, "state/passphrase"))
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string]string{"passphrase": strings.TrimSpace(string(phrase))}
	for _, name := range []string{"dockerKey", "dbPassword"} {
		secrets[name], _ = outputs[name].(string)
	}
	before := len(secrets)
	maps.Copy(secrets, stateSecrets(t, home))
	if len(secrets)-before < 8 {
		t.Errorf("the state has only %d secrets of its own: is the test reading it right?", len(secrets)-before)
	}
	// Twice, as destroying takes the stack's logs away.
	collect(t, home, artifacts)
	// Another passphrase than the state's: it is refused, and told by neither.
	const wrong = "planted-wrong-passphrase-Kk09"
	secrets["wrong passphrase"] = wrong
	if err := os.WriteFile(filepath.Join(home, "state/passphrase"), []byte(wrong+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	pilot("", exitFailure, "setup", "--yes", "--machine-type", "t3.xlarge")
	collect(t, home, artifacts)
	if err := os.WriteFile(filepath.Join(home, "state/passphrase"), phrase, 0o600); err != nil {
		t.Fatal(err)
	}
	pilot("", 0, "destroy", "--yes")
	collect(t, home, artifacts)
	collect(t, work, artifacts)
	for name, value := range given {
		secrets[name] = value
	}

	noLeak(t, secrets, artifacts, func(secret, place string) bool { return given[secret] != "" && place == "process environ" },
		"history", "backups", "stacks", "logs", "clouds.json", "saved.plan", "cmdline", "output")
}

// stateSecrets are all values that the state keeps encrypted, read with the engine's
// own command line.
func stateSecrets(t *testing.T, home string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(home, "simulated/state/.pulumi/stacks/*/*.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("state files: %v (%v)", files, err)
	}
	project, stack := filepath.Base(filepath.Dir(files[0])), strings.TrimSuffix(filepath.Base(files[0]), ".json")
	bin, err := filepath.Abs("../../bin/pilot")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "engine", "stack", "export", "--show-secrets", "--stack", "organization/"+project+"/"+stack)
	cmd.Env = append(os.Environ(), "PULUMI_BACKEND_URL=file://"+filepath.Join(home, "simulated/state"), "PULUMI_CONFIG_PASSPHRASE_FILE="+filepath.Join(home, "state/passphrase"))
	cmd.Dir = t.TempDir()
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var state any
	if err := json.Unmarshal(out, &state); err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case []any:
			for i, e := range v {
				walk(at+"/"+strconv.Itoa(i), e)
			}
		case map[string]any:
			if text, ok := v["plaintext"].(string); ok {
				var value any
				if err := json.Unmarshal([]byte(text), &value); err != nil {
					t.Fatal(err)
				}
				if s, ok := value.(string); ok {
					found["state "+at] = s
				} else {
					walk(at, value)
				}
				return
			}
			for k, e := range v {
				walk(at+"/"+k, e)
			}
		}
	}
	walk("", state)
	return found
}

// noLeak looks for every secret, in each form, in every artifact but those where
// it may be. Artifacts of each of the kinds must be there.
func noLeak(t *testing.T, secrets, artifacts map[string]string, may func(secret, place string) bool, kinds ...string) {
	t.Helper()
	for _, kind := range kinds {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(artifacts)), func(place string) bool { return strings.Contains(place, kind) }) {
			t.Errorf("no %s was looked at", kind)
		}
	}
	hits := 0
	for secret, value := range secrets {
		if len(value) < 8 {
			t.Fatalf("%s is %q: that can't be looked for", secret, value)
		}
		for form, text := range forms(value) {
			for place, content := range artifacts {
				if strings.Contains(content, text) && !may(secret, place) {
					hits++
					t.Errorf("%s (%s) is in: %s", secret, form, place)
				}
			}
		}
	}
	t.Logf("%d secrets, %d artifacts: %d hits", len(secrets), len(artifacts), hits)
}

// collect adds the files under dir to artifacts, except those that are there to
// hold secrets: of these it looks only at who may read them.
func collect(t *testing.T, dir string, artifacts map[string]string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		for _, c := range closet {
			if rel == c || strings.HasSuffix(c, "/") && strings.HasPrefix(rel, c) {
				if info.Mode().Perm()&0o077 != 0 {
					t.Errorf("%s holds secrets and others can read it: %s", rel, info.Mode())
				}
				return nil
			}
		}
		data, err := os.ReadFile(name)
		artifacts[rel] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// forms are the ways in which a secret may be written. Of a key a line from its
// middle stands for all.
func forms(value string) map[string]string {
	escaped, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	all := map[string]string{
		"plain": value, "escaped": strings.Trim(string(escaped), `"`), "base64": base64.StdEncoding.EncodeToString([]byte(value)),
	}
	if lines := strings.Split(strings.TrimSpace(value), "\n"); len(lines) > 2 {
		all["line"] = lines[1]
	}
	return all
}

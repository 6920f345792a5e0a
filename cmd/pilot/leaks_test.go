package main

import (
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// closet are the places under Pilot's folder that are there to hold secrets;
// everything in them is readable by its owner alone.
var closet = []string{"state/passphrase", "keys/", "docker/", "contexts/"}

// TestNoSecretLeaks takes a platform through its life on a simulated cloud, a
// failure and an interruption among it, and looks for each of its secrets in
// all that came of it: what was printed, state, history, plan, engine log, the
// simulated cloud's own file, process arguments and environment.
func TestNoSecretLeaks(t *testing.T) {
	home, work := t.TempDir(), t.TempDir()
	plan := filepath.Join(work, "saved.plan")
	artifacts := map[string]string{}
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
	// Twice, as destroying takes the stack's logs away.
	collect(t, home, artifacts)
	pilot("", 0, "destroy", "--yes")
	collect(t, home, artifacts)
	collect(t, work, artifacts)

	kinds := map[string]bool{}
	hits := 0
	for what, content := range artifacts {
		for _, kind := range []string{"history", "backups", "stacks", "logs", "clouds.json", "saved.plan", "cmdline", "output"} {
			kinds[kind] = kinds[kind] || strings.Contains(what, kind)
		}
		for secret, value := range secrets {
			if len(value) < 12 {
				t.Fatalf("%s is %q: that can't be looked for", secret, value)
			}
			for form, text := range forms(value) {
				if strings.Contains(content, text) {
					hits++
					t.Errorf("%s (%s) is in: %s", secret, form, what)
				}
			}
		}
	}
	if len(kinds) != 8 {
		t.Errorf("not every kind of artifact was there: %v", kinds)
	}
	for kind, there := range kinds {
		if !there {
			t.Errorf("no %s was looked at", kind)
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

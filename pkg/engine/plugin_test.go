package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/blang/semver"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

func TestFindPlugin(t *testing.T) {
	dir := t.TempDir()
	for _, version := range []string{"1.9.0", "1.10.0", "2.0.0-rc.1"} {
		folder := filepath.Join(dir, "resource-aws-v"+version)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "pulumi-resource-aws"), nil, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	// A folder whose download was cut off holds no program.
	if err := os.MkdirAll(filepath.Join(dir, "resource-aws-v3.0.0"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, version, want string }{
		{"aws", "", "resource-aws-v2.0.0-rc.1"},
		{"aws", "1.9.0", "resource-aws-v1.9.0"},
		{"aws", "3.0.0", "version 3.0.0"},
		{"aws", "1.0.0", "version 1.0.0"},
		{"gcp", "", "any version"},
	} {
		d := workspace.PluginDescriptor{Name: c.name, Kind: apitype.ResourcePlugin}
		if c.version != "" {
			v := semver.MustParse(c.version)
			d.Version = &v
		}
		path, err := findPlugin(dir, d)
		if err != nil {
			path = err.Error()
		}
		if !strings.Contains(path, c.want) {
			t.Errorf("%s %s: got %s, want it to tell %s", c.name, c.version, path, c.want)
		}
	}
}

func TestRedactURL(t *testing.T) {
	for in, want := range map[string]string{
		"file:///srv/state":                    "file:///srv/state",
		"s3://bucket/team?region=eu-west-1":    "s3://bucket/team",
		"postgres://me:secret@db/pulumi?x=pwd": "postgres://db/pulumi",
	} {
		if got := redactURL(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestOptionsOfBackends(t *testing.T) {
	const s3, checksum = "s3://acme?region=x", "&response_checksum_validation="
	for in, want := range map[string]string{
		"file:///srv/state":                 "file:///srv/state?metadata=skip",
		"file:///srv/state?metadata=x":      "file:///srv/state?metadata=x",
		"file:///srv/state?no_tmp_dir=true": "file:///srv/state?no_tmp_dir=true&metadata=skip",
		s3:                                  s3,
		s3 + "&endpoint=http://store:9000":  s3 + "&endpoint=http://store:9000" + checksum + "when_required",
		s3 + "&endpoint=http://x" + checksum + "when_supported": s3 + "&endpoint=http://x" + checksum + "when_supported",
		"gs://acme": "gs://acme",
	} {
		if got := withOptions(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestParseJournal(t *testing.T) {
	const head = `{"journal":1,"base":"abc"}` + "\n"
	for name, c := range map[string]struct {
		data    string
		entries int
		folded  string
		bad     bool
	}{
		"empty":             {data: ""},
		"header cut off":    {data: `{"journal":1`},
		"two entries":       {data: head + `{"version":1,"kind":0}` + "\n" + `{"version":1,"kind":1}` + "\n", entries: 2},
		"last one cut off":  {data: head + `{"version":1,"kind":0}` + "\n" + `{"version":1,"ki`, entries: 1},
		"folded":            {data: head + `{"version":1,"kind":0}` + "\n" + `{"folded":"def"}` + "\n", entries: 1, folded: "def"},
		"another format":    {data: `{"journal":2,"base":"abc"}` + "\n", bad: true},
		"no journal at all": {data: "hello\n", bad: true},
		"spoilt in between": {data: head + "xx\n" + `{"version":1}` + "\n", bad: true},
	} {
		_, entries, folded, err := parseJournal([]byte(c.data))
		if (err != nil) != c.bad {
			t.Errorf("%s: error %v", name, err)
			continue
		}
		if err == nil && (len(entries) != c.entries || folded != c.folded) {
			t.Errorf("%s: %d entries, folded %q", name, len(entries), folded)
		}
	}
}

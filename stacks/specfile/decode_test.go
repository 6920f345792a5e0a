package specfile_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/stacks/specfile"
	"gopkg.in/yaml.v3"
)

type spec struct {
	Name  string         `yaml:"name"`
	Count int            `yaml:"count"`
	Open  bool           `yaml:"open"`
	Wait  time.Duration  `yaml:"wait"`
	Tags  map[string]int `yaml:"tags"`
	List  []string       `yaml:"list"`
	Inner *struct {
		Deep string `yaml:"deep"`
	} `yaml:"inner"`
	Hidden string `yaml:"-"`
}

func decode(t *testing.T, text string) (spec, error) {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	var s spec
	if len(doc.Content) == 0 {
		return s, specfile.Decode("pilot.yaml", nil, &s)
	}
	return s, specfile.Decode("pilot.yaml", doc.Content[0], &s)
}

func TestDecodeReadsEveryKind(t *testing.T) {
	s, err := decode(t, "name: a\ncount: 3\nopen: true\nwait: 90s\ntags: {x: 1}\nlist: [p, q]\ninner: {deep: d}\n")
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "a" || s.Count != 3 || !s.Open || s.Wait != 90*time.Second || s.Tags["x"] != 1 ||
		len(s.List) != 2 || s.Inner == nil || s.Inner.Deep != "d" {
		t.Errorf("got %+v", s)
	}
	if _, err := decode(t, ""); err != nil {
		t.Errorf("an empty file: %v", err)
	}
}

func TestDecodeSaysWhereAndWhat(t *testing.T) {
	for text, want := range map[string]string{
		"nam: a\n":                  `pilot.yaml:1:1: unknown key "nam"; known here: count, inner, list, name, open, tags, wait`,
		"name: a\ninner:\n  dep: 1": `pilot.yaml:3:3: unknown key "dep" in inner; known here: deep`,
		"count: many\n":             `pilot.yaml:1:8: count: "many" is no whole number`,
		"open: perhaps\n":           `pilot.yaml:1:7: open: "perhaps" is no truth value; want true or false`,
		"wait: long\n":              `pilot.yaml:1:7: wait: "long" is no duration; want one such as 90s or 10m`,
		"list: a\n":                 `pilot.yaml:1:7: list: want a list, got "a"`,
		"name: [a]\n":               `pilot.yaml:1:7: name: want string, got a list`,
		"- a\n":                     `pilot.yaml:1:1: the file: want a group of keys, got a list`,
		"Hidden: a\n":               `pilot.yaml:1:1: unknown key "Hidden"`,
		"tags: {x: many}\n":         `pilot.yaml:1:11: tags.x: "many" is no whole number`,
		"tags: {x: 1, x: 2}\n":      `pilot.yaml:1:14: key "x" is given twice in tags`,
		"inner: 3\n":                `pilot.yaml:1:8: inner: want a group of keys, got "3"`,
	} {
		_, err := decode(t, text)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
	}
}

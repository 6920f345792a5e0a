package infra

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run with -update if that is meant. Got:\n%s", file, got)
	}
}

func urn(typ, name string) string { return "urn:pulumi:prod::acme::" + typ + "::" + name }

// everything is a diff in which each kind of step and change occurs.
func everything() *Diff {
	root, net, machine := urn(stackType, "acme-prod"), urn("pilot:aws:Network", "network"), urn("pilot:aws:Machine", "machine")
	long := strings.Repeat("0123456789 ", 30)
	steps := []Step{
		{Op: OpSame, Type: stackType, URN: root, Structural: true},
		{Op: OpSame, Type: "pilot:aws:Network", URN: net, Parent: root, Structural: true},
		{Op: OpSame, Type: "aws:ec2/vpc:Vpc", URN: urn("aws:ec2/vpc:Vpc", "vpc"), Parent: net, Inputs: map[string]any{"cidrBlock": "10.0.0.0/16"}},
		{Op: OpCreate, Type: "pilot:aws:Machine", URN: machine, Parent: root, Structural: true},
		{Op: OpCreate, Type: "aws:ec2/eip:Eip", URN: urn("aws:ec2/eip:Eip", "address"), Parent: machine,
			Inputs: map[string]any{"instance": UnknownMark, "domain": "vpc"}},
		{Op: OpReplace, Type: "aws:ec2/instance:Instance", URN: urn("aws:ec2/instance:Instance", "machine"), Parent: machine,
			Inputs: map[string]any{"ami": "ami-2", "userData": SecretMark},
			Properties: []PropertyChange{
				change("ami", KindUpdateReplace, "ami-1", "ami-2"),
				change("tags.release", KindAdd, nil, "24.04"),
				change("userData", KindUpdate, SecretMark, SecretMark),
				change("vpcSecurityGroupIds[0]", KindUpdate, "sg-1", UnknownMark),
			},
			ReplaceReasons: []string{"ami", "subnetId"}},
		{Op: OpUpdate, Type: "aws:rds/instance:Instance", URN: urn("aws:rds/instance:Instance", "database"), Parent: root,
			Inputs: map[string]any{"allocatedStorage": 50.0, "multiAz": true},
			Properties: []PropertyChange{
				change("allocatedStorage", KindUpdate, 20.0, 50.0),
				change("description", KindUpdate, long, "x "+long),
				change("multiAz", KindAdd, nil, true),
				change("parameters[\"a.b\"]", KindDelete, map[string]any{"name": "x", "values": []any{1.0, nil}}, nil),
			}},
		{Op: OpDelete, Type: "aws:ec2/securityGroup:SecurityGroup", URN: urn("aws:ec2/securityGroup:SecurityGroup", "old"), Parent: net},
		{Op: OpDelete, Type: "aws:ec2/volume:Volume", URN: urn("aws:ec2/volume:Volume", "spare"), Parent: net,
			ReplaceReasons: []string{"left over from an earlier replacement"}},
		{Op: OpImport, Type: "aws:ecr/repository:Repository", URN: urn("aws:ecr/repository:Repository", "apps"), Parent: root,
			Inputs: map[string]any{"name": "apps"}},
		{Op: OpRead, Type: "aws:ec2/ami:Ami", URN: urn("aws:ec2/ami:Ami", "ubuntu"), Parent: root},
		{Op: OpUpdate, Type: "aws:ec2/aVeryLongTypeNameThatNobodyWouldWant:AVeryLongTypeNameThatNobodyWouldWant", Parent: root,
			URN:        urn("aws:ec2/aVeryLongTypeNameThatNobodyWouldWant:AVeryLongTypeNameThatNobodyWouldWant", "`quoted` "+strings.Repeat("n", 90)),
			Properties: []PropertyChange{change(strings.Repeat("deep.", 30)+"end", KindUpdate, "a", "b")}},
	}
	for i := range steps {
		steps[i].Name = urnName(steps[i].URN)
	}
	steps = inTreeOrder(steps)
	return &Diff{
		Verb: VerbPreview, Ref: Ref{Project: "acme", Stack: "prod"}, Steps: steps, Summary: summarize(steps),
		Outputs: []PropertyChange{change("address", KindUpdate, "192.0.2.1", UnknownMark)},
		Drift: []Step{{Op: OpUpdate, Type: "aws:ec2/vpc:Vpc", Name: "vpc", URN: urn("aws:ec2/vpc:Vpc", "vpc"),
			Properties: []PropertyChange{change("enableDnsSupport", KindUpdate, true, false)}}},
	}
}

func same() *Diff {
	d := everything()
	for i := range d.Steps {
		d.Steps[i] = Step{Op: OpSame, Type: d.Steps[i].Type, URN: d.Steps[i].URN, Structural: d.Steps[i].Structural}
	}
	d.Outputs, d.Drift, d.Summary = nil, nil, summarize(d.Steps)
	return d
}

func TestWriteText(t *testing.T) {
	tests := []struct {
		file string
		diff *Diff
		opts []TextOption
	}{
		{"everything.txt", everything(), nil},
		{"everything-60.txt", everything(), []TextOption{WithWidth(60)}},
		{"same.txt", same(), nil},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			var b bytes.Buffer
			if err := tt.diff.WriteText(&b, tt.opts...); err != nil {
				t.Fatal(err)
			}
			golden(t, tt.file, b.Bytes())
			width := 100
			if len(tt.opts) > 0 {
				width = 60
			}
			for _, l := range strings.Split(b.String(), "\n") {
				if runes(l) > width && !strings.HasPrefix(l, "acme/prod: ") {
					t.Errorf("%d columns: %s", runes(l), l)
				}
				if strings.Contains(l, "\x1b") {
					t.Errorf("colour where no terminal is: %q", l)
				}
			}
		})
	}
}

// TestColor: the coloured text is the plain one with colours around.
func TestColor(t *testing.T) {
	var plain, color bytes.Buffer
	if err := everything().WriteText(&plain, WithColor(ColorNever)); err != nil {
		t.Fatal(err)
	}
	if err := everything().WriteText(&color, WithColor(ColorAlways)); err != nil {
		t.Fatal(err)
	}
	stripped := color.String()
	for _, c := range []string{bold, faint, red, green, yellow, purple, cyan, reset} {
		if !strings.Contains(stripped, c) {
			t.Errorf("colour %q is never used", c)
		}
		stripped = strings.ReplaceAll(stripped, c, "")
	}
	if stripped != plain.String() {
		t.Errorf("stripped of colours it is\n%s", stripped)
	}
}

func TestWriteJSON(t *testing.T) {
	var b bytes.Buffer
	if err := everything().WriteJSON(&b, Header{Stack: "prod", Target: "aws", Simulated: true}); err != nil {
		t.Fatal(err)
	}
	golden(t, "everything.json", b.Bytes())

	b.Reset()
	if err := same().WriteJSON(&b, Header{Stack: "prod", Target: "local"}); err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b.Bytes(), &m); err != nil {
		t.Fatal(err)
	}
	if steps, ok := m["steps"].([]any); !ok || len(steps) != 0 {
		t.Errorf("steps of an empty diff: %v", m["steps"])
	}
}

// TestSchema holds what is written to the schema that is published.
func TestSchema(t *testing.T) {
	schema, err := jsonschema.CompileString("report.schema.json", ReportSchema)
	if err != nil {
		t.Fatal(err)
	}
	check := func(r any) error {
		raw, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatal(err)
		}
		return schema.Validate(v)
	}
	for _, d := range []*Diff{everything(), same(), {}} {
		if err := check(d.Report(Header{Stack: "prod", Target: "aws"})); err != nil {
			t.Errorf("%v", err)
		}
	}
	bad := everything().Report(Header{})
	bad.Steps[0].Op = "explode"
	if check(bad) == nil {
		t.Error("the schema accepts anything")
	}
}

func TestWriteMarkdown(t *testing.T) {
	var b bytes.Buffer
	if err := everything().WriteMarkdown(&b, Header{Stack: "prod", Target: "aws", Simulated: true}); err != nil {
		t.Fatal(err)
	}
	golden(t, "everything.md", b.Bytes())
}

func TestEmpty(t *testing.T) {
	if !same().Empty() || everything().Empty() {
		t.Error("empty is not told from full")
	}
	for name, change := range map[string]func(*Diff){
		"an output": func(d *Diff) { d.Outputs = []PropertyChange{{Path: "x"}} },
		"drift":     func(d *Diff) { d.Drift = []Step{{Op: OpDelete}} },
		"a provider": func(d *Diff) {
			d.Steps = append(d.Steps, Step{Op: OpUpdate, Type: "pulumi:providers:aws", Structural: true})
		},
	} {
		d := same()
		change(d)
		if d.Empty() {
			t.Errorf("a diff with %s is empty", name)
		}
	}
	d := same()
	d.Steps = append(d.Steps, Step{Op: OpCreate, Type: "acme:index:Group", Structural: true}, Step{Op: OpRead, Type: "aws:ec2/ami:Ami"})
	if !d.Empty() {
		t.Error("a component and a look-up make a change")
	}
}

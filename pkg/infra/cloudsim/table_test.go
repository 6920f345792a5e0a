package cloudsim

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

var allClouds = []*cloud{awsCloud, gcpCloud}

// TestEveryTokenIsTheSDKs: the table and the SDKs' types are the same set.
func TestEveryTokenIsTheSDKs(t *testing.T) {
	for _, c := range allClouds {
		s := c.shapes()
		for token, r := range c.rows {
			if _, ok := s.Resources[token]; !ok {
				t.Errorf("%s is in the table and not in the SDK", token)
			}
			if r.source == "" || r.noun == "" || r.service == "" || r.takes == 0 {
				t.Errorf("%s: source, noun, service and takes must be told", token)
			}
			if c == awsCloud && strings.Join(r.api[:], "") == "" {
				t.Errorf("%s: its API calls must be told", token)
			}
		}
		for token := range s.Resources {
			if c.rows[token] == nil {
				t.Errorf("%s has a shape and is not in the table", token)
			}
		}
		for token, f := range c.functions {
			if _, ok := s.Functions[token]; !ok {
				t.Errorf("%s is in the table and not in the SDK", token)
			}
			if f.source == "" || f.noun == "" {
				t.Errorf("%s: source and noun must be told", token)
			}
		}
		for token := range s.Functions {
			if c.functions[token] == nil {
				t.Errorf("%s has a shape and is not in the table", token)
			}
		}
	}
}

// TestEveryPropertyIsTheSDKs: every property that a row names exists, on the
// side where the row uses it.
func TestEveryPropertyIsTheSDKs(t *testing.T) {
	for _, c := range allClouds {
		s := c.shapes()
		for token, r := range c.rows {
			sh := s.Resources[token]
			in := func(what string, paths ...string) {
				for _, p := range paths {
					if p = strings.TrimPrefix(p, "!"); s.kindAt(sh.In, p) == "" {
						t.Errorf("%s: %s %q is not an input", token, what, p)
					}
				}
			}
			out := func(what, p string) {
				if p != "id" && !strings.HasPrefix(p, "@") && s.kindAt(sh.Out, p) == "" {
					t.Errorf("%s: %s %q is not an output", token, what, p)
				}
			}
			in("required", r.required...)
			in("replace", r.replace...)
			in("sets", r.sets...)
			in("json", r.json...)
			in("links", r.links...)
			if r.name != "" {
				in("name", r.name)
			}
			if r.protect != "" {
				in("protect", r.protect)
			}
			if r.retainProp != "" {
				in("retainProp", r.retainProp)
			}
			for p := range r.defaults {
				in("defaults", p)
			}
			for _, group := range append(r.conflicts, r.exactly...) {
				in("conflicts", group...)
			}
			for _, l := range r.limits {
				in("limits", l.path)
				if _, err := regexp.Compile(l.pattern); err != nil {
					t.Errorf("%s: %s: %v", token, l.path, err)
				}
			}
			for p := range r.outputs {
				out("outputs", p)
			}
			for _, p := range r.secrets {
				out("secrets", p)
			}
			for _, u := range r.unique {
				for _, p := range u.paths {
					out("unique", p)
				}
			}
			checkRefs(t, c, r, in)
		}
	}
}

func checkRefs(t *testing.T, c *cloud, r *row, in func(string, ...string)) {
	s := c.shapes()
	for _, ref := range r.refs {
		in("refs", ref.path)
		if _, err := regexp.Compile(ref.builtin); err != nil {
			t.Errorf("%s: %s: %v", r.token, ref.path, err)
		}
		found := map[string]bool{"id": true}
		for _, typ := range append([]string{ref.typ}, ref.also...) {
			sh, ok := s.Resources[typ]
			if !ok {
				t.Errorf("%s: %s refers to %q, which is not simulated", r.token, ref.path, typ)
			}
			for _, by := range ref.by {
				found[by] = found[by] || s.kindAt(sh.Out, by) != ""
			}
		}
		for _, by := range ref.by {
			if !found[by] {
				t.Errorf("%s: %s: the target has no property %q", r.token, ref.path, by)
			}
		}
		if ref.err.says == "" {
			t.Errorf("%s: %s: the error must be told", r.token, ref.path)
		}
	}
}

var partPattern = regexp.MustCompile(`\{([^}]*)\}`)

// TestEveryTemplatePartIsKnown: a template names properties or parts that exist.
func TestEveryTemplatePartIsKnown(t *testing.T) {
	words := map[string]bool{
		"id": true, "account": true, "project": true, "region": true, "zone": true, "partition": true, "now": true, "uuid": true,
	}
	kinds := map[string]bool{"hex": true, "digits": true, "upper": true, "lower": true, "letters": true, "ip": true, "short": true}
	for _, c := range allClouds {
		s := c.shapes()
		for token, r := range c.rows {
			var check func(at string, v any)
			check = func(at string, v any) {
				switch v := v.(type) {
				case Props:
					for k, item := range v {
						check(at+"."+k, item)
					}
				case []any:
					for i, item := range v {
						check(fmt.Sprint(at, i), item)
					}
				case string:
					for _, m := range partPattern.FindAllStringSubmatch(v, -1) {
						kind, arg, has := strings.Cut(m[1], ":")
						if has && !kinds[kind] || has && kind == "short" && s.kindAt(s.Resources[token].Out, arg) == "" {
							t.Errorf("%s: %s: part {%s} is not known", token, at, m[1])
						}
						if !has && !words[m[1]] && s.kindAt(s.Resources[token].Out, m[1]) == "" {
							t.Errorf("%s: %s: {%s} is no property", token, at, m[1])
						}
					}
				}
			}
			check("id", r.id)
			check("importID", r.importID)
			check("outputs", r.outputs)
		}
	}
}

// TestKindsOfConstants: a default or a constant output is of the kind
// that the SDK expects, or the program would fail to read it.
func TestKindsOfConstants(t *testing.T) {
	for _, c := range allClouds {
		s := c.shapes()
		for token, r := range c.rows {
			for _, p := range s.check(s.Resources[token].Out, propertyMap(topLevel(r.outputs)), "") {
				if !strings.Contains(p.reason, "required") {
					t.Errorf("%s: output %s %s", token, p.path, p.reason)
				}
			}
			for _, p := range s.check(s.Resources[token].In, propertyMap(r.defaults), "") {
				if !strings.Contains(p.reason, "required") {
					t.Errorf("%s: default %s %s", token, p.path, p.reason)
				}
			}
		}
	}
}

func topLevel(p Props) Props {
	m := Props{}
	for k, v := range p {
		if text, isText := v.(string); !strings.Contains(k, ".") && !(isText && strings.Contains(text, "{")) {
			m[k] = v
		}
	}
	return m
}

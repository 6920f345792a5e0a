package provider

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// checker collects what is wrong with a resource's inputs. Inputs that a
// preview doesn't know yet are passed over.
type checker struct {
	given    property.Map
	failures []p.CheckFailure
}

// check decodes inputs into I and lets validate look at them and fill in the
// defaults. A value of the wrong type is reported without calling validate.
func check[I any](ctx context.Context, req infer.CheckRequest, validate func(*checker, *I)) (infer.CheckResponse[I], error) {
	inputs, failures, err := infer.DefaultCheck[I](ctx, req.NewInputs)
	if err != nil || len(failures) > 0 {
		return infer.CheckResponse[I]{Inputs: inputs, Failures: failures}, err
	}
	c := &checker{given: req.NewInputs}
	validate(c, &inputs)
	return infer.CheckResponse[I]{Inputs: inputs, Failures: c.failures}, nil
}

// known tells whether the value at path is there to be judged.
func (c *checker) known(path ...any) bool {
	v := property.New(c.given)
	for _, step := range path {
		switch {
		case v.IsComputed():
			return false
		case v.IsMap():
			v = v.AsMap().Get(step.(string))
		case v.IsArray():
			i := step.(int)
			if i >= v.AsArray().Len() {
				return true
			}
			v = v.AsArray().Get(i)
		default:
			return true
		}
	}
	return !v.IsComputed()
}

// wholly tells whether the value of a field is known down to its last part.
func (c *checker) wholly(field string) bool { return !c.given.Get(field).HasComputed() }

// fail reports a failure unless the value at path is unknown. The text names
// the field itself: not every engine shows Property.
func (c *checker) fail(path []any, format string, args ...any) {
	if !c.known(path...) {
		return
	}
	name := pathString(path)
	reason := strings.TrimSpace(name + " " + fmt.Sprintf(format, args...))
	c.failures = append(c.failures, p.CheckFailure{Property: name, Reason: reason})
}

// match reports a text that doesn't have the wanted form.
func (c *checker) match(path []any, value string, form *regexp.Regexp, want string) {
	if !form.MatchString(value) {
		c.fail(path, "%q: want %s", value, want)
	}
}

// oneOf fills in the default, the first word, and reports any other word than these.
func (c *checker) oneOf(path []any, value *string, words ...string) {
	if *value == "" {
		*value = words[0]
	}
	if !slices.Contains(words, *value) {
		c.fail(path, "%q: want one of %v", *value, words)
	}
}

// duration fills in the default and reports what is not a duration of at least least.
func (c *checker) duration(path []any, value *string, otherwise string, least time.Duration) {
	if *value == "" {
		*value = otherwise
	}
	if d, err := time.ParseDuration(*value); err != nil || d < least {
		c.fail(path, "%q: want a duration of %s or more, such as 90s", *value, least)
	}
}

// between fills in the default and reports a number out of bounds.
func (c *checker) between(path []any, value *int, otherwise, low, high int) {
	if *value == 0 {
		*value = otherwise
	}
	if *value < low || *value > high {
		c.fail(path, "%d: want a number from %d to %d", *value, low, high)
	}
}

// public reports secrets where Docker would show them to anyone.
func (c *checker) public(fields ...string) {
	for _, field := range fields {
		if v, ok := c.given.GetOk(field); ok && v.HasSecrets() {
			c.fail([]any{field}, "holds a secret, which container inspect would show: give it to the container as a file (files)")
		}
	}
}

func at(path ...any) []any { return path }

// pathString writes a path as Pulumi does: files[0].content.
func pathString(path []any) string {
	s := ""
	for _, step := range path {
		switch step := step.(type) {
		case int:
			s += fmt.Sprintf("[%d]", step)
		case string:
			switch {
			case !plainKey.MatchString(step):
				s += fmt.Sprintf("[%q]", step)
			case s == "":
				s = step
			default:
				s += "." + step
			}
		}
	}
	return s
}

var plainKey = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$]*$`)

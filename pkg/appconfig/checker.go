package appconfig

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// checker collects what is wrong with an app.
type checker struct {
	app    string
	prefix string
	where  positions
	skip   map[string]string // options whose value is an expression
	errs   []error
	// read is true when the reader says which blocks are missing.
	read bool
}

// add records a problem of a field of the current stage.
func (c *checker) add(field, value, format string, args ...any) {
	if c.prefix != "" && field != "" {
		field = c.prefix + "." + field
	} else if c.prefix != "" {
		field = c.prefix
	}
	e := &Error{App: c.app, Field: field, Value: value, Problem: fmt.Sprintf(format, args...)}
	c.errs = append(c.errs, e.place(c.where.at(field)))
}

// dynamic reports whether the option's value is not known yet.
func (c *checker) dynamic(field string) bool {
	_, ok := c.skip[field]
	return ok
}

func (c *checker) err() error { return errors.Join(c.errs...) }

// required refuses an empty string.
func (c *checker) required(field, value, what string) {
	if value == "" && !c.dynamic(field) {
		c.add(field, "", "must be set: %s", what)
	}
}

// between refuses a number outside least..most. Zero means the plugin's own
// default, and is allowed.
func (c *checker) between(field string, value, least, most int, unit string) {
	if value != 0 && (value < least || value > most) && !c.dynamic(field) {
		c.add(field, strconv.Itoa(value), "must be %d to %d%s", least, most, unit)
	}
}

// port refuses what is no TCP port. Zero means the plugin's own default.
func (c *checker) port(field string, value int) { c.between(field, value, 1, 65535, "") }

// oneOf refuses a string that is none of allowed. Empty is allowed.
func (c *checker) oneOf(field, value string, allowed ...string) {
	if value != "" && !slices.Contains(allowed, value) && !c.dynamic(field) {
		c.add(field, strconv.Quote(value), "must be one of %s", strings.Join(allowed, ", "))
	}
}

// matches refuses a string that re doesn't match. Empty is allowed.
func (c *checker) matches(field, value string, re *regexp.Regexp, want string) {
	if value != "" && !re.MatchString(value) && !c.dynamic(field) {
		c.add(field, strconv.Quote(value), "must be %s", want)
	}
}

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

// env refuses names that are no environment variable's.
func (c *checker) env(field string, vars map[string]string) {
	for _, name := range sortedKeys(vars) {
		if !envName.MatchString(name) {
			c.add(field, strconv.Quote(name), "must be an environment variable's name: letters, digits, _, . or -, not starting with a digit")
		}
		if strings.ContainsRune(vars[name], 0) {
			c.add(field+"."+name, "", "must not hold a zero byte")
		}
	}
}

// text refuses what can't be written into a file.
func (c *checker) text(field, value string) {
	if !utf8.ValidString(value) {
		c.add(field, strconv.Quote(value), "must be UTF-8 text")
	}
}

var (
	awsRegion  = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$`)
	gcpRegion  = regexp.MustCompile(`^[a-z]+-[a-z]+[0-9]{1,2}$`)
	gcpProject = regexp.MustCompile(`^([a-z][a-z0-9.-]*:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$`)
	imageName  = regexp.MustCompile(`^([a-zA-Z0-9][a-zA-Z0-9.-]*(:[0-9]+)?/)?[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$`)
	imageTag   = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)
)

func (c *checker) awsRegion(field, v string) {
	c.required(field, v, "an AWS region such as eu-west-1")
	c.matches(field, v, awsRegion, "an AWS region such as eu-west-1")
}

// imageTag holds to the tag grammar of distribution/reference, which Docker,
// ECR and Artifact Registry share: at most 128 characters.
func (c *checker) imageTag(field, v string) {
	c.required(field, v, "the image's tag, such as gitrefhash()")
	c.matches(field, v, imageTag, "an image tag: 1 to 128 letters, digits, _, . or -, not starting with . or -")
}

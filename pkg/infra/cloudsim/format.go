package cloudsim

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// A template is a string with parts in braces:
//
//	{id} {account} {project} {region} {zone} {partition} {now} {name of a property}
//	{hex:N} {digits:N} {upper:N} {lower:N} {uuid}   generated, the same each time for one thing
//	{ip:A.B}                                      an address that begins with A.B
//	{short:PROPERTY}                              the last part of a link
//
// A template that is one single part keeps the type of the property it names.

// generate returns bytes that depend on the seed, the URN, how many things
// the URN has made, and label: the same run gives the same ids.
func (c *call) generate(label string) [32]byte {
	return sha256.Sum256([]byte(strings.Join([]string{c.sim.seed, c.row.token, c.urn, strconv.Itoa(c.serial), label}, "\x00")))
}

func (c *call) random(label, alphabet string, n int) string {
	var b strings.Builder
	for block := 0; b.Len() < n; block++ {
		for _, x := range c.generate(label + strconv.Itoa(block)) {
			if b.Len() < n {
				b.WriteByte(alphabet[int(x)%len(alphabet)])
			}
		}
	}
	return b.String()
}

// fill fills in a template. label keeps the generated parts of one output
// apart from those of another. The result is unknown when a part is, and null
// when a part is absent.
func (c *call) fill(template, label string) resource.PropertyValue {
	var b strings.Builder
	rest := template
	for n := 0; ; n++ {
		before, after, found := strings.Cut(rest, "{")
		b.WriteString(before)
		if !found {
			return resource.NewStringProperty(b.String())
		}
		part, tail, closed := strings.Cut(after, "}")
		if !closed {
			panic(fmt.Sprintf("cloudsim: template %q of %s has an open brace", template, c.row.token))
		}
		v := c.part(part, label+strconv.Itoa(n))
		if before == "" && n == 0 && tail == "" {
			return v
		}
		if isUnknown(v) || isAbsent(v) {
			return v
		}
		b.WriteString(textOf(v))
		rest = tail
	}
}

const (
	digits   = "0123456789"
	hexes    = "0123456789abcdef"
	lowers   = "abcdefghijklmnopqrstuvwxyz0123456789"
	uppers   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	lettersM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

func (c *call) part(part, label string) resource.PropertyValue {
	kind, arg, hasArg := strings.Cut(part, ":")
	str := resource.NewStringProperty
	if hasArg {
		n, _ := strconv.Atoi(arg)
		switch kind {
		case "hex":
			return str(c.random(label, hexes, n))
		case "digits":
			return str("1" + c.random(label, digits, n-1))
		case "upper":
			return str(c.random(label, uppers, n))
		case "lower":
			return str(c.random(label, lowers, n))
		case "letters":
			return str(c.random(label, lettersM, n))
		case "ip":
			x := c.generate(label)
			v := binary.BigEndian.Uint16(x[:])
			return str(fmt.Sprintf("%s.%d.%d", arg, v>>8, 1+v&0xff%254))
		case "short":
			v := c.value(arg)
			if isUnknown(v) || isAbsent(v) {
				return v
			}
			return str(shortName(textOf(v)))
		}
		panic(fmt.Sprintf("cloudsim: template part {%s} of %s is not known", part, c.row.token))
	}
	switch part {
	case "account", "project":
		if part == "project" && given(c.out, "project") {
			return first(c.out, "project")
		}
		return str(c.at.account)
	case "partition":
		return str(c.at.partition)
	case "now":
		return str(c.created.UTC().Format(time.RFC3339))
	case "uuid":
		h := c.random(label, hexes, 32)
		return str(h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:])
	}
	return c.value(part)
}

// value is a property of the thing as far as it is made: an output, an input,
// or an output that is still to be computed.
func (c *call) value(path string) resource.PropertyValue {
	switch path {
	case "id":
		if c.id == "" {
			return resource.MakeComputed(str(""))
		}
		return str(c.id)
	case "region", "zone":
		if v := first(c.out, path); !isAbsent(v) {
			return v
		}
		if path == "region" {
			return str(c.at.region)
		}
		return str(c.at.zone)
	}
	if v := first(c.out, path); !isAbsent(v) {
		return v
	}
	if v, ok := c.row.outputs[path]; ok && !c.filling[path] {
		c.filling[path] = true
		defer delete(c.filling, path)
		return c.computed(path, v)
	}
	return resource.NewNullProperty()
}

// computed evaluates one entry of a row's outputs.
func (c *call) computed(path string, v any) resource.PropertyValue {
	switch v := v.(type) {
	case string:
		return c.fill(v, path)
	case Props:
		m := resource.PropertyMap{}
		for k, item := range v {
			m[resource.PropertyKey(k)] = c.computed(path+"."+k, item)
		}
		return resource.NewObjectProperty(m)
	case []any:
		items := make([]resource.PropertyValue, len(v))
		for i, item := range v {
			items[i] = c.computed(path+"."+strconv.Itoa(i), item)
		}
		return resource.NewArrayProperty(items)
	}
	return propertyValue(v)
}

func str(s string) resource.PropertyValue { return resource.NewStringProperty(s) }

func strs(all ...string) resource.PropertyValue {
	items := make([]resource.PropertyValue, len(all))
	for i, s := range all {
		items[i] = str(s)
	}
	return resource.NewArrayProperty(items)
}

// shortName is the last part of a link or path.
func shortName(link string) string { return link[strings.LastIndexByte(link, '/')+1:] }

// relative takes the host and API version off a self link.
func relative(link string) string {
	if i := strings.Index(link, "projects/"); i > 0 && strings.HasPrefix(link, "http") {
		return link[i:]
	}
	return link
}

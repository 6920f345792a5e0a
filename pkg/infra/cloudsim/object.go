package cloudsim

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Object is one thing that exists in the simulated cloud.
type Object struct {
	// Cloud is "aws" or "gcp".
	Cloud string `json:"cloud"`
	// Type is the resource type's token, such as "aws:ec2/vpc:Vpc".
	Type string `json:"type"`
	// ID is the cloud's id, as Pulumi's state holds it.
	ID string `json:"id"`
	// URN is the resource that created it.
	URN string `json:"urn,omitempty"`
	// Account is the AWS account or the GCP project.
	Account string `json:"account"`
	// Region is empty for things that exist once an account.
	Region string `json:"region,omitempty"`
	// Created is when it was made.
	Created time.Time `json:"created"`
	// Deleted is set while a deleted thing is only scheduled to go: its name
	// stays taken until PurgeAt.
	Deleted *time.Time `json:"deleted,omitempty"`
	// PurgeAt is when a deleted thing goes for good.
	PurgeAt *time.Time `json:"purgeAt,omitempty"`
	// Kept marks what the cloud keeps by design, such as a final snapshot.
	Kept bool `json:"kept,omitempty"`
	// Serial counts the things that the same URN made before this one.
	Serial int `json:"serial,omitempty"`
	// Properties are the inputs and outputs. Of a secret only a salted digest
	// is held, as {"__digest": "..."}.
	Properties map[string]any `json:"properties"`
}

const digestKey = "__digest"

func (o *Object) key() string {
	return strings.Join([]string{o.Cloud, o.Type, o.Account, o.Region, o.ID}, "|")
}

// alive reports whether the thing still exists at a moment.
func (o *Object) alive() bool { return o.Deleted == nil }

// retained reports whether a deleted thing still holds its name.
func (o *Object) retained(now time.Time) bool {
	return o.Deleted != nil && o.PurgeAt != nil && now.Before(*o.PurgeAt)
}

// props returns the properties; digests stay as they are.
func (o *Object) props() resource.PropertyMap {
	return propertyMap(Props(o.Properties))
}

// text returns a property as a string, "id" being the id.
func (o *Object) text(path string) string {
	if all := o.texts(path); len(all) > 0 {
		return all[0]
	}
	return ""
}

// Text returns the property at a path as a string, "id" being the id; "" when
// there is none, or when it is a secret. In lists it is the first item's, as in
// "networkInterfaces[].networkIp".
func (o Object) Text(path string) string { return o.text(path) }

// texts returns all strings at a path, without a detour over property values.
func (o *Object) texts(path string) []string {
	if path == "id" {
		return []string{o.ID}
	}
	return rawTexts(o.Properties, steps(path))
}

func rawTexts(v any, path []string) []string {
	if len(path) == 0 {
		switch v := v.(type) {
		case string:
			return []string{v}
		case []any:
			var all []string
			for _, item := range v {
				all = append(all, rawTexts(item, nil)...)
			}
			return all
		case bool, float64:
			return []string{textOf(resource.NewPropertyValue(v))}
		}
		return nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	name := strings.TrimSuffix(path[0], "[]")
	if name == path[0] {
		return rawTexts(m[name], path[1:])
	}
	items, _ := m[name].([]any)
	var all []string
	for _, item := range items {
		all = append(all, rawTexts(item, path[1:])...)
	}
	return all
}

func (o *Object) clone() *Object {
	c := *o
	c.Properties = nil
	data, err := json.Marshal(o.Properties)
	if err == nil {
		err = json.Unmarshal(data, &c.Properties)
	}
	if err != nil {
		// Properties hold only what came out of JSON.
		c.Properties = map[string]any{}
	}
	return &c
}

// plain turns properties into what the file holds: secrets become digests.
func plain(props resource.PropertyMap, salt string, secret func(path string) bool) map[string]any {
	m := map[string]any{}
	for k, v := range props {
		if strings.HasPrefix(string(k), "__") {
			continue
		}
		m[string(k)] = plainValue(v, salt, string(k), secret)
	}
	return m
}

func plainValue(v resource.PropertyValue, salt, at string, secret func(string) bool) any {
	if isSecret(v) || secret(at) {
		if b := bare(v); !isAbsent(b) {
			return map[string]any{digestKey: digest(b, salt)}
		}
		return nil
	}
	v = bare(v)
	switch {
	case v.IsArray():
		items := make([]any, len(v.ArrayValue()))
		for i, item := range v.ArrayValue() {
			items[i] = plainValue(item, salt, at+"[]", secret)
		}
		return items
	case v.IsObject():
		m := map[string]any{}
		for k, item := range v.ObjectValue() {
			if strings.HasPrefix(string(k), "__") && string(k) != digestKey {
				continue
			}
			m[string(k)] = plainValue(item, salt, join(at, string(k)), secret)
		}
		return m
	case v.IsAsset():
		return v.AssetValue().Hash
	case v.IsArchive():
		return v.ArchiveValue().Hash
	case v.IsString(), v.IsNumber(), v.IsBool():
		return v.V
	}
	return nil
}

// digest is what the file holds instead of a secret: enough to see that it
// changed, not enough to read it.
func digest(v resource.PropertyValue, salt string) string {
	data, err := json.Marshal(plainValue(v, "", "", func(string) bool { return false }))
	if err != nil {
		data = []byte(textOf(v))
	}
	sum := sha256.Sum256(append([]byte(salt), data...))
	return hex.EncodeToString(sum[:])
}

// isDigest reports whether a value of the file stands for a secret.
func isDigest(v resource.PropertyValue) (string, bool) {
	if !v.IsObject() || len(v.ObjectValue()) != 1 {
		return "", false
	}
	d, ok := v.ObjectValue()[digestKey]
	if !ok || !d.IsString() {
		return "", false
	}
	return d.StringValue(), true
}

// reveal puts the secrets that state knows back in place of their digests. A
// digest that matches nothing known is a secret that changed outside; it shows
// as a secret with a value that differs.
func reveal(stored, known resource.PropertyValue, salt string) resource.PropertyValue {
	if d, ok := isDigest(stored); ok {
		if b := bare(known); !isAbsent(b) && digest(b, salt) == d {
			return resource.MakeSecret(b)
		}
		return resource.MakeSecret(resource.NewStringProperty("changed outside of this program (" + d[:12] + ")"))
	}
	wrapped := isSecret(known)
	known = bare(known)
	switch {
	case stored.IsObject():
		m := resource.PropertyMap{}
		var from resource.PropertyMap
		if known.IsObject() {
			from = known.ObjectValue()
		}
		for k, v := range stored.ObjectValue() {
			m[k] = reveal(v, from[k], salt)
		}
		stored = resource.NewObjectProperty(m)
	case stored.IsArray():
		items := make([]resource.PropertyValue, len(stored.ArrayValue()))
		for i, v := range stored.ArrayValue() {
			var from resource.PropertyValue
			if known.IsArray() && i < len(known.ArrayValue()) {
				from = known.ArrayValue()[i]
			}
			items[i] = reveal(v, from, salt)
		}
		stored = resource.NewArrayProperty(items)
	}
	if wrapped {
		return resource.MakeSecret(stored)
	}
	return stored
}

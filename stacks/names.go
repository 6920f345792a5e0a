package stacks

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
)

// maxName leaves room for what the components add to a platform's name: the
// strictest limits are a VPC connector's 25 characters and a Google service
// account's 30.
const maxName = 20

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// PlatformName is the beginning of the names of all that a platform creates:
// project and stack in lower-case letters, digits and hyphens, beginning with a
// letter, 20 characters at most. What is too long is cut, and ends in a hash of
// the whole, so that different stacks have different names.
func PlatformName(project, stack string) string {
	whole := project + "-" + stack
	name := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(whole), "-"), "-")
	if name == "" || name[0] < 'a' {
		name = "p-" + name
	}
	// Cutting, and folding case and signs, could make two names one.
	if len(name) > maxName || name != whole {
		sum := sha256.Sum256([]byte(project + "\x00" + stack))
		hash := hex.EncodeToString(sum[:])[:6]
		name = strings.TrimRight(name[:min(len(name), maxName-1-len(hash))], "-") + "-" + hash
	}
	return name
}

// Labels are the tags, or labels, on everything that a platform creates, with
// the caller's own beside them.
func Labels(project, stack string, own map[string]string) map[string]string {
	fold := func(s string) string {
		s = strings.Trim(regexp.MustCompile(`[^a-z0-9_-]+`).ReplaceAllString(strings.ToLower(s), "-"), "-")
		return s[:min(len(s), 63)]
	}
	m := map[string]string{"managed-by": "pilot", "pilot-project": fold(project), "pilot-stack": fold(stack)}
	for k, v := range own {
		m[k] = v
	}
	return m
}

// reserved are the keys that Labels sets itself.
var reserved = []string{"managed-by", "pilot-project", "pilot-stack"}

// CheckLabels tells what is wrong with the caller's own labels: keys and values
// by the forms given, keys that are set anyway, and more than most.
func CheckLabels(field string, own map[string]string, key, value *regexp.Regexp, want string, most int) error {
	if len(own)+len(reserved) > most {
		return fmt.Errorf("%s: %d of them: want at most %d", field, len(own), most-len(reserved))
	}
	for k, v := range own {
		for _, r := range reserved {
			if k == r {
				return fmt.Errorf("%s %q: is set by Pilot itself: want another key", field, k)
			}
		}
		if !key.MatchString(k) || !value.MatchString(v) {
			return fmt.Errorf("%s %q: %q: want %s", field, k, v, want)
		}
	}
	return nil
}

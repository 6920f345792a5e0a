package yarn

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

// Job is what is built, and for whom.
type Job struct {
	Project, App string
	// Source is the absolute path of the app's folder.
	Source string
}

var notInName = regexp.MustCompile(`[^a-z0-9]+`)

// cacheVolume is the name of the app's cache volume. The hash keeps two apps apart
// whose names look the same in it.
func (j Job) cacheVolume() string {
	sum := sha256.Sum256([]byte(j.Project + "\x00" + j.App))
	name := strings.Trim(notInName.ReplaceAllString(strings.ToLower(j.Project+"-"+j.App), "-"), "-")
	if len(name) > 100 {
		name = name[:100]
	}
	return "pilot-cache-" + name + "-" + hex.EncodeToString(sum[:])[:10]
}

func (j Job) labels(role string) map[string]string {
	return map[string]string{roleLabel: role, "io.pilot.project": j.Project, "io.pilot.app": j.App}
}

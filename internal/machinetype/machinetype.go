// Package machinetype knows how the clouds name the types of their machines and
// databases. A spec is held to it before anything is made, and the simulated
// clouds refuse what is not in it. The clouds have thousands of types: these are
// the families and the sizes, not every pair of them.
package machinetype

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// The forms are regular expressions for a whole name.
const (
	// EC2 are AWS's machines. Source: Amazon EC2 instance types, by generation.
	EC2 = `(a1|c[3-8][a-z]*|d[23][a-z]*|dl1|f[12]|g[3-7][a-z]*|gr6f?|h1|hpc[678][a-z]*|i[2-8][a-z]*|im4gn|inf[12]|is4gen` +
		`|m[1-8][a-z]*|p[2-6][a-z]*(-b[0-9]+)?|r[3-8][a-z]*|t[1-4][ag]?|trn[12][a-z]*|u-[0-9]+tb1|u7[a-z]*-[0-9]+tb|vt1|x[128][a-z]*|z1d)(-flex)?` +
		`\.(nano|micro|small|medium|large|xlarge|[0-9]+xlarge|metal(-[0-9]+xl)?)`
	// RDS are AWS's databases. Source: Amazon RDS, DB instance class types.
	RDS = `db\.(c6gd|m[1-8][a-z]*|r[3-8][a-z]*|t[1-4]g?|x1e?|x[28][a-z]*|z1d)\.(micro|small|medium|large|xlarge|[0-9]+xlarge)`
	// ComputeEngine are Google Cloud's machines. Source: Compute Engine, machine
	// families resource guide.
	ComputeEngine = `(f1-micro|g1-small|e2-(micro|small|medium)` +
		`|` + computeFamily + `-(standard|highmem|highcpu|megamem|ultramem|hypermem|highgpu|megagpu|ultragpu|edgegpu|node)-[0-9]+[a-z]*(-(lssd|highlssd|standardlssd|metal))*` +
		`|((n1|n2d?|n4[ad]?|e2|c3|g2)-)?custom-[0-9]+-[0-9]+(-ext)?|e2-custom-(micro|small|medium)-[0-9]+)`
	computeFamily = `(a[2-4]x?|c2d?|c3d?|c4[ad]?|e2|g[24]|h3|h4d|m[1-4]|n1|n2d?|n4[ad]?|t2[ad]|x4|z3)`
	// CloudSQLPostgres are Google Cloud's databases for PostgreSQL: those with a
	// shared core, and custom ones. Source: Cloud SQL for PostgreSQL, instance settings.
	CloudSQLPostgres = `db-(f1-micro|g1-small|custom-[0-9]+-[0-9]+)`
	// CloudSQL are those for any engine.
	CloudSQL = `(` + CloudSQLPostgres + `|db-n1-(standard|highmem)-[0-9]+|db-perf-optimized-N-[0-9]+)`
)

var forms sync.Map // by form

// Is tells whether a name has one of the forms.
func Is(form, name string) bool {
	re, ok := forms.Load(form)
	if !ok {
		re, _ = forms.LoadOrStore(form, regexp.MustCompile("^(?:"+form+")$"))
	}
	return re.(*regexp.Regexp).MatchString(name)
}

// ec2ARM are the families with AWS's own processors: the attribute g right
// after the generation, and the first of all, which had no attributes yet.
const ec2ARM = `(a1|[a-z]+[0-9]+g[a-z]*)\..*`

// EC2IsARM tells whether one of AWS's machines has an ARM processor.
func EC2IsARM(name string) bool { return Is(ec2ARM, name) }

// computeARM are Google Cloud's families with ARM processors.
var computeARM = []string{"a4x", "c4a", "n4a", "t2a"}

// ComputeEngineIsARM tells whether one of Google Cloud's machines has an ARM
// processor.
func ComputeEngineIsARM(name string) bool {
	family, _, _ := strings.Cut(name, "-")
	return slices.Contains(computeARM, family)
}

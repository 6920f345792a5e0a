package cloudsim

import (
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// row is everything the simulator knows of one resource type. Property names
// are the SDK's; a path may go into objects ("bootDisk.autoDelete") and lists
// ("networkInterfaces[].subnetwork"). The properties themselves, their kinds
// and which of them are required come from the shape files.
type row struct {
	token  string
	source string // where the facts are from, with the version
	noun   string // the provider's word for it in error messages

	// service and api name the cloud's API calls in error messages: the four
	// are create, read, update and delete. For GCP they are the permission's
	// middle part and are made from service and api[0].
	service string
	api     [4]string

	id       string   // template of the id
	importID string   // template of the id that import takes, when it is not the id
	name     string   // the property that is named automatically; "name" where the type has one
	noName   bool     // "name" is never made automatically
	nameRule string   // regular expression that the name must match, as a whole
	nameSays string   // what the provider says when it does not
	global   bool     // exists once an account or project, not once a region
	kindName string   // GCP: the collection in "projects/P/global/networks/N"
	required []string // beyond what the shape marks: lists and maps
	defaults Props    // applied to the inputs, as the provider does
	outputs  Props    // computed by the cloud; templates; not applied over a given value
	secrets  []string // outputs that are secret however they were given
	sets     []string // lists whose order has no meaning
	json     []string // strings that hold JSON and are compared as such
	links    []string // strings that name another thing by id, name or self link

	replace   []string                                       // changing one of these makes a new thing; "!path" excepts a part
	replaceIf func(olds, news resource.PropertyMap) []string // further rules for replace, that hang on values
	dbr       bool                                           // the old thing must be deleted first
	conflicts [][]string                                     // at most one of each group
	exactly   [][]string                                     // exactly one of each group
	limits    []limit
	check     func(c *call) []problem // what data cannot say, on the inputs alone

	unique  []unique
	refs    []ref
	verify  func(c *call) error // what data cannot say, against the cloud; at create and update
	compute func(c *call)       // outputs that a template cannot say
	created func(c *call) error // side effects in the cloud
	updated func(c *call) error

	protect    string // property that, when true in the state, forbids deletion
	protectMsg string
	inUse      *fault // what the cloud says when something still points here
	force      string // property of the state with which the provider first deletes what is of the types in forced
	forced     []string
	deleting   func(c *call) error
	retain     time.Duration // how long the name stays taken after deletion
	retainProp string        // property that overrides retain, in days
	upsert     bool          // creating what is there already is no error

	quota     int // things of this type in a region (or account, when global); 0 is no limit
	quotaCode string
	quotaSays string
	takes     time.Duration // what a create typically takes
}

// limit is a rule for one property's value.
type limit struct {
	path     string
	min, max float64  // for numbers, when not both zero
	oneOf    []string // for strings
	pattern  string   // for strings: a regular expression for the whole
	says     string   // the provider's words, for a pattern
	maxLen   int
}

// unique says that no two things share the values at paths.
type unique struct {
	paths []string
	err   fault // %s is the first value
	// reserved: names of things that were deleted and are still retained count too.
	retained bool
	retErr   fault
}

// ref is a property that must name an existing thing.
type ref struct {
	path     string
	typ      string
	by       []string // properties of the target that the value may equal; "id" when empty
	also     []string // further types that would do, with the same by
	builtin  string   // regular expression for things that exist in every account
	err      fault    // %s is the value
	onDelete blocking
}

type blocking int

const (
	ignore  blocking = iota // deleting the target does not care
	block                   // the target cannot be deleted while this exists
	cascade                 // deleting the target deletes this too
)

// fault is what a cloud answers when it refuses.
type fault struct {
	status int // HTTP status
	code   string
	says   string // %s is the value concerned
}

// function is one data source.
type function struct {
	token  string
	source string
	noun   string
	run    func(c *call) (resource.PropertyMap, error)
}

// cloud is one provider: its table and its manners.
type cloud struct {
	name      string
	version   string
	rows      map[string]*row
	functions map[string]*function
	shapes    func() *shapes
	render    func(c *call, op Op, e *fault, value string) string // an error in the cloud's words
	common    func(c *call)                                       // outputs that all types share (tagsAll, labels, project)
	configure func(cfg resource.PropertyMap) (where, []problem)
	faults    map[FaultKind]func(c *call, op Op) fault
}

// where is the place that a provider works in.
type where struct {
	account   string // AWS account or GCP project
	region    string
	zone      string
	partition string
	tags      map[string]string
}

func index(rows ...[]*row) map[string]*row {
	all := map[string]*row{}
	for _, list := range rows {
		for _, r := range list {
			all[r.token] = r
		}
	}
	return all
}

func indexFunctions(lists ...[]*function) map[string]*function {
	all := map[string]*function{}
	for _, list := range lists {
		for _, f := range list {
			all[f.token] = f
		}
	}
	return all
}

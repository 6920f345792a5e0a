package appconfig

// App is one app of a project: what is deployed on its own.
type App struct {
	// Name identifies the app in its project, and names what it becomes on
	// the target: a container, a service, a function. See [Target.CheckName].
	Name string
	// Path is the app's folder, relative to waypoint.hcl, with forward
	// slashes. Empty means the folder of waypoint.hcl itself.
	Path string
	// Labels are free key=value pairs, visible in the server's interface.
	Labels map[string]string
	// Build turns source into an artifact.
	Build Stage
	// Registry stores the artifact; nil when the target reads it where it
	// was built.
	Registry *Stage
	// Deploy puts the artifact on the target.
	Deploy Stage
	// Release makes a deployment public; nil when the target's own default
	// is used.
	Release *Stage
	// Config is what the app finds in its environment.
	Config Config

	where positions
}

// Stage is one step of an app: the plugin that does it, and its options.
type Stage struct {
	// Use is the plugin's label: use "docker" { ... }.
	Use string
	// Options are the plugin's options. Nil when this package has no type
	// for the plugin; what the file says then stays as it is.
	Options Options
	// Expressions are the options whose value is an HCL expression that is
	// evaluated when the stage runs: option name to source text, such as
	// "tag" to "gitrefhash()". An option in here overrides the one in
	// Options. Options of nested blocks are written block.option.
	Expressions map[string]string
}

// Options is implemented by a pointer to the options of each plugin that this
// package knows, such as *[DockerDeploy].
type Options interface {
	// check reports each option that is out of range.
	check(c *checker)
}

// Config is the configuration that an app, or all apps of a project, get.
type Config struct {
	// Env is exported to the app's environment.
	Env map[string]string
	// Internal is visible to other configuration values only.
	Internal map[string]string
	// Files are written beside the app: path to contents.
	Files map[string]string
	// Expressions are values that are HCL expressions, by the name of their
	// group and key: "env.DATABASE_URL" to `dynamic("vault", {...})`.
	Expressions map[string]string
}

// empty reports whether c says nothing.
func (c Config) empty() bool {
	return len(c.Env)+len(c.Internal)+len(c.Files)+len(c.Expressions) == 0
}

// Variable is an input variable of the file, used as var.NAME.
type Variable struct {
	// Name is an HCL identifier.
	Name string
	// Type is the type constraint's source text, such as "string" or
	// "list(string)". Empty accepts any type.
	Type string
	// Default is the default value's source text, such as `"eu-west-1"` or
	// "3". Empty means that a value must be given.
	Default string
	// Description says what the variable is for.
	Description string
	// Env names environment variables of the runner that may set it.
	Env []string
	// Sensitive hides the value in output and logs.
	Sensitive bool
}

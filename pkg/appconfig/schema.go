package appconfig

import (
	"reflect"
	"strings"
)

// option is one option of a plugin: a field of its options struct, tagged
//
//	hcl:"name"            an attribute; written even when zero
//	hcl:"name,optional"   an attribute; left out when zero
//	hcl:"name,block"      a nested block, of type *struct
//
// which are the tags that Waypoint's own plugins carry.
type option struct {
	name     string
	required bool
	block    bool
	index    int
}

// schemaOf returns the options of a struct type in the order of its fields,
// which is the order they are written in.
func schemaOf(t reflect.Type) []option {
	var opts []option
	for i := range t.NumField() {
		tag, ok := t.Field(i).Tag.Lookup("hcl")
		if !ok {
			continue
		}
		name, kind, _ := strings.Cut(tag, ",")
		opts = append(opts, option{name: name, required: kind == "", block: kind == "block", index: i})
	}
	return opts
}

// plugin is what this package knows of a Waypoint plugin in one kind of stage.
type plugin struct {
	// make returns new, empty options.
	make func() Options
	// attrs and blocks are the options that the plugin has and that have no
	// type here: they may stand in a file, and are left to Waypoint.
	attrs, blocks []string
}

// names returns every attribute or block that the plugin takes.
func (p plugin) names() []string {
	var names []string
	for _, o := range schemaOf(reflect.TypeOf(p.make()).Elem()) {
		names = append(names, o.name)
	}
	return append(append(names, p.attrs...), p.blocks...)
}

// stageKind is one of the four kinds of stage.
type stageKind string

const (
	stageBuild    stageKind = "build"
	stageRegistry stageKind = "registry"
	stageDeploy   stageKind = "deploy"
	stageRelease  stageKind = "release"
)

func pluginOf[T any, P interface {
	*T
	Options
}](attrs, blocks []string) plugin {
	return plugin{make: func() Options { return P(new(T)) }, attrs: attrs, blocks: blocks}
}

// plugins are those with typed options, by stage and label. The names of the
// options that have no type are those of Waypoint v0.11.4; the tests hold this
// table against the plugins of the real binary.
var plugins = map[stageKind]map[string]plugin{
	stageBuild: {
		"docker":     pluginOf[DockerBuild]([]string{"platform"}, []string{"auth"}),
		"pack":       pluginOf[PackBuild](nil, nil),
		"pilot-yarn": pluginOf[YarnBuild](nil, nil),
		"aws-ami":    pluginOf[AMIBuild](nil, nil),
	},
	stageRegistry: {
		"docker":  pluginOf[DockerRegistry](nil, []string{"auth"}),
		"aws-ecr": pluginOf[ECRRegistry](nil, nil),
	},
	stageDeploy: {
		"docker": pluginOf[DockerDeploy](
			[]string{"scratch_path"}, []string{"auth", "client_config"}),
		"aws-ecs": pluginOf[ECSDeploy](
			[]string{"target_group_protocol", "target_group_protocol_version"}, []string{"sidecar", "logging", "health_check"}),
		"aws-ec2":          pluginOf[EC2Deploy](nil, nil),
		"aws-lambda":       pluginOf[LambdaDeploy](nil, nil),
		"pilot-cloudfront": pluginOf[CloudFrontDeploy](nil, nil),
		"google-cloud-run": pluginOf[CloudRunDeploy](nil, nil),
		"pilot-cloud-cdn":  pluginOf[CloudCDNDeploy](nil, nil),
		"kubernetes": pluginOf[KubernetesDeploy](
			[]string{"resources", "scratch_path"}, []string{"probe", "pod"}),
	},
	stageRelease: {
		"aws-alb":             pluginOf[ALBRelease](nil, nil),
		"lambda-function-url": pluginOf[FunctionURLRelease](nil, []string{"cors"}),
		"google-cloud-run":    pluginOf[CloudRunRelease](nil, nil),
		"pilot-cloudfront":    pluginOf[CloudFrontRelease](nil, nil),
		"pilot-cloud-cdn":     pluginOf[CloudCDNRelease](nil, nil),
		"kubernetes":          pluginOf[KubernetesRelease]([]string{"ports"}, []string{"ingress"}),
	},
}

// untyped are Waypoint v0.11.4's other plugins: a file may use them, and their
// options are left to Waypoint.
var untyped = map[stageKind][]string{
	stageBuild:    {"docker-pull", "docker-ref", "files", "aws-ecr-pull", "azure-container-instance", "packer"},
	stageRegistry: {"files"},
	stageDeploy:   {"azure-container-instance", "exec", "kubernetes-apply", "helm", "nomad", "nomad-jobspec", "nomad-jobspec-canary"},
	stageRelease:  {"kubernetes-apply", "nomad-jobspec-canary", "consul-releaser"},
}

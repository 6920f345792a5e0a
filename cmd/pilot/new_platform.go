package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pilot-framework/pilot/pkg/appconfig"
	"github.com/pilot-framework/pilot/pkg/server/deploy"
	"github.com/pilot-framework/pilot/stacks/gcp"
	"github.com/urfave/cli/v2"
)

// serverBudget bounds the question to the server for an app's defaults.
const serverBudget = 5 * time.Second

// settingFlagList are the flags that stand in for a platform's outputs.
func settingFlagList() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "region", Usage: "the cloud's region (default: the platform's)"},
		&cli.StringFlag{Name: "google-project", Usage: "id of the Google Cloud project (default: the platform's)"},
		&cli.StringFlag{Name: "registry", Usage: "where images are stored, such as registry.example.com/apps (default: the platform's)"},
		&cli.StringSliceFlag{Name: "subnet", Usage: "id of a subnet that the app runs in, on AWS; may be repeated (default: the platform's)"},
	}
}

// appSettings are the flags that say where an app runs, with the setting of
// [appconfig.NewApp] that each is for, and the clouds, or the one target, that
// have it.
var appSettings = []struct {
	flag, field string
	of          []string
}{
	{"region", "region", []string{"aws", "gcp"}},
	{"google-project", "project", []string{"gcp"}},
	{"registry", "registry", []string{"aws", "gcp", "kubernetes"}},
	{"subnet", "subnets", []string{"aws"}},
	{"domain", "domain", []string{"google-cloud-cdn"}},
}

// onlySettingsOf refuses a setting that the target has not, which would change
// nothing.
func onlySettingsOf(c *cli.Context, target appconfig.Target) error {
	for _, set := range appSettings {
		if !c.IsSet(set.flag) {
			continue
		}
		var takers []string
		for _, t := range appconfig.Targets() {
			if slices.Contains(set.of, t.Cloud) || slices.Contains(set.of, t.Name) {
				takers = append(takers, t.Name)
			}
		}
		if !slices.Contains(takers, target.Name) {
			return fmt.Errorf("--%s: target %s has no such setting; it is for %s", set.flag, target.Name, strings.Join(takers, ", "))
		}
	}
	return nil
}

// missingFlags are the flags that say what err lacks, as --region, --domain.
func missingFlags(err error) string {
	var all interface{ Unwrap() []error }
	if !errors.As(err, &all) {
		return "" // NewApp joins what is missing
	}
	var flags []string
	for _, err := range all.Unwrap() {
		var e *appconfig.Error
		if !errors.As(err, &e) || e.Value != "" {
			continue
		}
		for _, set := range appSettings {
			if set.field == e.Field && !slices.Contains(flags, "--"+set.flag) {
				flags = append(flags, "--"+set.flag)
			}
		}
	}
	return strings.Join(flags, ", ")
}

// defaultsFor is what a fresh app's defaults come from: the flags, then the outputs
// of the cloud's stack, then the project's other apps on it, then what the server
// gives its runners. The last two serve a person who has a token and no stack. why
// tells why there are no outputs.
func (s *session) defaultsFor(c *cli.Context, cloud string, file *appconfig.File) (p appconfig.Platform, why error) {
	p = appconfig.Platform{
		Region: c.String("region"), Project: c.String("google-project"), RegistryURL: c.String("registry"), AppSubnets: c.StringSlice("subnet"),
	}
	outputs, why := s.stackPlatform(c, cloud)
	if p.Project != "" && why != nil && strings.Contains(why.Error(), gcp.CheckProject("").Error()) {
		why = nil // it asks for the project, which the flag says
	}
	p = p.Or(outputs).Or(file.PlatformOf(cloud))
	if cloud != targets[0].Name && (p.Region == "" || cloud == "gcp" && p.Project == "") {
		p = p.Or(serverPlatform(c, cloud))
	}
	return p, why
}

// serverPlatform asks the server that is in use, if one is.
func serverPlatform(c *cli.Context, cloud string) appconfig.Platform {
	used, err := usePlatform(c)
	if err != nil {
		return appconfig.Platform{}
	}
	ctx, cancel := context.WithTimeout(c.Context, serverBudget)
	defer cancel()
	server, err := deploy.Dial(ctx, used.Platform)
	if err != nil {
		return appconfig.Platform{}
	}
	defer server.Close()
	identity, err := runnersIdentity(ctx, server)
	if err != nil {
		return appconfig.Platform{}
	}
	return appconfig.PlatformOfRunners(cloud, identity.Variables, identity.Files)
}

// stackPlatform reads what a fresh app's defaults come from out of the outputs of
// the cloud's stack. why tells why there are none.
func (s *session) stackPlatform(c *cli.Context, cloud string) (p appconfig.Platform, why error) {
	if _, err := targetNamed(cloud); err != nil || cloud == targets[0].Name {
		return p, nil
	}
	if err := c.Set(cloud, "true"); err != nil {
		return p, err
	}
	o, err := s.open(c)
	if err != nil {
		return p, err
	}
	defer o.Close()
	all, err := o.Outputs(c.Context)
	if err != nil {
		return p, err
	}
	text := func(name string) string {
		if v, ok := all[name].Value.(string); ok {
			return v
		}
		return ""
	}
	connector := text("vpcConnectorId")
	p = appconfig.Platform{
		Region: text("region"), Project: text("project"), RegistryURL: text("registryURL"), BucketPrefix: text("bucketPrefix"),
		VPCConnector: connector[strings.LastIndexByte(connector, '/')+1:],
	}
	if ids, ok := all["appSubnetIds"].Value.([]any); ok {
		for _, id := range ids {
			p.AppSubnets = append(p.AppSubnets, fmt.Sprint(id))
		}
	}
	return p, nil
}

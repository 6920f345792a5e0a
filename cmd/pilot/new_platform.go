package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pilot-framework/pilot/pkg/appconfig"
	"github.com/pilot-framework/pilot/pkg/server/deploy"
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

// settingFlags names those that a cloud takes.
func settingFlags(cloud string) string {
	switch cloud {
	case "gcp":
		return "--region, --google-project or --registry"
	case "kubernetes":
		return "--registry"
	}
	return "--region, --registry or --subnet"
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

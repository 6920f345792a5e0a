package appconfig

import (
	"regexp"
	"strings"
)

// PlatformOf is what the file's apps on a cloud tell of the platform that they run
// on: "aws", "gcp" or "kubernetes". It serves as defaults for one more app where
// the platform itself can't be asked. What no app tells, or only as an expression,
// is empty.
func (f *File) PlatformOf(cloud string) Platform {
	var p Platform
	for _, app := range f.Apps() {
		if t, ok := TargetByPlugin(app.Deploy.Use); ok && t.Cloud == cloud {
			p = p.Or(platformOfApp(app))
		}
	}
	return p
}

// Or fills in what p has not from other.
func (p Platform) Or(other Platform) Platform {
	for _, field := range []struct {
		own  *string
		from string
	}{
		{&p.Region, other.Region}, {&p.Project, other.Project}, {&p.AccountID, other.AccountID},
		{&p.RegistryURL, other.RegistryURL}, {&p.VPCConnector, other.VPCConnector}, {&p.BucketPrefix, other.BucketPrefix},
	} {
		if *field.own == "" {
			*field.own = field.from
		}
	}
	if len(p.AppSubnets) == 0 {
		p.AppSubnets = other.AppSubnets
	}
	return p
}

func platformOfApp(app App) Platform {
	var p Platform
	switch o := app.Deploy.Options.(type) {
	case *ECSDeploy:
		p.Region, p.AppSubnets = o.Region, o.Subnets
	case *EC2Deploy:
		p.Region = o.Region
	case *LambdaDeploy:
		p.Region = o.Region
	case *CloudFrontDeploy:
		p.Region = o.Region
	case *CloudRunDeploy:
		p.Region, p.Project = o.Location, o.Project
		if o.VPCAccess != nil {
			p.VPCConnector = o.VPCAccess.Connector
		}
	case *CloudCDNDeploy:
		p.Region, p.Project = o.Region, o.Project
	}
	if app.Registry == nil {
		return p
	}
	switch o := app.Registry.Options.(type) {
	case *DockerRegistry:
		if url, ok := strings.CutSuffix(o.Image, "/"+app.Name); ok && !o.Local {
			p.RegistryURL = url
		}
	case *ECRRegistry:
		// The registry's host is the account's; what stands before the app's name
		// is the platform's prefix.
		if prefix, ok := strings.CutSuffix(o.Repository, "/"+app.Name); ok {
			p.RegistryURL = "ecr/" + prefix
		}
	}
	return p
}

var regionSetting = regexp.MustCompile(`(?m)^\s*region\s*=\s*(\S+)\s*$`)

// PlatformOfRunners is what the environment variables and the files that a
// platform gives its runners tell of a cloud, with the contents of the files by
// path.
func PlatformOfRunners(cloud string, variables, files map[string]string) Platform {
	switch cloud {
	case "aws":
		p := Platform{Region: variables["AWS_REGION"]}
		if p.Region == "" {
			p.Region = variables["AWS_DEFAULT_REGION"]
		}
		if m := regionSetting.FindStringSubmatch(files[variables["AWS_CONFIG_FILE"]]); p.Region == "" && m != nil {
			p.Region = m[1]
		}
		return p
	case "gcp":
		return Platform{Project: variables["GOOGLE_CLOUD_PROJECT"]}
	}
	return Platform{}
}

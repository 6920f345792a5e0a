package engine

import (
	"runtime/debug"

	"github.com/pulumi/pulumi/sdk/v3"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
)

const sdkModule = "github.com/pulumi/pulumi/sdk/v3"

// Version is the version of the Pulumi engine in this binary, such as
// v3.274.1: the version of its module that go.mod names.
func Version() string { return version.Version }

// The version that the Pulumi SDK reports of itself is filled in before
// anything reads it. A release build of the pulumi command sets it with a
// linker flag; its zero value would be written into the state's manifest.
func init() {
	if version.Version == "" {
		version.Version = moduleVersion(sdkModule)
	}
	if version.Version == "" {
		// A test binary carries no module information; the SDK knows its own.
		version.Version = "v" + sdk.Version.String()
	}
}

func moduleVersion(path string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, dep := range info.Deps {
		if dep.Path != path {
			continue
		}
		if dep.Replace != nil {
			return dep.Replace.Version
		}
		return dep.Version
	}
	return ""
}

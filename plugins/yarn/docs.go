package yarn

import (
	"errors"

	"github.com/hashicorp/waypoint-plugin-sdk/docs"
)

// Documentation tells of the plugin and its options.
func (b *Builder) Documentation() (*docs.Documentation, error) {
	d, err := docs.New(docs.FromConfig(&Config{}), docs.FromFunc(b.BuildFunc()))
	if err != nil {
		return nil, err
	}
	d.Description("Builds a static site from a package.json, with yarn, npm or pnpm, in a container on the runner's Docker endpoint.")
	d.Example(`build {
  use "pilot-yarn" {
    directory = "web"
    output    = "dist"
    env = {
      VITE_API_URL = "https://api.example.com"
    }
  }
}`)
	d.Input("component.Source")
	d.Output("pilot.site.Folder")
	return d, errors.Join(
		d.SetField("directory", "the folder that holds package.json, relative to the app's folder", docs.Default("the app's folder"),
			docs.Summary("The lock file may be in a folder above it, as it is where a repository has workspaces.")),
		d.SetField("output", "the folder that the build makes, relative to directory", docs.Default("the one of build, dist and out that the build has made"),
			docs.Summary("Where there is no package.json, the folder whose files are published as they are: \".\" is all of directory.")),
		d.SetField("image", "the image to build in", docs.Default(DefaultImage),
			docs.Summary("It needs sh, cat, Node.js and the package manager, or corepack. It is pulled when the endpoint does not have it, without credentials.")),
		d.SetField("env", "environment variables of the install and of the build",
			docs.Summary("A secret belongs in an input variable or in a config source, not in the file. NODE_ENV is for the build alone.")),
		d.SetField("install_command", "a shell command instead of the package manager's own installation",
			docs.Default("yarn install --frozen-lockfile, yarn install --immutable, npm ci or pnpm install --frozen-lockfile")),
		d.SetField("build_command", "a shell command instead of the script \"build\" of package.json",
			docs.Default("yarn run build, npm run build or pnpm run build")),
	)
}

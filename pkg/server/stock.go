package server

import (
	"fmt"
	"maps"
	"strings"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// StockImage is the deploy engine's own image, of the version that we run.
const StockImage = "hashicorp/waypoint:0.11.4"

// StockLacks is what a server of the stock image has not, each followed by what comes of it.
var StockLacks = []string{
	"Pilot's plugins: apps can't use pilot-yarn, pilot-cloudfront and pilot-cloud-cdn",
	"health checks that see a server which hangs: they see whether it runs",
	"taking a new certificate over: it restarts the server",
	"the owner of the data: changing between the two images takes pilot server backup, a new setup and restore",
}

// The stock image runs as this user, whose group has the number of ours.
const stockUID = 100

// IsStock tells whether a reference is that of the stock image, on whatever
// registry.
func IsStock(reference string) bool {
	name, _, _ := strings.Cut(reference, "@")
	if i := strings.LastIndex(name, ":"); i > strings.LastIndex(name, "/") {
		name = name[:i]
	}
	return name == "hashicorp/waypoint" || strings.HasSuffix(name, "/hashicorp/waypoint")
}

func (i Image) stock() bool { return i.Digest == "" && i.Agent != nil && IsStock(i.Reference) }

// uid is the user that a role's process runs as.
func (b *builder) uid(role string) int {
	switch {
	case !b.args.Image.stock():
		return imageUID
	case onAgent(role):
		return 0
	}
	return stockUID
}

// bare runs a role on the stock image, which begins with the engine and knows
// none of our folders, or on our agent's image. It gives the health check.
func (b *builder) bare(role string, c *pilot.ContainerArgs, command, health []string) []string {
	if onAgent(role) {
		c.Image = b.agentRef
		return health
	}
	c.Command = pulumi.ToStringArray(command[1:])
	c.User = pulumi.String(fmt.Sprintf("%d:%d", stockUID, imageUID))
	if role != "server" {
		env := pulumi.StringMap{"XDG_CONFIG_HOME": pulumi.String(confDir), "SSL_CERT_FILE": pulumi.String(confDir + "/ca.pem")}
		if own, ok := c.Env.(pulumi.StringMap); ok {
			maps.Copy(env, own)
		}
		c.Env = env
		// The engine wants the folder, and may not make it.
		c.Files = append(c.Files, b.file(role, "waypoint/plugins/README", pulumi.String("The stock image has no plugins.\n"), true))
	}
	return []string{"/usr/bin/waypoint", "--version"}
}

// onAgent tells whether a role is our agent's.
func onAgent(role string) bool { return role == "source" || role == "identity" }

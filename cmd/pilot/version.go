package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/pilot-framework/pilot/internal/instant"
	"github.com/urfave/cli/v2"
)

// versions are what the binary is made of, as its build information tells.
type versions struct {
	Pilot    string `json:"pilot"`
	Engine   string `json:"engine"`
	Waypoint string `json:"waypoint"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func versionCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "say which versions this binary is made of",
		Flags: []cli.Flag{jsonFlag},
		Action: func(c *cli.Context) error {
			v := readVersions()
			if c.Bool("json") {
				return s.writeJSON(v)
			}
			fmt.Fprintf(s.out, "pilot %s (engine %s, waypoint %s, %s, %s)\n", v.Pilot, v.Engine, v.Waypoint, v.Go, v.Platform)
			return nil
		},
	}
}

func version() string { return readVersions().Pilot }

func readVersions() versions {
	v := versions{Pilot: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if m := info.Main.Version; m != "" && m != "(devel)" {
		v.Pilot = m
	}
	if instant.Release != "" {
		v.Pilot = instant.Release
	}
	for _, dep := range info.Deps {
		switch dep.Path {
		case "github.com/pulumi/pulumi/sdk/v3":
			v.Engine = dep.Version
		case "github.com/hashicorp/waypoint":
			v.Waypoint = dep.Version
		}
	}
	return v
}

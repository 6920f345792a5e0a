package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/waypoint-plugin-sdk/component"
	"github.com/hashicorp/waypoint-plugin-sdk/internal-shared/pluginclient"

	"github.com/pilot-framework/pilot/plugins/site/sitetest"
)

// TestEachNameIsItsOwnPlugin starts the program by each of its names, as the engine
// does, and asks for the documentation of what it must be.
func TestEachNameIsItsOwnPlugin(t *testing.T) {
	quiet := hclog.NewNullLogger()
	kinds := map[string]map[string]string{
		"pilot-yarn":       {"builder": "in a container"},
		"pilot-cloudfront": {"platform": "S3", "releasemanager": "CloudFront"},
		"pilot-cloud-cdn":  {"platform": "Cloud Storage", "releasemanager": "Cloud CDN"},
	}
	names := []string{"pilot-yarn", "pilot-cloudfront", "pilot-cloud-cdn"}
	files := sitetest.Plugins(t, append(names, "pilot-other")...)
	for i, name := range names {
		cfg := pluginclient.ClientConfig(quiet, false)
		cfg.Cmd, cfg.Logger = exec.Command(files[i]), quiet
		engine := goplugin.NewClient(cfg)
		t.Cleanup(engine.Kill)
		rpc, err := engine.Client()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for kind, want := range kinds[name] {
			raw, err := rpc.Dispense(kind)
			if err != nil {
				t.Errorf("%s has no %s: %v", name, kind, err)
				continue
			}
			doc, err := raw.(component.Documented).Documentation()
			if err != nil || !strings.Contains(doc.Details().Description, want) {
				t.Errorf("%s, %s: documentation %v lacks %q", name, kind, err, want)
			}
		}
	}
	out, err := exec.Command(filepath.Join(filepath.Dir(files[0]), "waypoint-plugin-pilot"), "names").Output()
	if err != nil || string(out) != "waypoint-plugin-pilot-cloud-cdn\nwaypoint-plugin-pilot-cloudfront\nwaypoint-plugin-pilot-yarn\n" {
		t.Errorf("names: %q, %v", out, err)
	}
	out, err = exec.Command(files[3]).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "waypoint-plugin-pilot-other: want a link") || !strings.Contains(string(out), "cloud-cdn, cloudfront, yarn") {
		t.Errorf("a name of no plugin: %q, %v", out, err)
	}
}

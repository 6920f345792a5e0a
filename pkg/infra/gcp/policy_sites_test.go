package gcp

import (
	"slices"
	"testing"

	"github.com/pilot-framework/pilot/plugins/cloudcdn"
)

// The role may do what the plugin for Cloud CDN needs.
func TestPermissionsOfSitesCoverThePlugin(t *testing.T) {
	role := DeployPermissions(TargetCloudCDN)
	for _, need := range cloudcdn.Permissions() {
		if !slices.Contains(role, need) {
			t.Errorf("%s is missing", need)
		}
	}
}

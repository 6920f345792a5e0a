package aws

import (
	"slices"
	"testing"

	"github.com/pilot-framework/pilot/plugins/cloudfront"
)

// The role may do what the plugin for CloudFront needs, and nothing else.
func TestPolicyOfSitesIsThatOfThePlugin(t *testing.T) {
	needs, err := cloudfront.Statements("123456789012", "acme-prod-*")
	if err != nil {
		t.Fatal(err)
	}
	role := place{partition: "aws", region: "eu-west-1", account: "123456789012"}.cloudFront(&IdentityArgs{Name: "acme-prod"})
	if len(role) != len(needs) {
		t.Fatalf("%d statements, want %d", len(role), len(needs))
	}
	for i, got := range role {
		want := needs[i]
		slices.Sort(got.Action)
		slices.Sort(want.Action)
		if got.Sid != want.Sid || !slices.Equal(got.Action, want.Action) || !slices.Equal(got.Resource, want.Resource) {
			t.Errorf("statement %d\n got %v\nwant %v", i, got, want)
		}
	}
}

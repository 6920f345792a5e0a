package cloudfront

import (
	"reflect"
	"slices"
	"testing"

	"github.com/hashicorp/waypoint-plugin-sdk/component"

	"github.com/pilot-framework/pilot/pkg/appconfig"
)

// options lists the names, kinds and types of a stanza's options.
func options(v any) []string {
	var all []string
	t := reflect.TypeOf(v)
	for i := range t.NumField() {
		all = append(all, t.Field(i).Tag.Get("hcl")+" "+t.Field(i).Type.String())
	}
	slices.Sort(all)
	return all
}

// What the plugin takes is what Pilot knows of it.
func TestOptionsAreThoseOfAppFiles(t *testing.T) {
	for _, test := range [][2]any{
		{DeployConfig{}, appconfig.CloudFrontDeploy{}},
		{ReleaseConfig{}, appconfig.CloudFrontRelease{}},
	} {
		if got, want := options(test[0]), options(test[1]); !slices.Equal(got, want) {
			t.Errorf("the plugin takes %v, and Pilot writes %v", got, want)
		}
	}
}

func TestDocumentation(t *testing.T) {
	for _, c := range []component.Documented{&Platform{}, &Releaser{}} {
		doc, err := c.Documentation()
		if err != nil {
			t.Fatal(err)
		}
		d := doc.Details()
		if d.Description == "" || d.Example == "" || d.Input == "" || d.Output == "" {
			t.Errorf("%T: %+v", c, d)
		}
		for _, f := range doc.Fields() {
			if f.Synopsis == "" {
				t.Errorf("%T says nothing about %s", c, f.Field)
			}
		}
	}
}

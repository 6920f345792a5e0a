package client

import (
	"testing"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
)

// The records are in the form of the plugins' own messages in Waypoint v0.11.4:
// builtin/aws/ecs, builtin/aws/lambda and builtin/google/cloudrun, plugin.proto, as
// protojson writes them.
func TestPlaceOfARecord(t *testing.T) {
	for _, c := range []struct {
		target, record string
		want           Place
	}{
		{"aws-ecs", `{"taskArn":"arn:aws:ecs:eu-west-1:123456789012:task-definition/waypoint-web:7", "cluster":"waypoint",` +
			` "resourceState":{"typeUrl":"type.googleapis.com/x","value":"AA=="}}`,
			Place{Region: "eu-west-1", TaskDefinition: "arn:aws:ecs:eu-west-1:123456789012:task-definition/waypoint-web:7"}},
		{"aws-lambda", `{"id":"01","region":"eu-west-1","funcArn":"arn:aws:lambda:eu-west-1:123456789012:function:web","version":"4","storage":"512"}`,
			Place{Region: "eu-west-1", Service: "web", Revision: "4"}},
		{"google-cloud-run", `{"revisionId":"web-00003-abc","resource":{"location":"europe-west1","project":"acme","name":"web"}}`,
			Place{Region: "europe-west1", Project: "acme", Service: "web", Revision: "web-00003-abc"}},
		{"docker", "", Place{}},
	} {
		got, err := placeOf(&pb.Deployment{
			Component: &pb.Component{Name: c.target}, Application: &pb.Ref_Application{Project: "shop", Application: "web"},
			DeploymentJson: c.record,
		})
		c.want.Target, c.want.App = c.target, "web"
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v\nwant %+v", c.target, got, err, c.want)
		}
	}
	if _, err := placeOf(&pb.Deployment{Id: "d", DeploymentJson: "{"}); err == nil {
		t.Error("a broken record is accepted")
	}
}

package client

import (
	"testing"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/hashicorp/waypoint/builtin/aws/ecs"
	"github.com/hashicorp/waypoint/builtin/aws/lambda"
	"github.com/hashicorp/waypoint/builtin/google/cloudrun"
)

// The records are made by the plugins' own types, as the engine writes them.
func TestPlaceOfARecord(t *testing.T) {
	for _, c := range []struct {
		target string
		record proto.Message
		want   Place
	}{
		{"aws-ecs", &ecs.Deployment{
			TaskArn: "arn:aws:ecs:eu-west-1:123456789012:task-definition/waypoint-web:7", Cluster: "waypoint",
		}, Place{Region: "eu-west-1", TaskDefinition: "arn:aws:ecs:eu-west-1:123456789012:task-definition/waypoint-web:7"}},
		{"aws-lambda", &lambda.Deployment{
			Region: "eu-west-1", FuncArn: "arn:aws:lambda:eu-west-1:123456789012:function:web", Version: "4",
		}, Place{Region: "eu-west-1", Service: "web", Revision: "4"}},
		{"google-cloud-run", &cloudrun.Deployment{
			RevisionId: "web-00003-abc", Resource: &cloudrun.Deployment_Resource{Location: "europe-west1", Project: "acme", Name: "web"},
		}, Place{Region: "europe-west1", Project: "acme", Service: "web", Revision: "web-00003-abc"}},
		{"docker", nil, Place{}},
	} {
		d := &pb.Deployment{
			Component: &pb.Component{Name: c.target}, Application: &pb.Ref_Application{Project: "shop", Application: "web"},
		}
		if c.record != nil {
			text, err := protojson.Marshal(c.record)
			if err != nil {
				t.Fatal(err)
			}
			d.DeploymentJson = string(text)
		}
		got, err := placeOf(d)
		c.want.Target, c.want.App = c.target, "web"
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v\nwant %+v", c.target, got, err, c.want)
		}
	}
	if _, err := placeOf(&pb.Deployment{Id: "d", DeploymentJson: "{"}); err == nil {
		t.Error("a broken record is accepted")
	}
}

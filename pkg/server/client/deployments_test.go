package client

import (
	"testing"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
)

func TestADeploymentTellsItsImage(t *testing.T) {
	for json, want := range map[string]string{
		`{"architecture":"amd64","docker":{},"image":"waypoint.local/web","tag":"latest"}`: "waypoint.local/web:latest",
		`{"image":"waypoint.local/web","tag":""}`:                                          "",
		`{"location":"/src/dist"}`:                                                         "",
		`{"image":7}`:                                                                      "",
		"":                                                                                 "",
	} {
		d := newDeployment(&pb.Deployment{Preload: &pb.Deployment_Preload{Artifact: &pb.PushedArtifact{
			Sequence: 4, Artifact: &pb.Artifact{ArtifactJson: json},
		}}})
		if d.Build != (Build{Number: 4, Image: want}) {
			t.Errorf("%s: %+v", json, d.Build)
		}
	}
	if d := newDeployment(&pb.Deployment{}); d.Build != (Build{}) {
		t.Errorf("no build: %+v", d.Build)
	}
}

package client

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
)

// Place is where a cloud keeps a deployment. What a target does not have is empty.
type Place struct {
	// Target is the deploy plugin, such as "aws-ecs".
	Target string
	// App is the app's name, which the target's containers carry.
	App string
	// Region is the cloud's region.
	Region string
	// Project is the Google Cloud project's id.
	Project string
	// Service is the name of the Cloud Run service or of the Lambda function.
	Service string
	// Revision is the Cloud Run revision or the version of the Lambda function.
	Revision string
	// TaskDefinition is the ARN of the ECS task definition.
	TaskDefinition string
}

// Place tells where the deployment with that ID is, as its target recorded it.
func (c *Client) Place(ctx context.Context, deploymentID string) (Place, error) {
	d, err := c.deployment(ctx, deploymentID, pb.Deployment_NONE)
	if err != nil {
		return Place{}, err
	}
	return placeOf(d)
}

// placeOf reads the fields that the plugins of Waypoint v0.11.4 record
// (builtin/aws/ecs, builtin/aws/lambda, builtin/google/cloudrun: plugin.proto).
func placeOf(d *pb.Deployment) (Place, error) {
	p := Place{Target: d.GetComponent().GetName(), App: d.GetApplication().GetApplication()}
	text := d.GetDeploymentJson()
	if text == "" {
		return p, nil
	}
	var recorded struct {
		Region     string `json:"region"`
		TaskArn    string `json:"taskArn"`
		FuncArn    string `json:"funcArn"`
		Version    string `json:"version"`
		RevisionID string `json:"revisionId"`
		Resource   struct {
			Location string `json:"location"`
			Project  string `json:"project"`
			Name     string `json:"name"`
		} `json:"resource"`
	}
	if err := json.Unmarshal([]byte(text), &recorded); err != nil {
		return p, fmt.Errorf("read the record of deployment %s: %w", d.GetId(), err)
	}
	p.Region = recorded.Region
	switch p.Target {
	case "aws-ecs":
		p.TaskDefinition, p.Region = recorded.TaskArn, arnPart(recorded.TaskArn, 3)
	case "aws-lambda":
		p.Service, p.Revision = arnPart(recorded.FuncArn, 6), recorded.Version
		if p.Region == "" {
			p.Region = arnPart(recorded.FuncArn, 3)
		}
	case "google-cloud-run":
		p.Project, p.Service, p.Revision = recorded.Resource.Project, recorded.Resource.Name, recorded.RevisionID
		p.Region = recorded.Resource.Location
	}
	return p, nil
}

// arnPart is the i-th part of arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE...
func arnPart(arn string, i int) string {
	parts := strings.Split(arn, ":")
	if i >= len(parts) {
		return ""
	}
	return parts[i]
}

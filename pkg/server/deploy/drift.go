package deploy

import (
	"context"
	"fmt"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	docker "github.com/docker/docker/client"
	"github.com/pilot-framework/pilot/pkg/server/client"
)

// deploymentVariable tells a container which deployment it is.
const deploymentVariable = "WAYPOINT_DEPLOYMENT_ID="

// AppDrift is a deployment whose container is not as it was left.
type AppDrift struct {
	Project string `json:"project"`
	App     string `json:"app"`
	// Deployment is the number within the app.
	Deployment uint64 `json:"deployment"`
	// Problem says what is wrong, such as "its container is gone".
	Problem string `json:"problem"`
}

// String names the app, the deployment and what is wrong.
func (d AppDrift) String() string {
	return fmt.Sprintf("app %s/%s, deployment %d: %s", d.Project, d.App, d.Deployment, d.Problem)
}

// Drift looks for apps on the platform's own Docker daemon that the server
// believes to run and that do not. It changes nothing.
func Drift(ctx context.Context, p Platform, daemon *docker.Client) ([]AppDrift, error) {
	server, err := client.Dial(ctx, client.Config{Address: p.Address, CA: p.CA, Token: p.Token})
	if err != nil {
		return nil, err
	}
	defer server.Close()
	projects, err := server.Projects(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the apps: %w", err)
	}
	states, err := containerStates(ctx, daemon)
	if err != nil {
		return nil, fmt.Errorf("list the apps' containers: %w", err)
	}
	var drift []AppDrift
	for _, project := range projects {
		for _, app := range project.Apps {
			deployments, err := server.Deployments(ctx, client.DeploymentFilter{Project: project.Name, App: app})
			if err != nil {
				return nil, fmt.Errorf("list the deployments of %s/%s: %w", project.Name, app, err)
			}
			for _, d := range deployments {
				if elsewhere(d) || d.State != client.DeploymentRunning {
					continue
				}
				state, found := states[d.ID]
				switch {
				case !found:
					drift = append(drift, AppDrift{project.Name, app, d.Number, "its container is gone"})
				case state != "running":
					drift = append(drift, AppDrift{project.Name, app, d.Number, "its container is " + state})
				}
			}
		}
	}
	return drift, nil
}

// containerStates are the states of all apps' containers by deployment.
func containerStates(ctx context.Context, daemon *docker.Client) (map[string]string, error) {
	list, err := daemon.ContainerList(ctx, container.ListOptions{
		All: true, Filters: filters.NewArgs(filters.Arg("label", deploymentLabel)),
	})
	if err != nil {
		return nil, err
	}
	states := map[string]string{}
	for _, c := range list {
		full, err := daemon.ContainerInspect(ctx, c.ID)
		if err != nil {
			continue // It went away while we looked.
		}
		for _, v := range full.Config.Env {
			if id, ok := strings.CutPrefix(v, deploymentVariable); ok {
				states[id] = full.State.Status
			}
		}
	}
	return states, nil
}

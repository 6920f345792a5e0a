package deploy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"
	docker "github.com/docker/docker/client"
	"github.com/pilot-framework/pilot/pkg/appconfig"
	"github.com/pilot-framework/pilot/pkg/server/client"
)

// What the deploy engine leaves on a Docker daemon.
const (
	// deploymentLabel is on every app's container.
	deploymentLabel = "waypoint.hashicorp.com/id"
	// appLabel is the app's name.
	appLabel = "app"
	// serverVariable tells which server deployed a container, the one thing
	// that tells two platforms on the same daemon apart.
	serverVariable = "WAYPOINT_SERVER_ADDR="
	// appNetwork is shared by all apps, appVolume is one app's.
	appNetwork = "waypoint"
	appVolume  = "%s-scratch"
)

// DestroyAll takes down every app of a platform before the platform itself is
// destroyed: what runs elsewhere through jobs on a runner, what runs on the
// platform's own Docker daemon directly, even when the server is gone already.
// advertised is the server's address as its apps know it.
func DestroyAll(ctx context.Context, p Platform, daemon *docker.Client, advertised string, show Progress) error {
	if err := destroyElsewhere(ctx, p, show); err != nil {
		return err
	}
	if err := sweep(ctx, daemon, advertised, show); err != nil {
		return fmt.Errorf("remove the apps from Docker: %w", err)
	}
	return removeNetwork(ctx, daemon)
}

// destroyElsewhere takes down the apps that do not run on the platform itself.
func destroyElsewhere(ctx context.Context, p Platform, show Progress) error {
	if p.Address == "" {
		return nil
	}
	server, err := client.Dial(ctx, client.Config{Address: p.Address, CA: p.CA, Token: p.Token})
	if err != nil {
		return err
	}
	defer server.Close()
	projects, err := server.Projects(ctx)
	if errors.Is(err, client.ErrUnavailable) {
		show.note("the server does not answer: what it deployed to a cloud, if anything, stays there")
		return nil
	}
	if err != nil {
		return fmt.Errorf("list the apps: %w", err)
	}
	for _, project := range projects {
		for _, app := range project.Apps {
			deployments, err := server.Deployments(ctx, client.DeploymentFilter{Project: project.Name, App: app})
			if err != nil {
				return fmt.Errorf("list the deployments of %s/%s: %w", project.Name, app, err)
			}
			workspaces, err := workspacesElsewhere(ctx, server, project.Name, app, deployments)
			if err != nil {
				return err
			}
			for _, workspace := range workspaces {
				show.note("destroying %s/%s", project.Name, app)
				w := &work{
					Subject: Subject{Project: project.Name, App: app}, platform: p, server: server, linked: project.Repository,
					req: Request{Project: project.Name, App: app, Workspace: workspace},
				}
				job, err := w.job(ctx, last, show)
				if err == nil {
					_, err = server.Destroy(ctx, job, show.Event)
				}
				if err == nil {
					err = w.forgetSecrets(ctx, job.Config, show)
				}
				if err != nil {
					return fmt.Errorf("destroy the app %s/%s: %w", project.Name, app, err)
				}
			}
		}
	}
	return nil
}

// workspacesElsewhere are the workspaces with something of the app that is not on
// the platform's Docker, a destroy that failed half-way included.
func workspacesElsewhere(ctx context.Context, server *client.Client, project, app string, list []client.Deployment) ([]string, error) {
	there := map[string]bool{}
	for _, d := range list {
		if elsewhere(d) {
			there[d.Workspace] = true
		} else if _, known := there[d.Workspace]; !known && d.Target != "docker" {
			left, err := Unfinished(ctx, server, project, app, d.Workspace)
			if err != nil {
				return nil, err
			}
			there[d.Workspace] = left
		}
	}
	var names []string
	for name, left := range there {
		if left {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Unfinished reports whether the last destroy of the app failed. What all of its
// deployments share, such as a bucket, goes last and may be left when the server
// knows of no deployment any more.
func Unfinished(ctx context.Context, server *client.Client, project, app, workspace string) (bool, error) {
	jobs, err := server.Jobs(ctx, client.JobFilter{Project: project, App: app})
	if err != nil {
		return false, err
	}
	if workspace == "" {
		workspace = client.DefaultWorkspace
	}
	i := slices.IndexFunc(jobs, func(j client.Job) bool { return j.Operation == "destroy" && j.Workspace == workspace })
	return i >= 0 && jobs[i].State == client.JobFailed, nil
}

func elsewhere(d client.Deployment) bool {
	return d.Target != "docker" && (d.State == client.DeploymentRunning || d.State == client.DeploymentPending)
}

// sweep removes the containers that the server at advertised has deployed, the
// images they ran and the apps' volumes.
func sweep(ctx context.Context, daemon *docker.Client, advertised string, show Progress) error {
	list, err := daemon.ContainerList(ctx, container.ListOptions{
		All: true, Filters: filters.NewArgs(filters.Arg("label", deploymentLabel)),
	})
	if err != nil {
		return err
	}
	images, names, apps := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, c := range list {
		full, err := daemon.ContainerInspect(ctx, c.ID)
		if errdefs.IsNotFound(err) {
			continue
		}
		if err != nil {
			return err
		}
		if !slices.Contains(full.Config.Env, serverVariable+advertised) {
			continue
		}
		images[c.ImageID], apps[c.Labels[appLabel]] = true, true
		// Every build has a tag of its own; earlier ones are the app's too.
		if name, _, tagged := strings.Cut(full.Config.Image, ":"); tagged && !strings.HasPrefix(full.Config.Image, "sha256:") {
			names[name] = true
		}
		show.note("removing the app container %s", strings.TrimPrefix(full.Name, "/"))
		err = daemon.ContainerRemove(ctx, c.ID, container.RemoveOptions{Force: true, RemoveVolumes: true})
		if err != nil && !errdefs.IsNotFound(err) {
			return err
		}
	}
	for name := range names {
		builds, err := daemon.ImageList(ctx, image.ListOptions{Filters: filters.NewArgs(filters.Arg("reference", name))})
		if err != nil {
			return err
		}
		for _, b := range builds {
			images[b.ID] = true
		}
	}
	for id := range images {
		// An image that something else runs too stays.
		_, err := daemon.ImageRemove(ctx, id, image.RemoveOptions{Force: true, PruneChildren: true})
		if err != nil && !errdefs.IsNotFound(err) && !errdefs.IsConflict(err) {
			return err
		}
	}
	for app := range apps {
		err := daemon.VolumeRemove(ctx, fmt.Sprintf(appVolume, app), false)
		if err != nil && !errdefs.IsNotFound(err) && !errdefs.IsConflict(err) {
			return err
		}
	}
	return nil
}

// removeNetwork removes the apps' network once nothing uses it any more.
func removeNetwork(ctx context.Context, daemon *docker.Client) error {
	n, err := daemon.NetworkInspect(ctx, appNetwork, network.InspectOptions{})
	if errdefs.IsNotFound(err) || (err == nil && len(n.Containers) > 0) {
		return nil
	}
	if err != nil {
		return err
	}
	err = daemon.NetworkRemove(ctx, n.ID)
	if errdefs.IsNotFound(err) || errdefs.IsConflict(err) || errdefs.IsPermissionDenied(err) {
		return nil
	}
	return err
}

// RemoveImages removes the images of an app whose deployments are gone, and the
// app's volume. What something else still uses stays.
func RemoveImages(ctx context.Context, daemon *docker.Client, project, app string) error {
	builds, err := daemon.ImageList(ctx, image.ListOptions{Filters: filters.NewArgs(filters.Arg("reference", appconfig.LocalImage(project, app)))})
	if err != nil {
		return fmt.Errorf("list the images of %s/%s: %w", project, app, err)
	}
	for _, b := range builds {
		_, err := daemon.ImageRemove(ctx, b.ID, image.RemoveOptions{Force: true, PruneChildren: true})
		if err != nil && !errdefs.IsNotFound(err) && !errdefs.IsConflict(err) {
			return fmt.Errorf("remove an image of %s/%s: %w", project, app, err)
		}
	}
	err = daemon.VolumeRemove(ctx, fmt.Sprintf(appVolume, app), false)
	if err != nil && !errdefs.IsNotFound(err) && !errdefs.IsConflict(err) {
		return fmt.Errorf("remove the volume of %s/%s: %w", project, app, err)
	}
	return nil
}

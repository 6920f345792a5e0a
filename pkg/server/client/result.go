package client

import (
	"context"
	"encoding/json"
	"net"
	"sort"
	"strings"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Result is what a job that succeeded left behind.
type Result struct {
	// JobID names the job on the server.
	JobID string
	// URL is where the app answers: the release's URL if it has one, else the
	// deployment's. Empty when the app has no address of its own.
	URL string
	// URLs are all addresses, URL first.
	URLs []string
	// DeploymentID names the new deployment, Deployment is its number within the
	// app. Empty and zero for jobs that deploy nothing.
	DeploymentID string
	Deployment   uint64
	// Commit is the commit that was used.
	Commit string
	// Health is what the target said about the deployment just after it was made.
	Health Health
	// Phases are the job's phases with their times.
	Phases []PhaseTime
}

// Health is the state of a deployment as its target reported it.
type Health struct {
	// Status is READY, ALIVE, DOWN, PARTIAL, MISSING or UNKNOWN; empty when the
	// target reports none.
	Status string
	// Message explains it.
	Message string
}

// result collects what a successful job made.
func (c *Client) result(ctx context.Context, jobID string, raw *pb.Job_Result) (*Result, error) {
	result := &Result{JobID: jobID}
	job, err := c.api.GetJob(ctx, &pb.GetJobRequest{JobId: jobID})
	if err != nil {
		return nil, c.failed("look up job "+jobID, err)
	}
	result.Commit = job.GetDataSourceRef().GetGit().GetCommit()
	deployment := raw.GetDeploy().GetDeployment()
	var urls []string
	if release := raw.GetRelease().GetRelease(); release != nil {
		urls = append(urls, release.GetUrl())
		if deployment == nil && release.GetDeploymentId() != "" {
			if deployment, err = c.deployment(ctx, release.GetDeploymentId(), pb.Deployment_NONE); err != nil {
				return nil, err
			}
		}
	}
	urls = append(urls, raw.GetUp().GetReleaseUrl(), raw.GetUp().GetAppUrl())
	if deployment != nil {
		result.DeploymentID, result.Deployment = deployment.GetId(), deployment.GetSequence()
		report, err := c.report(ctx, deployment)
		if err != nil {
			return nil, err
		}
		result.Health = newHealth(report)
		urls = append(urls, c.deploymentURLs(deployment, report)...)
	}
	result.URLs = distinct(urls)
	if len(result.URLs) > 0 {
		result.URL = result.URLs[0]
	}
	return result, nil
}

// report is the newest status report of a deployment, nil if there is none.
func (c *Client) report(ctx context.Context, d *pb.Deployment) (*pb.StatusReport, error) {
	report, err := c.api.GetLatestStatusReport(ctx, &pb.GetLatestStatusReportRequest{
		Application: d.GetApplication(), Workspace: d.GetWorkspace(),
		Target: &pb.GetLatestStatusReportRequest_DeploymentId{DeploymentId: d.GetId()},
	})
	if isNotFound(err) {
		return nil, nil
	}
	return report, c.failed("read the health of deployment "+d.GetId(), err)
}

func newHealth(r *pb.StatusReport) Health {
	return Health{Status: r.GetHealth().GetHealthStatus(), Message: strings.TrimSpace(r.GetHealth().GetHealthMessage())}
}

// deploymentURLs are the addresses of a deployment. A container on the
// platform's own Docker has no address in its record, but its report tells the
// published ports; the host is the server's, which runs on the same machine.
func (c *Client) deploymentURLs(d *pb.Deployment, report *pb.StatusReport) []string {
	var urls []string
	if u := d.GetUrl(); u != "" {
		urls = append(urls, u)
	}
	host, _, err := net.SplitHostPort(c.cfg.Address)
	if err != nil {
		return urls
	}
	for _, resource := range report.GetResources() {
		for _, port := range publishedPorts(resource.GetStateJson(), strings.Contains(host, ":")) {
			urls = append(urls, "http://"+net.JoinHostPort(host, port))
		}
	}
	return urls
}

// publishedPorts reads the host's ports of a container from a report, in the
// order of the container's ports. Docker publishes a port once for IPv4 and once
// for IPv6, under different numbers; v6 says which of them is wanted.
func publishedPorts(state string, v6 bool) []string {
	var report struct {
		Container struct {
			NetworkSettings struct {
				Ports map[string][]struct{ HostIP, HostPort string }
			}
		} `json:"dockerContainerInfo"`
	}
	if json.Unmarshal([]byte(state), &report) != nil {
		return nil
	}
	inside := make([]string, 0, len(report.Container.NetworkSettings.Ports))
	for port := range report.Container.NetworkSettings.Ports {
		inside = append(inside, port)
	}
	sort.Strings(inside)
	var ports []string
	for _, port := range inside {
		for _, binding := range report.Container.NetworkSettings.Ports[port] {
			if binding.HostPort != "" && (binding.HostIP == "" || strings.Contains(binding.HostIP, ":") == v6) {
				ports = append(ports, binding.HostPort)
			}
		}
	}
	return ports
}

// distinct drops empty and repeated entries and keeps the order.
func distinct(in []string) []string {
	seen := map[string]bool{"": true}
	out := []string{}
	for _, s := range in {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// failedPhase asks the server's records which operation of a job failed. Empty
// means that none did: the job failed before or between them.
func (c *Client) failedPhase(ctx context.Context, jobID string) Phase {
	job, err := c.api.GetJob(ctx, &pb.GetJobRequest{JobId: jobID})
	if err != nil {
		return ""
	}
	app, workspace := job.GetApplication(), job.GetWorkspace()
	newest := &pb.OperationOrder{Order: pb.OperationOrder_START_TIME, Desc: true, Limit: 10}
	failed := func(id string, s *pb.Status) bool { return id == jobID && s.GetState() == pb.Status_ERROR }

	if list, err := c.api.ListReleases(ctx, &pb.ListReleasesRequest{Application: app, Workspace: workspace, Order: newest}); err == nil {
		for _, r := range list.GetReleases() {
			if failed(r.GetJobId(), r.GetStatus()) {
				return PhaseRelease
			}
		}
	}
	if list, err := c.api.ListDeployments(ctx, &pb.ListDeploymentsRequest{Application: app, Workspace: workspace, Order: newest}); err == nil {
		for _, d := range list.GetDeployments() {
			if failed(d.GetJobId(), d.GetStatus()) {
				return PhaseDeploy
			}
		}
	}
	if list, err := c.api.ListPushedArtifacts(ctx, &pb.ListPushedArtifactsRequest{Application: app, Workspace: workspace, Order: newest}); err == nil {
		for _, a := range list.GetArtifacts() {
			if failed(a.GetJobId(), a.GetStatus()) {
				return PhasePush
			}
		}
	}
	if list, err := c.api.ListBuilds(ctx, &pb.ListBuildsRequest{Application: app, Workspace: workspace, Order: newest}); err == nil {
		for _, b := range list.GetBuilds() {
			if failed(b.GetJobId(), b.GetStatus()) {
				return PhaseBuild
			}
		}
	}
	return ""
}

// deployment looks up one deployment.
func (c *Client) deployment(ctx context.Context, id string, load pb.Deployment_LoadDetails) (*pb.Deployment, error) {
	d, err := c.api.GetDeployment(ctx, &pb.GetDeploymentRequest{
		Ref:         &pb.Ref_Operation{Target: &pb.Ref_Operation_Id{Id: id}},
		LoadDetails: load,
	})
	if status.Code(err) == codes.NotFound {
		return nil, describe("deployment "+id, c.cfg.Address, err)
	}
	return d, c.failed("look up deployment "+id, err)
}

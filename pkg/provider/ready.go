package provider

import (
	"context"
	"fmt"
	"path"
	"time"

	"github.com/docker/docker/client"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server/daemon"
)

// AgentBuilder is the builder (WithImages) that writes the image of a Daemon's
// input "agent".
const AgentBuilder = "gateway"

// DaemonState is what is recorded of a daemon.
type DaemonState struct {
	pilot.DaemonInputs
	// Host is the endpoint's.
	Host string `pulumi:"host"`
	// Version is Docker's.
	Version string `pulumi:"version"`
	// Status is running when all is well. Otherwise a refresh finds unreachable,
	// or outdated: it shows another certificate, or lets in others, than it should.
	Status string `pulumi:"status"`
}

type daemonResource struct {
	daemons  *daemons
	builders map[string]ImageWriter
	console  Console
}

func (*daemonResource) Annotate(a infer.Annotator) { a.SetToken("docker", "Daemon") }

func (*daemonResource) WireDependencies(f infer.FieldSelector, in *pilot.DaemonInputs, state *DaemonState) {
	f.OutputField(&state.Host).NeverSecret()
	f.OutputField(&state.Host).DependsOn(f.InputField(&in.Endpoint).Computed())
	f.OutputField(&state.Version).NeverSecret()
}

func (*daemonResource) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[pilot.DaemonInputs], error) {
	return check(ctx, req, func(c *checker, in *pilot.DaemonInputs) {
		checkEndpoint(c, in.Endpoint)
		if in.Endpoint.Host != "" && isLocal(in.Endpoint.Host) {
			c.fail(at("endpoint", "host"), "%q: want tcp://host:port", in.Endpoint.Host)
		}
		for field, value := range map[string]string{"serverCert": in.ServerCert, "clientCA": in.ClientCA, "agent": in.Agent} {
			if value == "" {
				c.fail(at(field), "is empty")
			}
		}
		if in.Socket == "" {
			in.Socket = "/var/run/" + dockerSocket
		}
		if absolute(c, at("socket"), in.Socket); path.Base(in.Socket) != dockerSocket {
			c.fail(at("socket"), "%q: want a path that ends in /%s", in.Socket, dockerSocket)
		}
		c.duration(at("bootTimeout"), &in.BootTimeout, "15m", time.Second)
		c.duration(at("restartTimeout"), &in.RestartTimeout, "5m", time.Second)
	})
}

func (*daemonResource) Diff(_ context.Context, req infer.DiffRequest[pilot.DaemonInputs, DaemonState]) (infer.DiffResponse, error) {
	d := newDiffer("serverCert", "clientCA", "socket")
	for _, field := range []string{"agent", "bootTimeout", "restartTimeout"} {
		d.skip[field] = true
	}
	diffEndpoint(d, req.State.Endpoint, req.Inputs.Endpoint)
	d.compare(req.State.DaemonInputs, req.Inputs)
	if req.State.Status != statusRunning {
		d.mark(at("status"), p.Update, false)
	}
	return d.response(false), nil
}

// Create waits for the machine's boot.
func (r *daemonResource) Create(ctx context.Context, req infer.CreateRequest[pilot.DaemonInputs]) (infer.CreateResponse[DaemonState], error) {
	state := DaemonState{DaemonInputs: req.Inputs, Host: req.Inputs.Endpoint.Host, Status: statusRunning}
	if req.DryRun {
		return infer.CreateResponse[DaemonState]{Output: state}, nil
	}
	seen, err := r.settle(ctx, req.Inputs, duration(req.Inputs.BootTimeout))
	if err != nil {
		return infer.CreateResponse[DaemonState]{}, err
	}
	state.Version = seen.Version
	id, err := randomWord()
	return infer.CreateResponse[DaemonState]{ID: id, Output: state}, err
}

func (r *daemonResource) Read(ctx context.Context, req infer.ReadRequest[pilot.DaemonInputs, DaemonState]) (infer.ReadResponse[pilot.DaemonInputs, DaemonState], error) {
	resp := infer.ReadResponse[pilot.DaemonInputs, DaemonState](req)
	seen, err := daemon.Look(ctx, lookAt(req.State.Endpoint))
	switch {
	case err != nil:
		resp.State.Status = statusUnreachable
		p.GetLogger(ctx).Warning((&unreachableError{host: req.State.Endpoint.Host, err: err}).Error())
	case !current(seen, req.State.DaemonInputs):
		resp.State.Status = statusOutdated
	default:
		resp.State.Status, resp.State.Version = statusRunning, seen.Version
	}
	return resp, nil
}

// Update has the daemon take its new certificates up.
func (r *daemonResource) Update(ctx context.Context, req infer.UpdateRequest[pilot.DaemonInputs, DaemonState]) (infer.UpdateResponse[DaemonState], error) {
	state := DaemonState{DaemonInputs: req.Inputs, Host: req.Inputs.Endpoint.Host, Version: req.State.Version, Status: statusRunning}
	if req.DryRun {
		return infer.UpdateResponse[DaemonState]{Output: state}, nil
	}
	seen, err := r.settle(ctx, req.Inputs, duration(req.Inputs.RestartTimeout))
	if err != nil {
		return infer.UpdateResponse[DaemonState]{}, err
	}
	state.Version = seen.Version
	return infer.UpdateResponse[DaemonState]{Output: state}, nil
}

// Delete leaves the daemon to its machine.
func (*daemonResource) Delete(context.Context, infer.DeleteRequest[DaemonState]) (infer.DeleteResponse, error) {
	return infer.DeleteResponse{}, nil
}

func lookAt(e pilot.Endpoint) daemon.Endpoint {
	return daemon.Endpoint{Host: e.Host, CA: e.CA, Cert: e.Cert, Key: e.Key}
}

// current tells whether a daemon has the certificates that it should.
func current(seen daemon.Seen, in pilot.DaemonInputs) bool {
	return !seen.Expired && seen.Shows(in.ServerCert) && seen.LetsInOnly(in.ClientCA)
}

func (r *daemonResource) agent(reference string) daemon.Agent {
	return daemon.Agent{Reference: reference, Write: r.builders[AgentBuilder]}
}

// settle waits for the daemon, restarts it if it has other certificates than
// it should, and waits for it to have the right ones.
func (r *daemonResource) settle(ctx context.Context, in pilot.DaemonInputs, limit time.Duration) (daemon.Seen, error) {
	w := newWait(ctx, in, limit)
	w.console = r.console
	seen, err := w.until(ctx, func(daemon.Seen) bool { return true })
	if err != nil || current(seen, in) {
		return seen, err
	}
	docker, err := r.toRestart(ctx, in, seen)
	if err != nil {
		return seen, err
	}
	if seen.Expired { // the others are shared
		defer docker.Close()
	}
	p.GetLogger(ctx).InfoStatus("restarting Docker, so that it reads its certificates; containers go on")
	if err := daemon.Restart(ctx, docker, r.agent(in.Agent), in.Socket); err != nil {
		return seen, fmt.Errorf("restart Docker at %s: %w", in.Endpoint.Host, err)
	}
	w = newWait(ctx, in, duration(in.RestartTimeout))
	w.restarting = docker
	seen, err = w.until(ctx, func(s daemon.Seen) bool { return current(s, in) })
	if err != nil {
		return seen, err
	}
	return seen, daemon.Forget(ctx, docker)
}

// toRestart is a client for restarting the daemon. One whose certificate has
// expired is restarted to take another; for anything else it is not trusted.
func (r *daemonResource) toRestart(ctx context.Context, in pilot.DaemonInputs, seen daemon.Seen) (*client.Client, error) {
	if !seen.Expired {
		return r.daemons.get(in.Endpoint)
	}
	ended := fmt.Sprintf("the certificate of Docker at %s ended %s", in.Endpoint.Host, seen.Certificate.NotAfter.UTC().Format("2006-01-02 at 15:04 UTC"))
	if seen.Shows(in.ServerCert) {
		return nil, fmt.Errorf("%s, and there is no newer one for it: run pilot server rotate-certs", ended)
	}
	p.GetLogger(ctx).Warning(ended + ": it is restarted to fetch its new one, and trusted with nothing else; a reboot of its machine has it do the same")
	return daemon.ClientToRestart(lookAt(in.Endpoint))
}

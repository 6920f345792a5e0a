package server

import (
	"maps"
	"slices"
	"strconv"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// portLiveness is below the ports on which runners that share the machine's
// network show that they live.
const portLiveness = 9710

// contextFile is how a runner learns the server's address and its own token
// without either being in its environment.
const contextFile = `server {
  address      = "%s"
  tls          = true
  require_auth = true
  auth_token   = "%s"
}
`

// runner admits the i-th runner and runs it.
func (b *builder) runner(i int) error {
	role := runnerName(i)
	volume, err := b.volume(role)
	if err != nil {
		return err
	}
	id := b.containerName(role)
	admitted, err := pilot.NewRunnerToken(b.ctx, b.name+"-"+role+"-token", &pilot.RunnerTokenArgs{
		Address: b.address, CA: b.args.Authority.TrustPEM, ServerToken: b.token, RunnerID: pulumi.String(id),
	}, b.under)
	if err != nil {
		return err
	}
	r := b.args.Runners
	address, liveness := b.advertised(), loopback(portSource)
	if r.Identity != nil {
		address, liveness = loopback(b.args.Ports.API), loopback(portLiveness+i)
	}
	command := []string{
		engine, "runner", "agent", "-id=" + id, "-state-dir=" + dataDir + "/runner",
		"-liveness-tcp-addr=" + liveness, "-concurrency=" + strconv.Itoa(concurrency),
	}
	c := &pilot.ContainerArgs{
		Env: pulumi.StringMap{
			"DOCKER_HOST": r.DockerHost, "DOCKER_TLS_VERIFY": pulumi.String("1"),
			"DOCKER_CERT_PATH": pulumi.String(confDir + "/docker"),
		},
		Mounts: data(volume),
		Files: []pilot.FileArgs{
			b.file(role, "waypoint/context/pilot.hcl", pulumi.Sprintf(contextFile, address, admitted.Token), false),
			b.file(role, "waypoint/context/_default.hcl", pulumi.String("pilot"), false),
			// Read once, so that a new one replaces the runner.
			b.authority(role),
			// Read by each job's own Docker client.
			live(b.file(role, "docker/ca.pem", r.DockerCA, true)),
			live(b.file(role, "docker/cert.pem", r.Cert, true)),
			live(b.file(role, "docker/key.pem", r.Key, false)),
		},
	}
	r.Identity.give(b, role, c)
	run, err := b.start(role, c, command, []string{"tcp", liveness}, pulumi.DependsOn([]pulumi.Resource{b.container}))
	if err != nil {
		return err
	}
	// The engine of deploys ends its jobs with its process, so the process has
	// to outlast them. Where the server goes too, nothing is waited for.
	_, err = pilot.NewRunnerDrain(b.ctx, b.name+"-"+role+"-drain", &pilot.RunnerDrainArgs{
		Endpoint: b.args.Endpoint, Container: run.ID(), RunnerID: pulumi.String(id),
		Address: b.address, CA: b.args.Authority.TrustPEM, ServerToken: b.token,
	}, b.under, pulumi.DeletedWith(b.container))
	return err
}

// ConfigFile is the path that a file of an Identity has for the runners.
func ConfigFile(name string) string { return confDir + "/" + name }

// onMachine is the network of the machine itself.
func onMachine() []pilot.AttachmentArgs {
	return []pilot.AttachmentArgs{{Name: pulumi.String("host")}}
}

// identity runs the agent that hands the machine's identity out.
func (b *builder) identity() error {
	who := b.args.Runners.Identity
	if who == nil || who.Agent == nil {
		return nil
	}
	const role = "identity"
	command := append(pulumi.StringArray{pulumi.String(agent)}, who.Agent...)
	c := &pilot.ContainerArgs{Networks: onMachine(), Entrypoint: command[:1], Command: command[1:]}
	_, err := b.start(role, c, nil, []string{"tcp", loopback(who.AgentPort)})
	return err
}

// give puts a runner onto the machine's network, with what it needs to use the
// machine's identity.
func (i *Identity) give(b *builder, role string, c *pilot.ContainerArgs) {
	if i == nil {
		return
	}
	c.Networks = onMachine()
	env := pulumi.StringMap{}
	if own, ok := c.Env.(pulumi.StringMap); ok {
		maps.Copy(env, own)
	}
	maps.Copy(env, pulumi.ToStringMap(i.Variables))
	c.Env = env
	for _, name := range slices.Sorted(maps.Keys(i.Files)) {
		c.Files = append(c.Files, b.file(role, name, i.Files[name], true))
	}
}

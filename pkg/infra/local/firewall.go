package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Publication is one port that the platform publishes on this machine.
type Publication struct {
	// Port is the number, 1 to 65535.
	Port int
	// Purpose says what listens there, such as "Docker endpoint".
	Purpose string
	// Setting is what a person changes to get another port, such as
	// ports.docker.
	Setting string
}

// FirewallArgs say what is open. Everything that is not named here is closed.
type FirewallArgs struct {
	// Stack is the value of the label io.pilot.stack on the stack's own
	// containers, which may hold the ports.
	Stack string
	// DockerHost is the Engine's own socket.
	DockerHost string
	// Address is where the ports are published. It must be a loopback address;
	// the default is 127.0.0.1.
	Address string
	// Publications are the ports.
	Publications []Publication
}

// Firewall is the plan of the published ports. On this machine a port is
// closed by not being published, so there is nothing to create: the component
// checks that the plan can work, and hands out its address.
type Firewall struct {
	pulumi.ResourceState

	// Address is where to publish.
	Address pulumi.StringOutput
}

// NewFirewall checks the plan (see CheckPorts).
func NewFirewall(ctx *pulumi.Context, name string, args *FirewallArgs, opts ...pulumi.ResourceOption) (*Firewall, error) {
	if err := CheckPorts(ctx.Context(), args); err != nil {
		return nil, fmt.Errorf("firewall %s: %w", name, err)
	}
	f := &Firewall{}
	if err := ctx.RegisterComponentResource("pilot:local:Firewall", name, f, opts...); err != nil {
		return nil, err
	}
	ports := pulumi.Map{}
	for _, p := range args.Publications {
		ports[p.Setting] = pulumi.Int(p.Port)
	}
	f.Address = pulumi.String(orElse(args.Address, Loopback)).ToStringOutput()
	return f, ctx.RegisterResourceOutputs(f, pulumi.Map{"address": f.Address, "ports": ports})
}

// PortTakenError reports a port that something else has.
type PortTakenError struct {
	Publication
	// Container has the port; if empty it is a program that listens on Address.
	Container, Address string
	// Err is what trying to listen said; nil for a container.
	Err error
}

// Error names the port, who has it, and the two ways out.
func (e *PortTakenError) Error() string {
	if e.Container != "" {
		return fmt.Sprintf("port %d for the %s is taken by the container %s: stop it (docker stop %s), or choose another port (%s)",
			e.Port, e.Purpose, e.Container, e.Container, e.Setting)
	}
	return fmt.Sprintf("port %d for the %s is taken (%v): stop what listens on %s, or choose another port (%s)",
		e.Port, e.Purpose, e.Err, e.Address, e.Setting)
}

// Unwrap gives what trying to listen said.
func (e *PortTakenError) Unwrap() error { return e.Err }

// portCheckTimeout bounds the questions to Docker.
const portCheckTimeout = 10 * time.Second

// CheckPorts finds out whether the ports are free or held by the stack's own
// containers. The error names every port that is not, who holds it as far as
// that can be known, and the setting that changes it; each is a *PortTakenError.
// Nothing is made.
func CheckPorts(ctx context.Context, args *FirewallArgs) error {
	address := orElse(args.Address, Loopback)
	if ip := net.ParseIP(address); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("address %q: want a loopback address, such as %s: nothing is published to the network", address, Loopback)
	}
	var faults []error
	seen := map[int]string{}
	for _, p := range args.Publications {
		if p.Port < 1 || p.Port > 65535 {
			faults = append(faults, fmt.Errorf("%s %d: want a port from 1 to 65535", p.Setting, p.Port))
		} else if other := seen[p.Port]; other != "" {
			faults = append(faults, fmt.Errorf("%s %d: %s has the same; want different ports", p.Setting, p.Port, other))
		}
		seen[p.Port] = p.Setting
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	return settled(ctx, func() error { return checkHolders(ctx, args, address) })
}

// startingUp is how long Docker may have a container's port without listing the
// container: while it starts one, as it does for a caller that was killed.
const startingUp = 3 * time.Second

// settled calls check until it finds nothing, or that time is over.
func settled(ctx context.Context, check func() error) error {
	end := time.Now().Add(startingUp)
	for {
		err := check()
		if !errors.Is(err, syscall.EADDRINUSE) || time.Now().After(end) || ctx.Err() != nil {
			return err
		}
		timer := time.NewTimer(200 * time.Millisecond)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

func checkHolders(ctx context.Context, args *FirewallArgs, address string) error {
	holders, err := portHolders(ctx, args.DockerHost, address)
	if err != nil {
		return err
	}
	var faults []error
	for _, p := range args.Publications {
		holder, held := holders[p.Port]
		switch {
		case held && holder.stack == args.Stack && args.Stack != "":
		case held:
			faults = append(faults, &PortTakenError{Publication: p, Container: holder.name})
		default:
			if err := listenOnce(ctx, address, p.Port); err != nil {
				faults = append(faults, &PortTakenError{Publication: p, Address: net.JoinHostPort(address, strconv.Itoa(p.Port)), Err: err})
			}
		}
	}
	return errors.Join(faults...)
}

type portHolder struct{ name, stack string }

// portHolders are the running containers by the TCP port that they publish on
// the address or on all addresses.
func portHolders(ctx context.Context, dockerHost, address string) (map[int]portHolder, error) {
	ctx, cancel := context.WithTimeout(ctx, portCheckTimeout)
	defer cancel()
	docker, err := client.NewClientWithOpts(client.WithHost(dockerHost), client.WithAPIVersionNegotiation())
	if err != nil {
		return nil, fmt.Errorf("host of Docker %q: %w", dockerHost, err)
	}
	defer docker.Close()
	running, err := docker.ContainerList(ctx, container.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("ask Docker at %s which ports are in use: %w", dockerHost, err)
	}
	holders := map[int]portHolder{}
	for _, c := range running {
		for _, p := range c.Ports {
			ip := net.ParseIP(p.IP)
			if p.PublicPort == 0 || p.Type != "tcp" || ip == nil || !ip.IsUnspecified() && !ip.Equal(net.ParseIP(address)) {
				continue
			}
			holders[int(p.PublicPort)] = portHolder{name: strings.TrimPrefix(c.Names[0], "/"), stack: c.Labels[LabelStack]}
		}
	}
	return holders, nil
}

// listenOnce tries whether a port can be had.
func listenOnce(ctx context.Context, address string, port int) error {
	var cfg net.ListenConfig
	l, err := cfg.Listen(ctx, "tcp", net.JoinHostPort(address, strconv.Itoa(port)))
	if err != nil {
		var sys *net.OpError
		if errors.As(err, &sys) {
			return sys.Err
		}
		return err
	}
	return l.Close()
}

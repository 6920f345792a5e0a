package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// BindAddress is where ports are published: this machine alone can reach them.
const BindAddress = "127.0.0.1"

// Opening is one port that the platform publishes.
type Opening struct {
	// Field is the setting that changes the port, such as ports.docker.
	Field string
	// Port is the port on BindAddress.
	Port int
}

// FirewallArgs are the arguments of a Firewall.
type FirewallArgs struct {
	// Openings are all ports that are published.
	Openings []Opening
}

// Firewall says which ports are open, and to whom: on this machine that is a
// matter of the address they are published on.
type Firewall struct {
	pulumi.ResourceState
	// BindAddress is the address that everything is published on.
	BindAddress string
}

// NewFirewall registers a Firewall.
func NewFirewall(ctx *pulumi.Context, name string, args *FirewallArgs, opts ...pulumi.ResourceOption) (*Firewall, error) {
	f := &Firewall{BindAddress: BindAddress}
	if err := ctx.RegisterComponentResource("pilot:local:Firewall", name, f, opts...); err != nil {
		return nil, err
	}
	open := pulumi.Map{}
	for _, o := range args.Openings {
		open[o.Field] = pulumi.String(net.JoinHostPort(BindAddress, strconv.Itoa(o.Port)))
	}
	return f, ctx.RegisterResourceOutputs(f, pulumi.Map{"openings": open})
}

// PortTakenError is a port that something else listens on.
type PortTakenError struct {
	Opening
	Err error
}

// Error names the port and the setting that changes it.
func (e *PortTakenError) Error() string {
	return fmt.Sprintf("port %d on %s is taken by another program; stop it, or choose another port with %s in pilot.yaml",
		e.Port, BindAddress, e.Field)
}

// Unwrap gives the reason.
func (e *PortTakenError) Unwrap() error { return e.Err }

// CheckOpenings tries every port and reports all that are taken, each as a
// *PortTakenError.
func CheckOpenings(ctx context.Context, openings []Opening) error {
	var errs []error
	for _, o := range openings {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(BindAddress, strconv.Itoa(o.Port)))
		if err == nil {
			l.Close()
			continue
		}
		if errors.Is(err, syscall.EADDRINUSE) {
			errs = append(errs, &PortTakenError{o, err})
			continue
		}
		// A privileged port is Docker's to open, not ours.
		if errors.Is(err, syscall.EACCES) {
			continue
		}
		errs = append(errs, fmt.Errorf("%s %d: %w", o.Field, o.Port, err))
	}
	return errors.Join(errs...)
}

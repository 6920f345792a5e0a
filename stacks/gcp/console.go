package gcp

import (
	"context"
	"fmt"
	"path"

	"github.com/pilot-framework/pilot/pkg/provider"
	"github.com/pilot-framework/pilot/pkg/server/cloudinit"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"google.golang.org/api/compute/v1"
	"google.golang.org/api/option"
)

// BootProgress reads from the machine's serial port how far its boot is. It
// works while nothing on the machine answers yet.
func (p *Platform) BootProgress(ctx context.Context, m auto.OutputMap) (cloudinit.Progress, error) {
	out := ParseOutputs(m)
	c, err := newConsole(ctx, out.Project)
	if err != nil {
		return cloudinit.Progress{}, err
	}
	return c.progress(ctx, out.Zone, out.InstanceName)
}

// boot is the same for the provider, which waits for the machine and knows it by
// its id.
func (p *Platform) boot(ctx context.Context, machine string) (provider.Boot, error) {
	c, err := newConsole(ctx, p.Project)
	if err != nil {
		return provider.Boot{}, err
	}
	return c.boot(ctx, machine)
}

// console is the serial ports of a project's machines. Beside the zones these
// are the only calls of Compute Engine that are made outside a Pulumi program.
type console struct {
	project string
	service *compute.Service
}

func newConsole(ctx context.Context, project string, opts ...option.ClientOption) (*console, error) {
	service, err := compute.NewService(ctx, opts...)
	if err != nil {
		return nil, fmt.Errorf("read the machine's serial port: %w", err)
	}
	return &console{project: project, service: service}, nil
}

func (c *console) boot(ctx context.Context, id string) (provider.Boot, error) {
	zone, name, err := c.find(ctx, id)
	if err != nil {
		return provider.Boot{}, err
	}
	progress, err := c.progress(ctx, zone, name)
	return stacks.Boot(progress), err
}

// find looks up where the machine of an id is, and how it is called there: a
// spec need not name the zone, and serial ports go by the name.
func (c *console) find(ctx context.Context, id string) (zone, name string, err error) {
	found, err := c.service.Instances.AggregatedList(c.project).Filter("id=" + id).Context(ctx).Do()
	if err != nil {
		return "", "", fmt.Errorf("look for the machine %s: %w", id, err)
	}
	for _, scope := range found.Items {
		for _, instance := range scope.Instances {
			// A zone is named by its URL.
			return path.Base(instance.Zone), instance.Name, nil
		}
	}
	return "", "", fmt.Errorf("look for the machine %s: project %s has none of this id", id, c.project)
}

// progress reads the newest MiB of the first port, which is as much as Google
// Cloud keeps.
func (c *console) progress(ctx context.Context, zone, name string) (cloudinit.Progress, error) {
	text, err := c.service.Instances.GetSerialPortOutput(c.project, zone, name).Port(1).Context(ctx).Do()
	if err != nil {
		return cloudinit.Progress{}, fmt.Errorf("read the machine's serial port: %w", err)
	}
	return cloudinit.ParseProgress(text.Contents), nil
}

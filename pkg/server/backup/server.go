package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pilot-framework/pilot/pkg/server/client"
)

// restartBound is how long a server may take to come back with restored data.
const restartBound = 2 * time.Minute

// Take makes a backup of a running server, which goes on working. stack is the
// name to put into the header.
func Take(ctx context.Context, c *client.Client, stack string) (*Backup, error) {
	version, err := c.Version(ctx)
	if err != nil {
		return nil, err
	}
	data, err := snapshot(ctx, c)
	if err != nil {
		return nil, err
	}
	return newBackup(stack, version, data), nil
}

// snapshot takes the server's data and checks that it is whole.
func snapshot(ctx context.Context, c *client.Client) ([]byte, error) {
	var data bytes.Buffer
	if err := c.Snapshot(ctx, &data); err != nil {
		return nil, err
	}
	if _, err := unpack(data.Bytes()); err != nil {
		return nil, fmt.Errorf("the server's snapshot is not whole: %w", err)
	}
	return data.Bytes(), nil
}

// Restore replaces the server's projects, apps, jobs and variables by those of
// the backup, and waits until the server has started again with them. Users,
// tokens and runners stay as they are, and so do the addresses that the server
// has recorded of itself.
//
// A backup of another version than the server's is refused.
func (b *Backup) Restore(ctx context.Context, c *client.Client) error {
	version, err := c.Version(ctx)
	if err != nil {
		return err
	}
	if version != b.Server {
		return fmt.Errorf("the backup is of server version %s, and this server is %s: want the same", b.Server, version)
	}
	endpoints, err := c.Endpoints(ctx)
	if err != nil {
		return err
	}
	data, err := b.merged(ctx, c)
	if err != nil {
		return err
	}
	// A job that runs would go on to write to data that is no longer there.
	jobs, err := c.Jobs(ctx, client.JobFilter{Active: true})
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if j.State == client.JobRunning {
			return fmt.Errorf("a job is running: %s; restore when it has ended, or cancel it", j)
		}
	}
	if err := c.RestoreSnapshot(ctx, bytes.NewReader(data)); err != nil {
		return err
	}
	if err := awaitRestart(ctx, c); err != nil {
		return fmt.Errorf("the backup was handed over, and the server does not come back: %w", err)
	}
	return c.SetEndpoints(ctx, endpoints)
}

// merged is the backup's data with what is the present server's own.
func (b *Backup) merged(ctx context.Context, c *client.Client) ([]byte, error) {
	now, err := snapshot(ctx, c)
	if err != nil {
		return nil, err
	}
	present, err := unpack(now)
	if err != nil {
		return nil, err
	}
	past, err := unpack(b.data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return past.onto(present).pack()
}

// awaitRestart waits until the server that has just ended itself accepts the
// client's token again.
func awaitRestart(ctx context.Context, c *client.Client) error {
	ctx, cancel := context.WithTimeout(ctx, restartBound)
	defer cancel()
	for {
		if err := c.WaitReady(ctx, nil); err != nil {
			return err
		}
		err := c.CheckToken(ctx)
		if err == nil || !errors.Is(err, client.ErrUnavailable) {
			return err
		}
	}
}

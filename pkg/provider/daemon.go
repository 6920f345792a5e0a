package provider

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/client"
	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server/certs"
)

// dialTimeout bounds one try to reach a daemon before its fallback is taken.
const dialTimeout = 10 * time.Second

// daemons are the connections to Docker daemons of one operation, each made
// once and shared by all resources.
type daemons struct {
	mu      sync.Mutex
	clients map[[sha256.Size]byte]*client.Client
	claimed map[string]bool
}

// get returns a client of the endpoint's daemon. The API version is what the
// daemon offers, up to the client's own.
func (d *daemons) get(e pilot.Endpoint) (*client.Client, error) {
	id := sha256.Sum256([]byte(strings.Join([]string{e.Host, e.CA, e.Cert, e.Key}, "\x00")))
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := d.clients[id]; c != nil {
		return c, nil
	}
	opts := []client.Opt{client.WithAPIVersionNegotiation()}
	if !isLocal(e.Host) {
		cfg, err := certs.ClientConfig([]byte(e.CA), certs.Pair{Cert: []byte(e.Cert), Key: []byte(e.Key)}, "")
		if err != nil {
			return nil, fmt.Errorf("endpoint %s: %w", e.Host, err)
		}
		opts = append(opts, client.WithHTTPClient(&http.Client{
			Transport: &http.Transport{TLSClientConfig: cfg, TLSHandshakeTimeout: dialTimeout, MaxIdleConnsPerHost: 4},
		}))
	}
	c, err := client.NewClientWithOpts(append(opts, client.WithHost(e.Host))...)
	if err != nil {
		return nil, fmt.Errorf("endpoint %s: %w", e.Host, err)
	}
	if d.clients == nil {
		d.clients = map[[sha256.Size]byte]*client.Client{}
	}
	d.clients[id] = c
	return c, nil
}

// reachable is get for looking and deleting: when the host doesn't answer, it
// returns a client of the fallback instead. An *unreachableError says that
// there is no way to the daemon.
func (d *daemons) reachable(ctx context.Context, e pilot.Endpoint) (*client.Client, error) {
	c, err := d.get(e)
	if err == nil {
		err = ping(ctx, c)
		if err == nil || ctx.Err() != nil {
			return c, err
		}
	}
	if e.Fallback != "" {
		other, ferr := d.get(pilot.Endpoint{Host: e.Fallback})
		if ferr == nil && ping(ctx, other) == nil {
			return other, nil
		}
	}
	return nil, &unreachableError{host: e.Host, err: err}
}

func ping(ctx context.Context, c *client.Client) error {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	_, err := c.Ping(ctx)
	return err
}

func (d *daemons) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.clients {
		_ = c.Close()
	}
	d.clients = nil
}

// claim notes that a resource of this operation stands on the image, so that
// the deletion of the image's former resource must leave it.
func (d *daemons) claim(imageID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.claimed == nil {
		d.claimed = map[string]bool{}
	}
	d.claimed[imageID] = true
}

func (d *daemons) isClaimed(imageID string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.claimed[imageID]
}

// unreachableError says that nothing answers at a host.
type unreachableError struct {
	host string
	err  error
}

func (e *unreachableError) Error() string {
	fix := "check that the machine runs and that your certificate is still valid"
	if isLocal(e.host) {
		fix = "start Docker, and check that you may use its socket"
	}
	return fmt.Sprintf("Docker does not answer at %s (%v): %s", e.host, e.err, fix)
}

func (e *unreachableError) Unwrap() error { return e.err }

func isLocal(host string) bool { return strings.HasPrefix(host, "unix://") }

// checkEndpoint validates an endpoint input.
func checkEndpoint(c *checker, e pilot.Endpoint) {
	checkHost(c, at("endpoint", "host"), e.Host, true)
	if e.Fallback != "" {
		checkHost(c, at("endpoint", "fallback"), e.Fallback, false)
	}
	if e.Host == "" || isLocal(e.Host) {
		return
	}
	for field, value := range map[string]string{"ca": e.CA, "cert": e.Cert, "key": e.Key} {
		if value == "" {
			c.fail(at("endpoint", field), "is empty: a tcp host is only spoken to with mutual TLS, so ca, cert and key are all required")
		}
	}
	if e.CA != "" && e.Cert != "" && e.Key != "" && c.known("endpoint", "ca") && c.known("endpoint", "cert") && c.known("endpoint", "key") {
		if _, err := certs.ClientConfig([]byte(e.CA), certs.Pair{Cert: []byte(e.Cert), Key: []byte(e.Key)}, ""); err != nil {
			c.fail(at("endpoint"), "has bad credentials: %v", err)
		}
	}
}

func checkHost(c *checker, where []any, host string, tcp bool) {
	u, err := url.Parse(host)
	switch {
	case err == nil && u.Scheme == "unix" && u.Host == "" && path.IsAbs(u.Path):
	case err == nil && tcp && u.Scheme == "tcp" && u.Hostname() != "" && u.Port() != "" && u.Path == "":
	case tcp:
		c.fail(where, "%q: want unix:///path/to/docker.sock or tcp://host:port", host)
	default:
		c.fail(where, "%q: want unix:///path/to/docker.sock", host)
	}
}

// diffEndpoint compares two endpoints: another daemon replaces everything on
// the old one, another way to the same daemon is only recorded.
func diffEndpoint(d *differ, was, is pilot.Endpoint) {
	d.skip["endpoint"] = true
	same := sameDaemon(was, is)
	for field, pair := range map[string][2]string{
		"ca":       {was.CA, is.CA},
		"cert":     {was.Cert, is.Cert},
		"key":      {was.Key, is.Key},
		"fallback": {was.Fallback, is.Fallback},
		"daemon":   {was.Daemon, is.Daemon},
		"host":     {was.Host, is.Host},
	} {
		if pair[0] != pair[1] {
			d.mark(at("endpoint", field), p.Update, !same && (field == "host" || field == "daemon"))
		}
	}
}

// sameDaemon tells whether two endpoints lead to one daemon. What is not known
// yet counts as the same: a gateway in front of a daemon may be replaced
// without anything behind it being touched, and a real change is seen once it
// is known.
func sameDaemon(was, is pilot.Endpoint) bool {
	switch {
	case is.Host == "":
		return true
	case was.Daemon != "" && is.Daemon != "":
		return was.Daemon == is.Daemon
	case was.Fallback != "" && is.Fallback != "":
		return was.Fallback == is.Fallback
	default:
		return was.Host == is.Host
	}
}

// gone tells whether the daemon says that there is no such thing.
func gone(err error) bool { return errdefs.IsNotFound(err) }

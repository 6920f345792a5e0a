package stacks

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	docker "github.com/docker/docker/client"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pilot-framework/pilot/pkg/server/client"
)

// Status is how a platform is, seen from here.
type Status struct {
	Stack     string         `json:"stack"`
	Target    string         `json:"target"`
	Simulated bool           `json:"simulated"`
	Server    ServerStatus   `json:"server"`
	Docker    DockerStatus   `json:"docker"`
	Database  DatabaseStatus `json:"database"`
	Runners   []RunnerStatus `json:"runners"`
	// Certificates are the platform's, the one that ends first at the head.
	Certificates []CertificateStatus `json:"certificates"`
	// Problems say why what is not healthy is not.
	Problems []string `json:"problems"`
}

// ServerStatus is the state of the Pilot server.
type ServerStatus struct {
	Address string `json:"address"`
	UI      string `json:"ui"`
	Healthy bool   `json:"healthy"`
	Version string `json:"version"`
}

// DockerStatus is the state of the Docker endpoint.
type DockerStatus struct {
	Endpoint string `json:"endpoint"`
	TLS      bool   `json:"tls"`
	Healthy  bool   `json:"healthy"`
}

// DatabaseStatus is the state of PostgreSQL.
type DatabaseStatus struct {
	Host    string `json:"host"`
	Port    int    `json:"port"`
	Healthy bool   `json:"healthy"`
}

// RunnerStatus is the state of one runner.
type RunnerStatus struct {
	ID     string `json:"id"`
	Online bool   `json:"online"`
	// Since is when one that is online came online. Of one that is offline it is
	// when its container ended, or when it came last where the server does not let
	// it in; missing when neither is known.
	Since *time.Time `json:"since,omitempty"`
}

// Healthy tells whether every part is.
func (s Status) Healthy() bool {
	for _, r := range s.Runners {
		if !r.Online {
			return false
		}
	}
	return s.Server.Healthy && s.Docker.Healthy && s.Database.Healthy && len(s.Runners) > 0
}

// ErrNotSetUp reports that a stack has no platform yet.
var ErrNotSetUp = errors.New("there is no platform yet; run pilot setup")

// Describe says where the parts of a platform are, and asks none of them. It
// fails only when there is no platform.
func Describe(_ context.Context, out Outputs) (Status, error) {
	if out.Docker.Host == "" {
		return Status{}, ErrNotSetUp
	}
	port, _ := strconv.Atoi(out.Database.Port)
	return Status{
		Server:   ServerStatus{Address: out.Server.Address, UI: out.Server.UI},
		Docker:   DockerStatus{Endpoint: out.Docker.Host, TLS: strings.HasPrefix(out.Docker.Host, "tcp://") && out.Docker.CA != ""},
		Database: DatabaseStatus{Host: out.Database.Host, Port: port},
		Runners:  []RunnerStatus{},
		Problems: []string{},

		Certificates: []CertificateStatus{},
	}, nil
}

// Inspect asks every part of a platform how it is, all at once, and waits at
// most ten seconds. It fails only when there is no platform.
func Inspect(ctx context.Context, out Outputs) (Status, error) {
	s, err := Describe(ctx, out)
	if err != nil {
		return s, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var mu sync.Mutex
	var wg sync.WaitGroup
	look := func(what string, ask func() error) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := ask(); err != nil {
				mu.Lock()
				defer mu.Unlock()
				s.Problems = append(s.Problems, what+": "+err.Error())
			}
		}()
	}
	var parts []Part
	look("docker", func() error {
		problems, found, err := inspectDocker(ctx, out.Docker, stackOf(out.Server), &s.Docker)
		mu.Lock()
		defer mu.Unlock()
		parts, s.Problems = found, append(s.Problems, problems...)
		return err
	})
	look("database", func() error { return inspectDatabase(ctx, out.Database, &s.Database) })
	var waits []string
	look("server", func() (err error) {
		waits, err = inspectServer(ctx, out.Server, &s)
		return err
	})
	wg.Wait()
	s.Problems = append(s.Problems, waits...)
	s.offline(parts)
	return s, nil
}

// inspectDocker looks at the endpoint, and at the stack's containers on it.
func inspectDocker(ctx context.Context, e Endpoint, stack string, s *DockerStatus) ([]string, []Part, error) {
	c, err := DockerClient(e)
	if err != nil {
		return nil, nil, err
	}
	defer c.Close()
	if _, err := c.Ping(ctx); err != nil {
		return nil, nil, err
	}
	s.Healthy = true
	if stack == "" {
		return nil, nil, nil
	}
	return inspectParts(ctx, c, stack)
}

// DockerClient gives a client of an endpoint that trusts its authority alone.
func DockerClient(e Endpoint) (*docker.Client, error) {
	opts := []docker.Opt{docker.WithHost(e.Host), docker.WithAPIVersionNegotiation()}
	if e.CA != "" {
		pair, err := tls.X509KeyPair([]byte(e.Cert), []byte(e.Key))
		if err != nil {
			return nil, err
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM([]byte(e.CA)) {
			return nil, errors.New("the endpoint's authority is no PEM certificate")
		}
		opts = append([]docker.Opt{docker.WithHTTPClient(&http.Client{Transport: &http.Transport{
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool, Certificates: []tls.Certificate{pair}},
		}})}, opts...)
	}
	return docker.NewClientWithOpts(opts...)
}

// inspectDatabase logs in, which is what an app will do.
func inspectDatabase(ctx context.Context, d DatabaseOutputs, s *DatabaseStatus) error {
	where := url.URL{
		Scheme: "postgres", User: url.UserPassword(d.User, d.Password),
		Host: net.JoinHostPort(d.Host, d.Port), Path: "/" + d.Name,
	}
	conn, err := pgconn.Connect(ctx, where.String())
	if err != nil {
		return err
	}
	s.Healthy = true
	return conn.Close(ctx)
}

// inspectServer looks at the server and its runners, and says what waits there.
func inspectServer(ctx context.Context, o ServerOutputs, s *Status) ([]string, error) {
	c, err := client.Dial(ctx, client.Config{Address: o.Address, CA: []byte(o.CA), Token: o.Token})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if s.Server.Version, err = c.Version(ctx); err != nil {
		return nil, err
	}
	s.Server.Healthy = true
	runners, err := c.Runners(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range runners {
		status := RunnerStatus{ID: r.ID, Online: r.Online}
		if !r.Since.IsZero() {
			status.Since = &r.Since
		}
		s.Runners = append(s.Runners, status)
	}
	return queued(ctx, c)
}

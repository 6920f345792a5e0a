package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pilot-framework/pilot/internal/testports"
)

// gate is what builds wait at until it is opened.
type gate struct {
	net.Listener
	mu      sync.Mutex
	open    bool
	waiting map[string]net.Conn
}

// newGate listens where the builds' containers can reach it.
func newGate(t *testing.T) *gate {
	t.Helper()
	host := docker(t, "network", "inspect", "bridge", "-f", "{{(index .IPAM.Config 0).Gateway}}")
	g := &gate{waiting: map[string]net.Conn{}}
	var err error
	if g.Listener, err = net.Listen("tcp", fmt.Sprintf("%s:%d", host, testports.Free(t, 1)[0])); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		g.release()
		g.Close()
	})
	go func() {
		for {
			conn, err := g.Accept()
			if err != nil {
				return
			}
			go g.arrive(conn)
		}
	}()
	return g
}

func (g *gate) arrive(conn net.Conn) {
	name, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open {
		conn.Close()
		return
	}
	g.waiting[strings.TrimSpace(name)] = conn
}

// names are those who wait.
func (g *gate) names() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting)
}

// release lets everybody through, now and from now on.
func (g *gate) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = true
	for _, conn := range g.waiting {
		conn.Close()
	}
}

// gatedApp writes an app whose build waits at the gate. The image that it is
// built from has a shell.
func (p *platform) gatedApp(name string, g *gate) {
	p.t.Helper()
	if err := os.MkdirAll(filepath.Join(p.dir, name), 0o755); err != nil {
		p.t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(g.Addr().String())
	if err != nil {
		p.t.Fatal(err)
	}
	p.write(name+"/Dockerfile", fmt.Sprintf("FROM %s\nRUN [\"bash\", \"-c\", \"exec 3<>/dev/tcp/%s/%s; echo %s >&3; cat <&3\"]\nENTRYPOINT [\"sleep\", \"600\"]\n", databaseImage, host, port, name))
	p.run("new", "app", name, "--path", name)
}

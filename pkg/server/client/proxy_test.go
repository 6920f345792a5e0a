package client_test

import (
	"io"
	"net"
	"sync"
	"testing"

	"github.com/pilot-framework/pilot/pkg/server/client/servertest"
)

// proxy passes TCP connections on, and can break them.
type proxy struct {
	address string
	mu      sync.Mutex
	open    []net.Conn
	cut     int
}

func newProxy(t *testing.T, target string) *proxy { return newProxyAt(t, "127.0.0.1:0", target) }

func newProxyAt(t *testing.T, address, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", address)
	servertest.Must(t, err)
	p := &proxy{address: l.Addr().String()}
	t.Cleanup(func() { l.Close(); p.breakAll() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", target)
			if err != nil {
				in.Close()
				continue
			}
			p.mu.Lock()
			p.open = append(p.open, in, out)
			p.mu.Unlock()
			go pass(in, out)
			go pass(out, in)
		}
	}()
	return p
}

func pass(dst, src net.Conn) {
	_, _ = io.Copy(dst, src)
	dst.Close()
}

// breakAll closes every connection there is now.
func (p *proxy) breakAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.open {
		c.Close()
	}
	p.cut += len(p.open) / 2
	p.open = nil
}

// broken is the number of connections broken so far.
func (p *proxy) broken() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cut
}

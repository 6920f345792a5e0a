// Package testports finds ports for what tests start in other processes and in
// containers, where nobody can hand over an open listener.
package testports

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
)

// The range lies below the ports that Linux gives out by itself (from 32768, the
// default of net.ipv4.ip_local_port_range): one of those could be taken by any
// connection before the test's own process listens on it.
const (
	first = 20000
	last  = 32000
)

// Find returns n different ports that nothing listens on.
func Find(n int) ([]int, error) {
	var ports []int
	for range 1000 {
		if len(ports) == n {
			return ports, nil
		}
		port := first + rand.IntN(last-first)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		defer l.Close()
		ports = append(ports, port)
	}
	return nil, fmt.Errorf("no %d free ports from %d to %d", n, first, last)
}

// Free is Find for a test, which fails where there are none.
func Free(t testing.TB, n int) []int {
	t.Helper()
	ports, err := Find(n)
	if err != nil {
		t.Fatal(err)
	}
	return ports
}

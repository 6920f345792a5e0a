package gateway

import (
	"io"
	"net"
	"sync"
)

// halfCloser is a stream whose writing side can end while its reading side goes on.
type halfCloser interface {
	net.Conn
	CloseWrite() error
}

// splice copies both ways until both directions have ended. The end of one direction is passed on as a half-close:
// "docker load" and "exec -i" end their input and then still wait for output.
func splice(a, b halfCloser) {
	var wg sync.WaitGroup
	wg.Go(func() { oneWay(a, b) })
	wg.Go(func() { oneWay(b, a) })
	wg.Wait()
}

func oneWay(dst, src halfCloser) {
	_, err := io.Copy(dst, src)
	if err == nil {
		err = dst.CloseWrite()
	}
	if err != nil {
		// A broken direction can't be half-closed: without this the other one could wait for ever.
		_ = dst.Close()
		_ = src.Close()
	}
}

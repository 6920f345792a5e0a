// Command ask is a container that wants its machine's metadata from its first
// moment on. It says each change of what it gets.
package main

import (
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"
)

func main() {
	fmt.Println("begin")
	for last := ""; ; {
		said := "silence"
		conn, err := net.DialTimeout("tcp", "169.254.169.254:80", time.Second)
		switch {
		case err == nil:
			said = "reached"
			conn.Close()
		case errors.Is(err, syscall.ECONNREFUSED):
			said = "refused"
		}
		if said != last {
			fmt.Println(said)
			last = said
		}
		time.Sleep(5 * time.Millisecond)
	}
}

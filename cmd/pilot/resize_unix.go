//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// notifyResize has changed hear of a new size of the terminal.
func notifyResize(changed chan<- os.Signal) { signal.Notify(changed, syscall.SIGWINCH) }

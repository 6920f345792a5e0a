package main

import (
	"context"
	"errors"
	"fmt"
)

// The exit codes of every command. docs/reference says the same.
const (
	exitFailure   = 1   // what was asked for could not be done
	exitUsage     = 2   // bad input, nothing was changed; also: changes, with --detailed-exitcode
	exitPolicy    = 3   // a policy forbids the change
	exitCancelled = 130 // stopped by Ctrl-C or SIGTERM, state saved
)

// exitError carries an exit code with, or instead of, a message.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usage marks err as bad input.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{exitUsage, err}
}

func usagef(format string, args ...any) error { return usage(fmt.Errorf(format, args...)) }

// exitCode is the code for err.
func exitCode(err error) int {
	var coded *exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &coded):
		return coded.code
	case errors.Is(err, context.Canceled):
		return exitCancelled
	}
	return exitFailure
}

//go:build !linux

package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
)

var errLinux = errors.New("this works on Linux only")

func runRestartDaemon(context.Context, []string, io.Writer, *slog.Logger) error { return errLinux }

func runMachine(context.Context, []string, io.Writer, *slog.Logger) error { return errLinux }

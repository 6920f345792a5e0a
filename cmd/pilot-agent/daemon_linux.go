package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"syscall"
)

// runRestartDaemon ends the daemon that listens on a socket. It needs the host's process namespace.
func runRestartDaemon(ctx context.Context, args []string, out io.Writer, _ *slog.Logger) error {
	fs := flag.NewFlagSet("restart-daemon", flag.ContinueOnError)
	socket := fs.String("socket", "/var/run/docker.sock", "socket that the daemon listens on")
	if err := parse(fs, args, 0, "socket"); err != nil {
		return err
	}
	pid, err := listenerOf(ctx, *socket)
	if err != nil {
		return err
	}
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return fmt.Errorf("process %d, which listens on %s, can't be seen: is this the host's process namespace? %w", pid, *socket, err)
	}
	if comm := strings.TrimSpace(string(name)); comm != "dockerd" {
		return fmt.Errorf("process %d, which listens on %s, is %s and not dockerd", pid, *socket, comm)
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		return fmt.Errorf("end dockerd, process %d: %w", pid, err)
	}
	_, err = fmt.Fprintf(out, "dockerd, process %d, was told to end\n", pid)
	return err
}

// listenerOf is the process that began to listen on a Unix socket, as the kernel tells whoever connects.
func listenerOf(ctx context.Context, socket string) (int, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", socket)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	raw, err := conn.(*net.UnixConn).SyscallConn()
	if err != nil {
		return 0, err
	}
	var peer *syscall.Ucred
	var perr error
	if err := raw.Control(func(fd uintptr) {
		peer, perr = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	}); err != nil {
		return 0, err
	}
	if perr != nil {
		return 0, fmt.Errorf("ask who listens on %s: %w", socket, perr)
	}
	if peer.Pid <= 0 {
		return 0, fmt.Errorf("who listens on %s is outside this process namespace", socket)
	}
	return int(peer.Pid), nil
}

// shells are tried in this order.
var shells = []string{"/bin/bash", "/bin/sh"}

// runMachine becomes a command of the machine. It needs the host's process namespace and all privileges.
func runMachine(_ context.Context, args []string, _ io.Writer, _ *slog.Logger) error {
	if err := syscall.Chroot("/proc/1/root"); err != nil {
		return fmt.Errorf("enter the machine's file system: %w", err)
	}
	home := "/root"
	if err := os.Chdir(home); err != nil {
		home = "/"
		if err := os.Chdir(home); err != nil {
			return err
		}
	}
	env := []string{"HOME=" + home, "USER=root", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	for _, name := range []string{"TERM", "LANG"} {
		if v := os.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	if len(args) > 0 {
		return become(append([]string{"/bin/sh", "-c", `exec "$@"`, "sh"}, args...), env)
	}
	for _, shell := range shells {
		if _, err := os.Stat(shell); err == nil {
			return become([]string{shell, "-l"}, env)
		}
	}
	return errors.New("the machine has no shell")
}

// become replaces this process.
func become(args, env []string) error { return syscall.Exec(args[0], args, env) }

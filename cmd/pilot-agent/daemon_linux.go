package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// restartTimeout bounds how long connections are held back for a daemon that does not come back.
const restartTimeout = 2 * time.Minute

// runRestartDaemon ends the daemon that listens on a socket and waits for its supervisor to start another. It needs the
// host's process namespace and network.
func runRestartDaemon(ctx context.Context, args []string, out io.Writer, _ *slog.Logger) (err error) {
	fs := flag.NewFlagSet("restart-daemon", flag.ContinueOnError)
	socket := fs.String("socket", "/var/run/docker.sock", "path on the machine of the socket that the daemon listens on")
	ports := fs.String("hold", "", "TCP ports, with commas between, whose new connections are held back meanwhile")
	if err := parse(fs, args, 0, "socket"); err != nil {
		return err
	}
	var list []string
	for _, p := range strings.Split(*ports, ",") {
		if p == "" {
			continue
		}
		if n, err := strconv.Atoi(p); err != nil || n < 1 || n > 65535 {
			return usagef("-hold %q: want numbers from 1 to 65535 with commas between", *ports)
		}
		list = append(list, p)
	}
	pid, err := enterMachine(ctx)
	if err != nil {
		return err
	}
	h := holder{}
	defer func() { err = errors.Join(err, h.release()) }()
	if err := h.hold(ctx, list); err != nil {
		return err
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		return fmt.Errorf("end dockerd, process %d: %w", pid, err)
	}
	if err := waitForAnother(ctx, pid, *socket); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, "dockerd was restarted")
	return err
}

func isDockerd(pid int, socket string) error {
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return fmt.Errorf("process %d, which listens on %s, can't be seen: is this the host's process namespace? %w", pid, socket, err)
	}
	if comm := strings.TrimSpace(string(name)); comm != "dockerd" {
		return fmt.Errorf("process %d, which listens on %s, is %s and not dockerd", pid, socket, comm)
	}
	return nil
}

// waitForAnother waits until a daemon other than pid answers, which it does once its containers' ports are set up.
func waitForAnother(ctx context.Context, pid int, socket string) error {
	ctx, cancel := context.WithTimeout(ctx, restartTimeout)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if now, err := listenerOf(ctx, socket); err == nil && now != pid && ping(ctx, socket) == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no daemon answers at %s after %s", socket, restartTimeout)
		case <-tick.C:
		}
	}
}

// ping asks a daemon whether it is there.
func ping(ctx context.Context, socket string) error {
	var dialer net.Dialer
	c := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", socket)
		},
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://docker/_ping", nil)
	if err != nil {
		return err
	}
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the daemon answered %s", resp.Status)
	}
	return nil
}

// holder holds new connections back. Their first packet is dropped, and sent again by whoever connects a second later,
// instead of being refused because nobody listens yet.
type holder struct{}

// holdComment marks the rules, so that those of a run that was killed are found.
const holdComment = "pilot-restart"

func (h holder) hold(ctx context.Context, ports []string) error {
	if len(ports) == 0 {
		return nil
	}
	if err := h.release(); err != nil {
		return err
	}
	for _, port := range ports {
		if _, err := h.iptables(ctx, append([]string{"-I"}, holdRule(port)...)...); err != nil {
			return err
		}
	}
	return nil
}

func holdRule(port string) []string {
	return []string{"INPUT", "-p", "tcp", "-m", "tcp", "--syn", "--dport", port, "-m", "comment", "--comment", holdComment, "-j", "DROP"}
}

// release removes all rules that are marked. It works after ctx of the command has ended.
func (h holder) release() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	rules, err := h.iptables(ctx, "-S", "INPUT")
	if err != nil {
		return err
	}
	for _, line := range strings.Split(rules, "\n") {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != "-A" || !strings.Contains(line, "--comment "+holdComment) {
			continue
		}
		if _, err := h.iptables(ctx, append([]string{"-D"}, fields[1:]...)...); err != nil {
			return err
		}
	}
	return nil
}

func (h holder) iptables(ctx context.Context, args ...string) (string, error) {
	program := "/usr/sbin/iptables"
	if _, err := os.Stat(program); err != nil {
		program = "/sbin/iptables"
	}
	out, err := exec.CommandContext(ctx, program, append([]string{"-w"}, args...)...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("iptables %s: %w: %s", strings.Join(args, " "), err, bytes.TrimSpace(out))
	}
	return string(out), nil
}

// mountedSocket is where the container has the daemon's socket. It leads to the daemon that runs now, not to the next.
const mountedSocket = "/var/run/docker.sock"

// enterMachine leaves the container's file system for that of the daemon, which is the machine's, and tells the daemon's
// process.
func enterMachine(ctx context.Context) (int, error) {
	pid, err := listenerOf(ctx, mountedSocket)
	if err != nil {
		return 0, err
	}
	if err := isDockerd(pid, mountedSocket); err != nil {
		return 0, err
	}
	if err = syscall.Chroot(fmt.Sprintf("/proc/%d/root", pid)); err == nil {
		err = os.Chdir("/")
	}
	if err != nil {
		return 0, fmt.Errorf("enter the machine's file system: %w", err)
	}
	return pid, nil
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
func runMachine(ctx context.Context, args []string, _ io.Writer, _ *slog.Logger) error {
	if _, err := enterMachine(ctx); err != nil {
		return err
	}
	home := "/root"
	if os.Chdir(home) != nil {
		home = "/"
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

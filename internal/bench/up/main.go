// Command up measures what "pilot up" costs beside Waypoint's own command line
// doing the same with the same app on the same server. It sets up a platform on
// this machine's Docker, with a folder and ports of its own, and removes it.
//
// Waypoint's side runs the job in the command itself, on this machine's Docker:
// that is how it deploys a folder. Pilot's side sends the folder to the platform
// and runs the job there.
//
// It prints a table, and one line for other programs to read:
//
//	RESULT up-vs-waypoint wall=1.10 goal=1.45
//
// The goal is the ratio at which pilot takes two seconds more.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

const (
	allowance = 2 * time.Second
	app       = "pilot-bench-up"
)

func main() {
	runs := flag.Int("runs", 7, "how often each side runs; the medians are compared")
	bin := flag.String("bin", "bin", "the folder with pilot and waypoint")
	flag.Parse()
	if err := compare(*runs, *bin); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// rig is a platform and an app's folder.
type rig struct {
	dir, home       string
	pilot, waypoint string
	// env is the environment of Waypoint's side.
	env []string
}

func compare(runs int, bin string) (err error) {
	if runs < 1 {
		return fmt.Errorf("-runs %d: want 1 or more", runs)
	}
	dir, err := os.MkdirTemp("", "pilot-bench-up-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r := &rig{dir: filepath.Join(dir, "app"), home: filepath.Join(dir, "home")}
	for name, path := range map[string]*string{"pilot": &r.pilot, "waypoint": &r.waypoint} {
		if *path, err = filepath.Abs(filepath.Join(bin, name)); err != nil {
			return err
		}
		if _, err := os.Stat(*path); err != nil {
			return fmt.Errorf("%w: run make build first", err)
		}
	}
	if err := r.write(); err != nil {
		return err
	}
	if err := r.run(r.pilot, "setup", "--yes"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.run(r.pilot, "destroy", "--yes")) }()
	for _, args := range [][]string{
		{r.pilot, "new", "project", "bench"}, {r.pilot, "new", "app", app, "--target", "docker"}, {r.pilot, "up"},
		{"git", "init", "-q"}, {"git", "add", "-A"},
		{"git", "-c", "user.name=bench", "-c", "user.email=bench@example.com", "commit", "-q", "-m", "app"},
	} {
		if err := r.run(args[0], args[1:]...); err != nil {
			return err
		}
	}
	if err := r.connect(); err != nil {
		return err
	}
	return r.measure(runs)
}

// write makes the app, small enough that the build does not hide the rest.
func (r *rig) write() error {
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return err
	}
	var ports []any
	for range 5 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	for name, text := range map[string]string{
		"pilot.yaml": fmt.Sprintf("target: local\nstack: bench-up\nlocal:\n  ports: {docker: %d, server: %d, ui: %d, source: %d, database: %d}\n"+
			"  database: {image: \"pilot-postgres:15\"}\n", ports...),
		"Dockerfile": "FROM pilot-node:18\nCOPY server.js /\nENTRYPOINT [\"node\", \"/server.js\"]\n",
		"server.js":  "require(\"http\").createServer((_, res) => res.end(\"hello\")).listen(process.env.PORT)\n",
	} {
		if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// connect tells Waypoint's side where the server is, as its own manual says.
func (r *rig) connect() error {
	cmd := r.command(r.pilot, "outputs", "--json", "--show-secrets")
	text, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("pilot outputs: %w", err)
	}
	var out struct{ ServerAddress, ServerCA, ServerToken string }
	if err := json.Unmarshal(text, &out); err != nil {
		return err
	}
	ca := filepath.Join(filepath.Dir(r.dir), "ca.pem")
	if err := os.WriteFile(ca, []byte(out.ServerCA), 0o600); err != nil {
		return err
	}
	r.env = []string{
		"WAYPOINT_SERVER_ADDR=" + out.ServerAddress, "WAYPOINT_SERVER_TOKEN=" + out.ServerToken, "WAYPOINT_SERVER_TLS=1",
		"SSL_CERT_FILE=" + ca, "XDG_CONFIG_HOME=" + filepath.Dir(r.dir), "CHECKPOINT_DISABLE=1",
	}
	return nil
}

func (r *rig) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), append([]string{"PILOT_HOME=" + r.home, "NO_COLOR=1"}, r.env...)...)
	return cmd
}

func (r *rig) run(name string, args ...string) error {
	if out, err := r.command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, out)
	}
	return nil
}

func (r *rig) measure(runs int) error {
	sides := []struct {
		name string
		args []string
	}{
		{"pilot up", []string{r.pilot, "up"}},
		{"waypoint up", []string{r.waypoint, "up", "-plain", "-local=true", "-app=" + app}},
	}
	took := make([][]time.Duration, len(sides))
	for i := range runs + 1 {
		for side, s := range sides {
			start := time.Now()
			if err := r.run(s.args[0], s.args[1:]...); err != nil {
				return err
			}
			if i > 0 { // the first warms the caches
				took[side] = append(took[side], time.Since(start))
			}
		}
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	medians := make([]time.Duration, len(sides))
	for side, s := range sides {
		slices.Sort(took[side])
		medians[side] = took[side][len(took[side])/2]
		fmt.Fprintf(table, "%s\t%.2f s\t(%.2f to %.2f s, %d runs)\n", s.name, medians[side].Seconds(),
			took[side][0].Seconds(), took[side][len(took[side])-1].Seconds(), runs)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Printf("RESULT up-vs-waypoint wall=%.2f goal=%.2f\n",
		medians[0].Seconds()/medians[1].Seconds(), (medians[1]+allowance).Seconds()/medians[1].Seconds())
	return nil
}

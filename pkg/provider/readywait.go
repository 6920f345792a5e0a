package provider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/docker/docker/client"
	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server/daemon"
)

// Console tells how far the boot of a machine is, by what the machine wrote to
// its console: it works while nothing on it answers yet. machine is the
// endpoint's input "daemon".
type Console func(ctx context.Context, machine string) (Boot, error)

// Boot is how far a boot is.
type Boot struct {
	// Step says it in words, such as "installing Docker"; empty where the
	// machine has not said anything.
	Step string
	// Failed says that the step failed.
	Failed bool
}

// WithConsole gives the function that Daemon resources ask for the progress of
// a boot. Without it, progress is what can be told from outside.
func WithConsole(c Console) Option { return func(o *options) { o.console = c } }

// The pauses between two looks at a daemon, and between two at a console,
// which clouds don't like to be asked often.
const (
	firstPause   = 250 * time.Millisecond
	longestPause = 5 * time.Second
	consoleEvery = 15 * time.Second
	// consoleTimeout bounds one question to a console.
	consoleTimeout = 10 * time.Second
)

// wait is one wait for a daemon.
type wait struct {
	in      pilot.DaemonInputs
	console Console
	limit   time.Duration
	// say takes each step, and every is the pause between two questions to the
	// console.
	say   func(string)
	every time.Duration
	// restarting is the daemon that is being restarted, if it is.
	restarting *client.Client

	told, step string
	// console's last word, when it was asked for, and why it did not answer.
	boot   string
	asked  time.Time
	silent string
}

// newWait is a wait that tells the resource's log of its steps.
func newWait(ctx context.Context, in pilot.DaemonInputs, limit time.Duration) *wait {
	return &wait{in: in, limit: limit, say: p.GetLogger(ctx).InfoStatus, every: consoleEvery}
}

// until looks at the daemon until it answers and done says yes. It also sees
// one whose certificate has expired: whoever waits may have to restart it.
func (w *wait) until(ctx context.Context, done func(daemon.Seen) bool) (daemon.Seen, error) {
	begin, pause := time.Now(), firstPause
	for {
		seen, err := daemon.LookToRestart(ctx, lookAt(w.in.Endpoint))
		if err == nil && done(seen) {
			if !seen.Expired {
				w.tell("TLS ready: Docker " + seen.Version)
			}
			return seen, nil
		}
		if daemon.IsAPIError(err) {
			return seen, fmt.Errorf("docker at %s is of no use to deploys: %w", w.in.Endpoint.Host, err)
		}
		if ctx.Err() != nil {
			return seen, context.Cause(ctx)
		}
		if err == nil {
			err = errors.New("it still has its certificates from before")
		}
		w.step = seen.Reach.String()
		if w.restarting != nil {
			w.step = "restarting Docker"
			if seen.Reach == daemon.Answering {
				if failure := daemon.Failed(ctx, w.restarting); failure != nil {
					return seen, failure
				}
			}
		} else if failure := w.askConsole(ctx, seen); failure != nil {
			return seen, failure
		}
		w.tell(w.step)
		if time.Since(begin)+pause > w.limit {
			// What failed since the console was last asked says more than a time-out.
			if w.asked = (time.Time{}); w.restarting == nil && w.silent == "" {
				if failure := w.askConsole(ctx, seen); failure != nil {
					return seen, failure
				}
			}
			return seen, fmt.Errorf("docker at %s was not ready after %s; it came as far as: %s (%w)", w.in.Endpoint.Host, w.limit, w.step, err)
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return seen, context.Cause(ctx)
		}
		pause = min(pause*3/2, longestPause)
	}
}

// askConsole refines the step by the machine's own words, and returns the
// failure of its boot. A console that does not answer holds nothing up, and is
// spoken of once.
func (w *wait) askConsole(ctx context.Context, seen daemon.Seen) error {
	if w.console == nil || seen.Reach >= daemon.Trusted {
		return nil
	}
	if w.boot != "" {
		w.step = w.boot
	}
	if time.Since(w.asked) < w.every {
		return nil
	}
	w.asked = time.Now()
	asking, cancel := context.WithTimeout(ctx, min(consoleTimeout, w.limit))
	defer cancel()
	boot, err := w.console(asking, w.in.Endpoint.Daemon)
	switch {
	case err != nil:
		// The console is a help, no more: the daemon decides.
		if w.silent == "" {
			w.silent = err.Error()
			w.tell(w.silent)
		}
	case boot.Failed:
		return fmt.Errorf("the boot of the machine behind %s failed: %s; mend it and run setup again, or have the machine made anew", w.in.Endpoint.Host, boot.Step)
	case boot.Step != "":
		w.step, w.boot = boot.Step, boot.Step
	}
	return nil
}

// tell reports each step once.
func (w *wait) tell(step string) {
	if step == w.told {
		return
	}
	w.told = step
	w.say(step)
}

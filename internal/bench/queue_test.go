package main

import (
	"math"
	"testing"
	"time"
)

// TestWaits holds the simulation to what queueing theory knows in closed form.
func TestWaits(t *testing.T) {
	const mean = time.Minute
	for name, c := range map[string]struct {
		line line
		want time.Duration
	}{
		// Pollaczek-Khinchine, at 70 % use and with lengths that spread as much as they are long: 0.7/0.3 lengths.
		"one server, spread lengths": {line{perHour: 42, mean: mean, spread: 1, servers: 1}, time.Duration(0.7 / 0.3 * float64(mean))},
		// Half of that where all are of one length.
		"one server, equal lengths": {line{perHour: 42, mean: mean, servers: 1}, time.Duration(0.7 / 0.3 / 2 * float64(mean))},
		// Any number of servers, one app: they wait for each other as for one server.
		"one app":      {line{perHour: 42, mean: mean, servers: 50, apps: 1}, time.Duration(0.7 / 0.3 / 2 * float64(mean))},
		"no one waits": {line{perHour: 1, mean: mean, servers: 50}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got, p95 := summary(c.line.waits(arrivals, 1))
			if math.Abs(float64(got-c.want)) > 0.05*float64(c.want)+float64(time.Millisecond) {
				t.Errorf("%s on average, want %s", got, c.want)
			}
			if p95 < got {
				t.Errorf("1 of 20 waits more than %s, the mean is %s", p95, got)
			}
		})
	}
}

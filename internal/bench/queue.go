package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// line is people who come at random to something that serves few at a time:
// deploys to a platform's runners, or applies to a stack's lock.
type line struct {
	perHour float64       // how many come, on average
	mean    time.Duration // how long each takes, on average
	spread  float64       // standard deviation of that, as a part of the mean
	servers int           // how many are served at once
	apps    int           // those of one app wait for each other; 0 means that none do
}

// waits simulates n arrivals, first come, first served, and gives how long each
// waited. An app's next job does not hold up the jobs of others behind it.
func (l line) waits(n int, seed uint64) []time.Duration {
	random := rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // a simulation, the same each time
	// A log-normal length: most are short, some are long, as builds are.
	variance := math.Log(1 + l.spread*l.spread)
	length := func() float64 {
		return l.mean.Seconds() * math.Exp(random.NormFloat64()*math.Sqrt(variance)-variance/2)
	}
	free := make([]float64, l.servers) // when each server is free again
	busy := make([]float64, max(l.apps, 1))
	var now float64
	list := make([]time.Duration, 0, n)
	for range n {
		now += random.ExpFloat64() * 3600 / l.perHour
		first := 0
		for i := range free {
			if free[i] < free[first] {
				first = i
			}
		}
		start := max(now, free[first])
		if l.apps > 0 {
			app := random.IntN(l.apps)
			start = max(start, busy[app])
			took := length()
			// The server takes other work until the app is free.
			free[first], busy[app] = max(now, free[first])+took, start+took
		} else {
			free[first] = start + length()
		}
		list = append(list, time.Duration((start-now)*float64(time.Second)))
	}
	return list
}

// summary is the mean and the 95th percentile of waits.
func summary(waits []time.Duration) (mean, p95 time.Duration) {
	var sum time.Duration
	for _, w := range waits {
		sum += w
	}
	slices.Sort(waits)
	return sum / time.Duration(len(waits)), waits[len(waits)*95/100]
}

// arrivals are enough for two digits of a mean wait below 90 % of use.
const arrivals = 200_000

// queues simulates what docs/scale.md says about builds and about the lock of
// one stack.
func queues(*bench) ([]result, error) {
	builds := result{
		name: "queue-builds", unit: "s mean wait with 4 builds at a time", runs: 1, judged: "wall",
		title: "wait for a build's turn, simulated: 100 developers, 50 deploys an hour of 30 apps, builds of 3 minutes and half of that as their spread",
	}
	for _, n := range []int{3, 4, 5, 6, 8} {
		mean, p95 := summary(line{perHour: 50, mean: 3 * time.Minute, spread: 0.5, servers: n, apps: 30}.waits(arrivals, 1))
		if n == 4 {
			builds.wall = mean.Seconds()
		}
		builds.notes = append(builds.notes, fmt.Sprintf("%d builds at a time: %s on average, 1 of 20 more than %s, busy %.0f %%",
			n, mean.Round(time.Second), p95.Round(time.Second), 100*50*3/60/float64(n)))
	}
	lock := result{
		name: "queue-lock", unit: "s mean wait of 10 people", runs: 1, judged: "wall",
		title: "wait for the lock of one stack, simulated: 4 applies of 30 seconds a day by each person, and once as much as their spread",
	}
	for _, people := range []int{3, 10, 30, 100} {
		mean, p95 := summary(line{perHour: float64(people) * 4 / 8, mean: 30 * time.Second, spread: 1, servers: 1}.waits(arrivals, 1))
		if people == 10 {
			lock.wall = mean.Seconds()
		}
		lock.notes = append(lock.notes, fmt.Sprintf("%d people: %s on average, 1 of 20 more than %s, lock held %.0f %% of the time",
			people, mean.Round(100*time.Millisecond), p95.Round(time.Second), float64(people)*4/8*30/36))
	}
	return []result{builds, lock}, nil
}

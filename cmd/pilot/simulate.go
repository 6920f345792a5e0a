package main

import (
	"os"
	"strconv"

	"github.com/pilot-framework/pilot/pkg/infra/cloudsim"
)

// envSimulatedLatency makes the calls of --offline take their typical time,
// times this number: with 0.001 a database takes a third of a second. It is
// there for tests of what happens in the middle of a run.
const envSimulatedLatency = "PILOT_SIMULATED_LATENCY"

func simulatedLatency() []cloudsim.Option {
	scale, err := strconv.ParseFloat(os.Getenv(envSimulatedLatency), 64)
	if err != nil || scale <= 0 {
		return nil
	}
	return []cloudsim.Option{cloudsim.WithTypicalLatency(scale)}
}

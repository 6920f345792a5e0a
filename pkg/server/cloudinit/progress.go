package cloudinit

import (
	"encoding/json"
	"regexp"
)

// Step is a part of the boot.
type Step string

// The steps of a boot, in their order.
const (
	StepBoot        Step = "boot"
	StepPackages    Step = "packages"
	StepCertificate Step = "certificate"
	StepDocker      Step = "docker"
	StepReady       Step = "ready"
)

// State is how a step stands.
type State string

// The states of a step.
const (
	Running State = "running"
	Done    State = "done"
	Failed  State = "failed"
)

// Progress is how far a boot is. Its zero value means that the machine has not
// said anything yet.
type Progress struct {
	// Step is the step that the machine spoke of last, and State how it stands.
	Step  Step
	State State
	// Detail is the reason of a failure, or a finding such as Docker's version.
	Detail string
}

// Ready reports whether the endpoint is up.
func (p Progress) Ready() bool { return p.Step == StepReady && p.State == Done }

// String says it in words for people.
func (p Progress) String() string {
	words := map[Step]string{
		StepBoot: "booting", StepPackages: "installing Docker", StepCertificate: "fetching the certificate",
		StepDocker: "starting Docker", StepReady: "TLS ready",
	}
	s, ok := words[p.Step]
	if !ok {
		return "waiting for the machine"
	}
	if p.State == Failed {
		s += " failed"
	}
	if p.Detail != "" {
		s += ": " + p.Detail
	}
	return s
}

var progressLine = regexp.MustCompile(`PILOT-BOOT step=([a-z]+) state=([a-z]+)(?: detail=("(?:[^"\\]|\\.)*"))?`)

// ParseProgress reads the last report from what a machine wrote to its console.
// Other output before, between and after the reports does no harm.
func ParseProgress(console string) Progress {
	all := progressLine.FindAllStringSubmatch(console, -1)
	if len(all) == 0 {
		return Progress{}
	}
	m := all[len(all)-1]
	p := Progress{Step: Step(m[1]), State: State(m[2])}
	if m[3] != "" {
		// A line that the console cut off has no detail.
		_ = json.Unmarshal([]byte(m[3]), &p.Detail)
	}
	return p
}

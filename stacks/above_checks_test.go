package stacks_test

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/internal/testmachine"
	"github.com/pilot-framework/pilot/pkg/server/applog"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

// noSecretOn searches what others can see of a machine for what must not be
// there.
func noSecretOn(t *testing.T, m *testmachine.Machine, p *platform, out stacks.Outputs) {
	t.Helper()
	docker, err := stacks.DockerClient(out.Docker)
	if err != nil {
		t.Fatal(err)
	}
	defer docker.Close()
	places := map[string]string{"Docker's log": m.Log(), "events": strings.Join(p.events(), "\n")}
	state, err := p.Export(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	places["state"] = string(state.Deployment)
	parts, err := stacks.Parts(t.Context(), docker, "machine")
	if err != nil || len(parts) != 4 {
		t.Fatalf("%d parts, %v: want server, source, identity and a runner", len(parts), err)
	}
	for _, part := range parts {
		_, raw, err := docker.ContainerInspectWithRaw(t.Context(), part.ID, false)
		if err != nil {
			t.Fatal(err)
		}
		places["inspect of "+part.Name] = string(raw)
		// What uses the machine's identity is where the metadata service answers,
		// and nothing else is.
		trusted := part.Role == "identity" || strings.HasPrefix(part.Role, "runner-")
		if onHost := strings.Contains(string(raw), `"NetworkMode":"host"`); onHost != trusted {
			t.Errorf("%s on the machine's network: %v, want %v", part.Role, onHost, trusted)
		}
		var log bytes.Buffer
		if err := applog.Copy(t.Context(), docker, part.ID, applog.Options{}, &log, &log); err != nil {
			t.Fatal(err)
		}
		places["log of "+part.Name] = log.String()
	}
	list, err := exec.Command("ps", "axww", "-o", "args").Output()
	if err != nil {
		t.Fatal(err)
	}
	places["process list"] = string(list)
	for what, secret := range map[string]string{
		"the operator's key": strings.Split(out.Docker.Key, "\n")[1], "the daemon's key": strings.Split(m.Key(), "\n")[1], "the token": out.Server.Token,
	} {
		for place, text := range places {
			if len(secret) < 32 || text == "" || strings.Contains(text, secret) {
				t.Errorf("%s is in %s in the clear, or one of them is empty", what, place)
			}
		}
	}
}

func healthy(t *testing.T, out auto.OutputMap) {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for {
		s, err := stacks.Inspect(t.Context(), stacks.ParseOutputs(out))
		if err != nil {
			t.Fatal(err)
		}
		if s.Server.Healthy && s.Docker.Healthy && len(s.Runners) == 1 && s.Runners[0].Online {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not healthy: %+v", s)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

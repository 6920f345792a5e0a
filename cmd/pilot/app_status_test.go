package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/internal/home"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/client/servertest"
)

// A member, who has no endpoint to look at, is told why nothing happens.
func TestStatusOfAnAppSaysWhyItsJobWaits(t *testing.T) {
	s, owner := servertest.Bootstrapped(t)
	t.Setenv("PILOT_HOME", t.TempDir())
	invite, err := owner.NewInvite(t.Context(), "ada", time.Hour)
	servertest.Must(t, err)
	token, _, err := client.ConvertInvite(t.Context(), s.Config, invite)
	servertest.Must(t, err)
	h, err := home.Open()
	servertest.Must(t, err)
	servertest.Must(t, h.SaveContext(home.Context{Name: "acme", Target: "local", Address: s.Address, CA: string(s.CA), Token: token}))
	servertest.Must(t, h.UseContext("acme"))
	servertest.Must(t, owner.EnsureProject(t.Context(), client.ProjectSpec{Name: "shop", Apps: []string{"web"}}))

	// There is no runner, so the job stays queued until the test is over.
	queued, follow := make(chan struct{}, 1), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, err := owner.Up(ctx, client.JobRequest{
			Project: "shop", App: "web", Source: client.Source{URL: "https://git.invalid/shop.git", Ref: "main"},
		}, func(e client.Event) {
			if _, ok := e.(*client.Queued); ok {
				queued <- struct{}{}
			}
		})
		follow <- err
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-follow; !errors.Is(err, context.Canceled) {
			t.Errorf("up: %v", err)
		}
	})
	select {
	case <-queued:
	case err := <-follow:
		follow <- err
		t.Fatal(err)
	}

	out, errOut, code := pilotWith(t, "status", "shop/web")
	if code != 0 || !strings.Contains(out, "up queued: no runner is online") {
		t.Errorf("status: %d %s %s", code, out, errOut)
	}
	out, errOut, code = pilotWith(t, "status", "shop/web", "--json")
	var report appReport
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != 0 || len(report.Jobs) != 1 || report.Jobs[0].Waits != "no runner is online" {
		t.Errorf("status --json: %d %v %s %s", code, err, out, errOut)
	}
}

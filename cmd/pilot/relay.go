package main

import (
	"fmt"
	"strings"
	"sync"

	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
)

// relay hands a stack's events to the progress display of the moment.
type relay struct {
	mu   sync.Mutex
	show terminal.Progress
}

func (r *relay) to(p terminal.Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.show = p
}

func (r *relay) event(e infra.Event) {
	r.mu.Lock()
	show := r.show
	r.mu.Unlock()
	if show == nil {
		return
	}
	switch e := e.(type) {
	case infra.ResourceStarted:
		if !e.Planning && !hidden(e.Resource) {
			show.Start(row(e.Resource))
		}
	case infra.ResourceDone:
		if !e.Planning && !hidden(e.Resource) {
			show.Done(row(e.Resource), "")
		}
	case infra.ResourceFailed:
		show.Done(row(e.Resource), e.Err.Err.Error())
	case infra.WaitingForLock:
		show.Note(fmt.Sprintf("waiting for %s, who has had the stack's lock for %s; giving up in %s",
			e.Holder.Owner(), terminal.Elapsed(e.Age), terminal.Elapsed(e.Left)))
	case infra.ResourceSlow:
		show.Note(fmt.Sprintf("still at it (%s) after %s: %s (%s)", e.Op, terminal.Elapsed(e.Elapsed), e.Name, kindOf(e.Type)))
	case infra.CallSlow:
		show.Note(e.String())
	case infra.StateRestored:
		show.Note(e.String())
	case infra.PendingResolved:
		show.Note(e.String())
	case infra.LockTakenOver:
		show.Note(e.String())
	case infra.Download:
		if e.Done {
			show.Note("fetched " + e.Name)
		}
	case infra.Diagnostic:
		if e.Ephemeral && strings.Contains(e.URN, "::"+pilot.TypeDaemon+"::") {
			show.Note("machine: " + strings.TrimSpace(e.Message))
		}
		if e.Severity == "warning" {
			show.Note("warning: " + strings.TrimSpace(e.Message))
		}
	}
}

// hidden are rows that say nothing to people: providers and the stack itself.
func hidden(r infra.Resource) bool {
	return strings.HasPrefix(r.Type, "pulumi:providers:") || r.Type == "pulumi:pulumi:Stack"
}

func row(r infra.Resource) terminal.Row {
	return terminal.Row{ID: r.URN, Parent: r.Parent, Label: r.Name, Kind: kindOf(r.Type), Op: string(r.Op)}
}

// kindOf is the last part of a type token: Container of pilot:docker:Container.
func kindOf(typ string) string { return typ[strings.LastIndex(typ, ":")+1:] }

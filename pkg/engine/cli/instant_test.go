package cli_test

import (
	"testing"

	"github.com/pilot-framework/pilot/internal/instant"
	"github.com/pilot-framework/pilot/pkg/engine/internal/restart"
)

// TestInstantKnowsTheMarker holds the two names of one variable to each other:
// a process that is this command line must not answer as pilot.
func TestInstantKnowsTheMarker(t *testing.T) {
	if instant.EngineMarker != restart.Marker {
		t.Errorf("instant.EngineMarker is %q, want %q", instant.EngineMarker, restart.Marker)
	}
}

package daemon

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/internal/testdocker"
)

// TestCheckAPI asks daemons with several ranges. The client library itself
// would settle on a version that suits the daemon: the check must not.
func TestCheckAPI(t *testing.T) {
	for oldest, serves := range map[string]bool{"1.24": true, APIVersion: true, "1.42": false, "1.44": false} {
		s := httptest.NewServer(testdocker.Front(oldest))
		t.Cleanup(s.Close)
		err := CheckAPI(t.Context(), "tcp://"+s.Listener.Addr().String())
		var wrong *APIError
		if serves {
			if err != nil {
				t.Errorf("from %s on: %v", oldest, err)
			}
			continue
		}
		if !errors.As(err, &wrong) || !IsAPIError(err) {
			t.Errorf("from %s on: %v", oldest, err)
			continue
		}
		if wrong.Docker != testdocker.Version || wrong.Min != oldest || wrong.Max != testdocker.Newest || !strings.Contains(wrong.Said, "is too old") {
			t.Errorf("from %s on: %+v", oldest, wrong)
		}
		for _, want := range []string{oldest + " to " + testdocker.Newest + ", and deploys need " + APIVersion, "DOCKER_MIN_API_VERSION=1.24"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q is not said: %v", want, err)
			}
		}
	}
	gone := httptest.NewServer(testdocker.Front("1.24"))
	gone.Close()
	if err := CheckAPI(t.Context(), "tcp://"+gone.Listener.Addr().String()); err == nil || IsAPIError(err) {
		t.Errorf("nobody listens: %v", err)
	}
}

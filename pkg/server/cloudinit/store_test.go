package cloudinit

import (
	"net/http/httptest"
	"testing"

	"github.com/pilot-framework/pilot/internal/testcloud"
)

// store is a cloud's metadata service and secret store, on this machine.
type store struct {
	*httptest.Server
	*testcloud.Store
}

func newStore(t *testing.T, kind Store) *store {
	secret := gcpSecret
	if kind == AWSSecretsManager {
		secret = awsSecret
	}
	s := &store{Store: testcloud.NewStore(t, secret)}
	s.Server = httptest.NewServer(s.Handler())
	t.Cleanup(s.Close)
	return s
}

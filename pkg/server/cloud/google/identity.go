// Package google asks Google Cloud, with the runners' identity, for what apps
// write there.
package google

import (
	"context"
	"fmt"

	"github.com/pilot-framework/pilot/pkg/server/cloud"
	"golang.org/x/oauth2/google"
	"google.golang.org/api/option"
)

// Options are how to reach Google Cloud as the runners do: with the service
// account's key in the file that their GOOGLE_APPLICATION_CREDENTIALS names. Where
// they have none it is the caller's own way, as of every Google tool. The error is
// [cloud.ErrNoIdentity] when there is none either. Scopes are OAuth scopes.
func Options(ctx context.Context, runners cloud.Identity, scopes ...string) ([]option.ClientOption, error) {
	if key := runners.File("GOOGLE_APPLICATION_CREDENTIALS"); key != "" {
		account, err := google.JWTConfigFromJSON([]byte(key), scopes...)
		if err != nil {
			return nil, fmt.Errorf("google cloud: the runners' credentials are not the key of a service account: %w", err)
		}
		return []option.ClientOption{option.WithTokenSource(account.TokenSource(ctx))}, nil
	}
	own, err := google.FindDefaultCredentials(ctx, scopes...)
	if err != nil {
		return nil, fmt.Errorf("google cloud: %w (%w)", cloud.ErrNoIdentity, err)
	}
	return []option.ClientOption{option.WithCredentials(own)}, nil
}

package google_test

import (
	"context"
	"fmt"

	"github.com/pilot-framework/pilot/pkg/server/cloud"
	"github.com/pilot-framework/pilot/pkg/server/cloud/google"
)

// The runners' key is what Google Cloud is asked with.
func ExampleOptions() {
	runners := cloud.Identity{
		Variables: map[string]string{"GOOGLE_APPLICATION_CREDENTIALS": "/dev/shm/key.json"},
		Files:     map[string]string{"/dev/shm/key.json": `{"type": "service_account", "client_email": "runners@acme.iam.gserviceaccount.com"}`},
	}
	options, err := google.Options(context.Background(), runners, google.LogScope)
	fmt.Println(len(options) > 0, err)
	// Output: true <nil>
}

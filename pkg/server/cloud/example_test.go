package cloud_test

import (
	"context"
	"fmt"
	"time"

	"github.com/pilot-framework/pilot/pkg/server/cloud"
)

// A fetch is all that a cloud has to bring; choosing and following is the same for all.
func ExampleRead() {
	began := time.Now().Add(-time.Minute)
	fetch := func(context.Context, time.Time) ([]cloud.Entry, error) {
		return []cloud.Entry{
			{ID: "1", At: began, Text: "listening"},
			{ID: "2", At: began.Add(time.Second), Text: "GET /"},
		}, nil
	}
	err := cloud.Read(context.Background(), fetch, cloud.LogOptions{Tail: 1}, func(e cloud.Entry) error {
		fmt.Println(e.Text)
		return nil
	})
	fmt.Println(err)
	// Output:
	// GET /
	// <nil>
}

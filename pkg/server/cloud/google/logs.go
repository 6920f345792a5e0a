package google

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/cloud"
	"google.golang.org/api/logging/v2"
	"google.golang.org/api/option"
)

// LogScope is the OAuth scope that [Logs] takes.
const LogScope = logging.LoggingReadScope

const (
	stdout = "run.googleapis.com/stdout"
	stderr = "run.googleapis.com/stderr"
	// pageSize is the most entries that one answer has (API reference,
	// entries.list).
	pageSize = 1000
)

// Logs reads what a deployment on google-cloud-run wrote, from Cloud Logging. It
// takes the permission logging.logEntries.list on the project.
func Logs(ctx context.Context, place client.Place, opts cloud.LogOptions, emit func(cloud.Entry) error, to ...option.ClientOption) error {
	if place.Target != "google-cloud-run" || place.Service == "" || place.Project == "" {
		return fmt.Errorf("%s: its record does not tell where the deployment is", place.Target)
	}
	api, err := logging.NewService(ctx, to...)
	if err != nil {
		return fmt.Errorf("connect to Cloud Logging: %w", err)
	}
	fetch := func(ctx context.Context, from time.Time) ([]cloud.Entry, error) {
		return entries(ctx, api, place, from)
	}
	return cloud.Read(ctx, fetch, opts, emit)
}

// filter is what Cloud Run calls the output of a revision.
func filter(place client.Place, from time.Time) string {
	terms := []string{
		`resource.type="cloud_run_revision"`,
		fmt.Sprintf("resource.labels.service_name=%q", place.Service),
		fmt.Sprintf("(log_id(%q) OR log_id(%q))", stdout, stderr),
	}
	if place.Region != "" {
		terms = append(terms, fmt.Sprintf("resource.labels.location=%q", place.Region))
	}
	if place.Revision != "" {
		terms = append(terms, fmt.Sprintf("resource.labels.revision_name=%q", place.Revision))
	}
	// Without a time the service looks back one day only.
	return strings.Join(append(terms, fmt.Sprintf("timestamp>=%q", from.UTC().Format(time.RFC3339Nano))), " AND ")
}

func entries(ctx context.Context, api *logging.Service, place client.Place, from time.Time) ([]cloud.Entry, error) {
	var out []cloud.Entry
	request := &logging.ListLogEntriesRequest{
		ResourceNames: []string{"projects/" + place.Project}, Filter: filter(place, from),
		OrderBy: "timestamp asc", PageSize: pageSize,
	}
	err := api.Entries.List(request).Pages(ctx, func(page *logging.ListLogEntriesResponse) error {
		for _, e := range page.Entries {
			at, err := time.Parse(time.RFC3339Nano, e.Timestamp)
			if err != nil {
				return fmt.Errorf("the time of an entry: %w", err)
			}
			out = append(out, cloud.Entry{
				ID: e.Timestamp + " " + e.InsertId, At: at, Text: text(e),
				Stderr: strings.HasSuffix(e.LogName, strings.ReplaceAll(stderr, "/", "%2F")),
			})
		}
		return nil
	})
	if err != nil && !errors.Is(err, ctx.Err()) {
		err = fmt.Errorf("read the log of %s in the project %s: %w", place.Service, place.Project, err)
	}
	return out, err
}

// text is the entry as the app wrote it; what it wrote as JSON stays that.
func text(e *logging.LogEntry) string {
	if e.TextPayload != "" || len(e.JsonPayload) == 0 {
		return strings.TrimRight(e.TextPayload, "\r\n")
	}
	var line bytes.Buffer
	if json.Compact(&line, e.JsonPayload) != nil {
		return string(e.JsonPayload)
	}
	return line.String()
}

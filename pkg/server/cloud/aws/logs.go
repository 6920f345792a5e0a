package aws

import (
	"context"
	"fmt"
	"strings"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/cloud"
)

// Logs reads what a deployment on aws-ecs or aws-lambda wrote, from CloudWatch
// Logs. It takes the permission logs:FilterLogEvents on the log group, and for ECS
// ecs:DescribeTaskDefinition.
func Logs(ctx context.Context, cfg awssdk.Config, place client.Place, opts cloud.LogOptions, emit func(cloud.Entry) error) error {
	s, err := streamsOf(ctx, cfg, place)
	if err != nil {
		return err
	}
	cfg.Region = s.region
	api := cloudwatchlogs.NewFromConfig(cfg)
	fetch := func(ctx context.Context, from time.Time) ([]cloud.Entry, error) { return s.entries(ctx, api, from) }
	return cloud.Read(ctx, fetch, opts, emit)
}

// streams are those of one deployment in a log group: their names begin with
// prefix and hold part.
type streams struct {
	region, group, prefix, part string
}

// streamsOf finds the streams. The deploy engine has ECS name them PREFIX/APP/TASK,
// with a prefix of each deployment's own in its task definition; Lambda names them
// YYYY/MM/DD/[VERSION]ID.
func streamsOf(ctx context.Context, cfg awssdk.Config, place client.Place) (streams, error) {
	switch {
	case place.Target == "aws-lambda" && place.Service != "":
		s := streams{region: place.Region, group: "/aws/lambda/" + place.Service}
		if place.Revision != "" {
			s.part = "/[" + place.Revision + "]"
		}
		return s, nil
	case place.Target == "aws-ecs" && place.TaskDefinition != "":
		return streamsOfTask(ctx, ecs.NewFromConfig(cfg), place)
	}
	return streams{}, fmt.Errorf("%s: its record does not tell where the deployment is", place.Target)
}

func streamsOfTask(ctx context.Context, api *ecs.Client, place client.Place) (streams, error) {
	found, err := api.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: &place.TaskDefinition})
	if err != nil {
		return streams{}, fmt.Errorf("look up the task definition %s: %w", place.TaskDefinition, err)
	}
	for _, c := range found.TaskDefinition.ContainerDefinitions {
		if awssdk.ToString(c.Name) != place.App || c.LogConfiguration == nil {
			continue
		}
		o := c.LogConfiguration.Options
		s := streams{region: o["awslogs-region"], group: o["awslogs-group"]}
		if s.group == "" {
			return s, fmt.Errorf("%s: the container %s logs to %s, not to CloudWatch Logs", place.TaskDefinition, place.App, c.LogConfiguration.LogDriver)
		}
		if s.region == "" {
			s.region = place.Region
		}
		if prefix := o["awslogs-stream-prefix"]; prefix != "" {
			s.prefix = prefix + "/" + place.App + "/"
		}
		return s, nil
	}
	return streams{}, fmt.Errorf("%s: it has no container %s that writes a log", place.TaskDefinition, place.App)
}

// entries reads all of them from a time on, page by page.
func (s streams) entries(ctx context.Context, api *cloudwatchlogs.Client, from time.Time) ([]cloud.Entry, error) {
	in := &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &s.group}
	if s.prefix != "" {
		in.LogStreamNamePrefix = &s.prefix
	}
	if !from.IsZero() {
		in.StartTime = awssdk.Int64(from.UnixMilli())
	}
	var out []cloud.Entry
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(api, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if is(err, "ResourceNotFoundException") {
			return nil, fmt.Errorf("%w: there is no log group %s in %s", cloud.ErrNoLogs, s.group, s.region)
		}
		if err != nil {
			return nil, fmt.Errorf("read the log group %s in %s: %w", s.group, s.region, err)
		}
		for _, e := range page.Events {
			stream := awssdk.ToString(e.LogStreamName)
			if !strings.Contains(stream, s.part) {
				continue
			}
			out = append(out, cloud.Entry{
				ID: stream + " " + awssdk.ToString(e.EventId), At: time.UnixMilli(awssdk.ToInt64(e.Timestamp)),
				Text: strings.TrimRight(awssdk.ToString(e.Message), "\r\n"),
			})
		}
	}
	return out, nil
}

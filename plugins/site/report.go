package site

import (
	"fmt"
	"time"

	"github.com/hashicorp/waypoint-plugin-sdk/component"
	pb "github.com/hashicorp/waypoint-plugin-sdk/proto/gen"
	"github.com/hashicorp/waypoint-plugin-sdk/terminal"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Owner names the app in a workspace, as buckets are marked with.
func Owner(job *component.JobInfo) string {
	return job.Project + "/" + job.App + "/" + job.Workspace
}

// Steps shows what is being done, one line after the other.
type Steps struct {
	group terminal.StepGroup
	step  terminal.Step
	ended bool
}

// NewSteps starts to show steps. Close it before anything else is shown.
func NewSteps(ui terminal.UI) *Steps { return &Steps{group: ui.StepGroup()} }

// Say ends the step before and starts another one.
func (s *Steps) Say(format string, args ...any) {
	s.Done()
	s.step = s.group.Add(format, args...)
}

// Update changes the words of the step.
func (s *Steps) Update(format string, args ...any) {
	if s.step != nil {
		s.step.Update(format, args...)
	}
}

// Done ends the step.
func (s *Steps) Done() {
	if s.step != nil {
		s.step.Done()
		s.step = nil
	}
}

// Close ends the steps. The last one failed, unless Done was called.
func (s *Steps) Close() {
	if s.ended {
		return
	}
	s.ended = true
	if s.step != nil {
		s.step.Status(terminal.StatusError)
		s.step.Abort()
		s.step = nil
	}
	s.group.Wait()
}

// showEvery keeps a log that is not a terminal readable.
const showEvery = 500 * time.Millisecond

// Show is a Progress callback that updates the step.
func (s *Steps) Show(bucket string) func(Progress) {
	var last time.Time
	return func(p Progress) {
		if now := time.Now(); p.Done == p.Total || now.Sub(last) >= showEvery {
			last = now
			s.Update("%s", Describe(p, bucket))
		}
	}
}

// Describe is one line about a publication.
func Describe(p Progress, bucket string) string {
	return fmt.Sprintf("%d of %d files in bucket %s: %d uploaded (%s), %d unchanged",
		p.Done, p.Total, bucket, p.Uploaded, Size(p.Bytes), p.Copied)
}

// Size writes a number of bytes for people.
func Size(n int64) string {
	const unit = 1 << 10
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	f, prefix := float64(n)/unit, 0
	for ; f >= unit && prefix < 3; prefix++ {
		f /= unit
	}
	return fmt.Sprintf("%.1f %ciB", f, "KMGT"[prefix])
}

// Report is a status report on the one resource that a deployment or a release
// is.
func Report(health pb.StatusReport_Health, message string, resource *pb.StatusReport_Resource) *pb.StatusReport {
	resource.Health, resource.HealthMessage = health, message
	return &pb.StatusReport{
		Health: health, HealthMessage: message, GeneratedTime: timestamppb.Now(), External: true,
		Resources: []*pb.StatusReport_Resource{resource},
	}
}

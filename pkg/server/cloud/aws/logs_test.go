package aws

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/cloud"
	"github.com/sivchari/kumo"
)

const account = "123456789012"

// rig is an emulator of AWS. It knows no DescribeTaskDefinition, which is answered
// in front of it, as the deploy engine has ECS register the task.
type rig struct {
	url string
	mu  sync.Mutex
	// logging are the options of the container's log.
	logging map[string]string
	// keys are the access keys that requests came with.
	keys map[string]bool
	// bodies are the newest request of each operation.
	bodies map[string]string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	emulator := kumo.NewServer()
	t.Cleanup(emulator.Close)
	target, err := url.Parse(emulator.URL)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{keys: map[string]bool{}, bodies: map[string]string{}, logging: map[string]string{
		"awslogs-region": "eu-west-1", "awslogs-group": "waypoint-logs", "awslogs-stream-prefix": "waypoint-42",
	}}
	proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(target); p.Out.Host = p.In.Host }}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, in *http.Request) {
		_, credential, _ := strings.Cut(in.Header.Get("Authorization"), "Credential=")
		id, _, _ := strings.Cut(credential, "/")
		r.mu.Lock()
		r.keys[id] = true
		body, _ := io.ReadAll(in.Body)
		in.Body = io.NopCloser(bytes.NewReader(body))
		r.bodies[in.Header.Get("X-Amz-Target")] = string(body)
		r.mu.Unlock()
		if in.Header.Get("X-Amz-Target") == "AmazonEC2ContainerServiceV20141113.DescribeTaskDefinition" {
			r.describe(w, in)
			return
		}
		proxy.ServeHTTP(w, in)
	}))
	t.Cleanup(front.Close)
	r.url = front.URL
	return r
}

func (r *rig) describe(w http.ResponseWriter, in *http.Request) {
	body, _ := io.ReadAll(in.Body)
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if !strings.Contains(string(body), "task-definition/waypoint-web:7") {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"ClientException","message":"Unable to describe task definition."}`)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"taskDefinition": map[string]any{"containerDefinitions": []any{
		map[string]any{"name": "sidecar"},
		map[string]any{"name": "web", "logConfiguration": map[string]any{"logDriver": "awslogs", "options": r.logging}},
	}}})
}

func (r *rig) runners() cloud.Identity {
	return cloud.Identity{Variables: map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIARUNNER", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL": r.url,
	}}
}

func (r *rig) config(t *testing.T) awssdk.Config {
	t.Helper()
	cfg, err := Config(t.Context(), r.runners(), "eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// write is what ECS or Lambda does with an app's output.
func write(t *testing.T, cfg awssdk.Config, group, stream, text string, ago time.Duration) {
	t.Helper()
	api := cloudwatchlogs.NewFromConfig(cfg)
	_, err := api.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &group})
	if err != nil && !is(err, "ResourceAlreadyExistsException") {
		t.Fatal(err)
	}
	_, err = api.CreateLogStream(t.Context(), &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream})
	if err != nil && !is(err, "ResourceAlreadyExistsException") {
		t.Fatal(err)
	}
	_, err = api.PutLogEvents(t.Context(), &cloudwatchlogs.PutLogEventsInput{
		LogGroupName: &group, LogStreamName: &stream,
		LogEvents: []types.InputLogEvent{{Message: &text, Timestamp: awssdk.Int64(time.Now().Add(-ago).UnixMilli())}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

var service = client.Place{Target: "aws-ecs", App: "web", Region: "eu-west-1", TaskDefinition: "arn:aws:ecs:eu-west-1:" + account + ":task-definition/waypoint-web:7"}

// function is one of its own: all emulators of a process share what is in them.
func function(name string) client.Place {
	return client.Place{Target: "aws-lambda", App: name, Region: "eu-west-1", Service: name, Revision: "2"}
}

func lines(t *testing.T, cfg awssdk.Config, place client.Place, opts cloud.LogOptions) string {
	t.Helper()
	var got []string
	err := Logs(t.Context(), cfg, place, opts, func(e cloud.Entry) error {
		got = append(got, e.Text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(got, "|")
}

func TestLogsOfATask(t *testing.T) {
	r := newRig(t)
	cfg := r.config(t)
	write(t, cfg, "waypoint-logs", "waypoint-41/web/a", "another deployment", time.Minute)
	write(t, cfg, "waypoint-logs", "waypoint-42/web/a", "starting\n", 2*time.Hour)
	write(t, cfg, "waypoint-logs", "waypoint-42/web/b", "serving", time.Minute)
	write(t, cfg, "waypoint-logs", "waypoint-42/worker/b", "another app", time.Minute)
	if got := lines(t, cfg, service, cloud.LogOptions{}); got != "starting|serving" {
		t.Errorf("got %q", got)
	}
	if got := lines(t, cfg, service, cloud.LogOptions{Since: time.Hour}); got != "serving" {
		t.Errorf("of the last hour: %q", got)
	}
	if len(r.keys) != 1 || !r.keys["AKIARUNNER"] {
		t.Errorf("asked with %v", r.keys)
	}
}

func TestLogsOfAFunction(t *testing.T) {
	r := newRig(t)
	cfg := r.config(t)
	write(t, cfg, "/aws/lambda/web", "2026/11/24/[1]aa", "version 1", time.Minute)
	write(t, cfg, "/aws/lambda/web", "2026/11/25/[2]bb", "version 2", time.Minute)
	write(t, cfg, "/aws/lambda/web", "2026/11/25/[22]cc", "version 22", time.Minute)
	if got := lines(t, cfg, function("web"), cloud.LogOptions{}); got != "version 2" {
		t.Errorf("got %q", got)
	}
}

func TestLogsFollow(t *testing.T) {
	r := newRig(t)
	cfg := r.config(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	// The group is made with the first line.
	time.AfterFunc(20*time.Millisecond, func() { write(t, cfg, "/aws/lambda/follow", "2026/11/25/[2]bb", "one", 0) })
	var got []string
	err := Logs(ctx, cfg, function("follow"), cloud.LogOptions{Follow: true, Every: time.Millisecond}, func(e cloud.Entry) error {
		got = append(got, e.Text)
		if len(got) == 1 {
			write(t, cfg, "/aws/lambda/follow", "2026/11/25/[2]bb", "two", 0)
		} else {
			cancel()
		}
		return nil
	})
	if err != nil || fmt.Sprint(got) != "[one two]" {
		t.Errorf("%v, %v", got, err)
	}
}

func TestLogsSayWhatIsMissing(t *testing.T) {
	r := newRig(t)
	cfg := r.config(t)
	err := Logs(t.Context(), cfg, function("silent"), cloud.LogOptions{}, nil)
	if !errors.Is(err, cloud.ErrNoLogs) || !strings.Contains(err.Error(), "/aws/lambda/silent in eu-west-1") {
		t.Errorf("without a group: %v", err)
	}
	gone := service
	gone.TaskDefinition = strings.TrimSuffix(service.TaskDefinition, "7") + "8"
	if err := Logs(t.Context(), cfg, gone, cloud.LogOptions{}, nil); err == nil || !strings.Contains(err.Error(), gone.TaskDefinition) {
		t.Errorf("without a task definition: %v", err)
	}
	r.logging = map[string]string{"splunk-url": "x"}
	if err := Logs(t.Context(), cfg, service, cloud.LogOptions{}, nil); err == nil || !strings.Contains(err.Error(), "not to CloudWatch Logs") {
		t.Errorf("another log driver: %v", err)
	}
	if err := Logs(t.Context(), cfg, client.Place{Target: "aws-ecs"}, cloud.LogOptions{}, nil); err == nil {
		t.Error("a deployment without a place has logs")
	}
}

func TestConfigIsTheRunners(t *testing.T) {
	for _, k := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"} {
		t.Setenv(k, "")
		os.Unsetenv(k)
	}
	for k, v := range map[string]string{
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(k, v)
	}
	if _, err := Config(t.Context(), cloud.Identity{}, "eu-west-1"); !errors.Is(err, cloud.ErrNoIdentity) {
		t.Errorf("without credentials: %v", err)
	}
	if _, err := Config(t.Context(), cloud.Identity{}, ""); err == nil {
		t.Error("a region is not wanted")
	}
	// As pilot configure writes them.
	r := newRig(t)
	runners := cloud.Identity{
		Variables: map[string]string{
			"AWS_SHARED_CREDENTIALS_FILE": "/dev/shm/keys", "AWS_CONFIG_FILE": "/dev/shm/config", "AWS_ENDPOINT_URL": r.url,
		},
		Files: map[string]string{
			"/dev/shm/keys":   "[pilot-runner]\naws_access_key_id = AKIAPILOT\naws_secret_access_key = s=cret\n",
			"/dev/shm/config": "[default]\nregion = eu-west-1\nrole_arn = arn:aws:iam::" + account + ":role/deploy\nsource_profile = pilot-runner\n",
		},
	}
	cfg, err := Config(t.Context(), runners, "eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	took, err := cfg.Credentials.Retrieve(t.Context())
	if err != nil || took.AccessKeyID == "AKIAPILOT" || took.SessionToken == "" {
		t.Errorf("the role's credentials: %s, %v", took.AccessKeyID, err)
	}
	if !r.keys["AKIAPILOT"] {
		t.Errorf("the role was taken on with %v", r.keys)
	}
	runners.Files["/dev/shm/keys"] = ""
	if _, err := Config(t.Context(), runners, "eu-west-1"); err == nil || errors.Is(err, cloud.ErrNoIdentity) {
		t.Errorf("a role without a key: %v", err)
	}
	runners.Files["/dev/shm/config"] = "[default]\naws_access_key_id = AKIAPLAIN\naws_secret_access_key = x\n"
	cfg, err = Config(t.Context(), runners, "eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := cfg.Credentials.Retrieve(t.Context()); err != nil || plain.AccessKeyID != "AKIAPLAIN" {
		t.Errorf("a key alone: %s, %v", plain.AccessKeyID, err)
	}
}

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	pb "github.com/hashicorp/waypoint/pkg/server/gen"
	"github.com/pilot-framework/pilot/internal/home"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/client/servertest"
	"github.com/pilot-framework/pilot/pkg/server/cloud"
	"github.com/pilot-framework/pilot/pkg/server/cloud/aws"
	"github.com/sivchari/kumo"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
)

// engineOf is the deploy engine's own API of a server, with which the test records
// deployments as the plugins do.
func engineOf(t *testing.T, s *servertest.Server) (pb.WaypointClient, context.Context) {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s.CA)
	host, _, err := net.SplitHostPort(s.Address)
	servertest.Must(t, err)
	dialer := &tls.Dialer{Config: &tls.Config{RootCAs: pool, ServerName: host, MinVersion: tls.VersionTLS12}}
	conn, err := grpc.NewClient("passthrough:///"+s.Address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, addr string) (net.Conn, error) { return dialer.DialContext(ctx, "tcp", addr) }))
	servertest.Must(t, err)
	t.Cleanup(func() { conn.Close() })
	return pb.NewWaypointClient(conn), metadata.AppendToOutgoingContext(servertest.Timeout(t, time.Minute),
		"authorization", s.Token, "client-api-protocol", "1,1", "client-entrypoint-protocol", "1,1", "client-version", "v0.11.4")
}

// record is a deployment of shop/APP as its target's plugin records it.
func record(ctx context.Context, t *testing.T, api pb.WaypointClient, app, target, json string) {
	t.Helper()
	of, in := &pb.Ref_Application{Project: "shop", Application: app}, &pb.Ref_Workspace{Workspace: "default"}
	done := &pb.Status{State: pb.Status_SUCCESS}
	pushed, err := api.UpsertPushedArtifact(ctx, &pb.UpsertPushedArtifactRequest{Artifact: &pb.PushedArtifact{
		Application: of, Workspace: in, Status: done, Component: &pb.Component{Type: pb.Component_REGISTRY, Name: "aws-ecr"},
	}})
	servertest.Must(t, err)
	_, err = api.UpsertDeployment(ctx, &pb.UpsertDeploymentRequest{Deployment: &pb.Deployment{
		Application: of, Workspace: in, State: pb.Operation_CREATED, Status: done, ArtifactId: pushed.GetArtifact().GetId(),
		Component: &pb.Component{Type: pb.Component_PLATFORM, Name: target}, DeploymentJson: json,
	}})
	servertest.Must(t, err)
}

// pilotWith runs a command in this process and returns what it printed and its code.
func pilotWith(t *testing.T, args ...string) (out, errOut string, code int) {
	t.Helper()
	dir := t.TempDir()
	file := func(name string) *os.File {
		f, err := os.Create(filepath.Join(dir, name))
		servertest.Must(t, err)
		t.Cleanup(func() { f.Close() })
		return f
	}
	to, errTo := file("out"), file("err")
	code = run(append([]string{"pilot"}, args...), file("in"), to, errTo)
	read := func(f *os.File) string {
		text, err := os.ReadFile(f.Name())
		servertest.Must(t, err)
		return string(text)
	}
	return read(to), read(errTo), code
}

// Somebody with a token alone reads the output of an app in AWS: the emulator gets
// the runners' key.
func TestLogsOfAnAppInTheCloud(t *testing.T) {
	s, c := servertest.Bootstrapped(t)
	api, ctx := engineOf(t, s)
	t.Setenv("PILOT_HOME", t.TempDir())
	for _, k := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"} {
		t.Setenv(k, "")
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	h, err := home.Open()
	servertest.Must(t, err)
	servertest.Must(t, h.SaveContext(home.Context{Name: "acme", Target: "aws", Address: s.Address, CA: string(s.CA), Token: s.Token}))
	servertest.Must(t, h.UseContext("acme"))
	servertest.Must(t, c.EnsureProject(t.Context(), client.ProjectSpec{Name: "shop", Apps: []string{"fn", "site", "vm"}}))
	record(ctx, t, api, "fn", "aws-lambda", `{"region":"eu-west-1","funcArn":"arn:aws:lambda:eu-west-1:123456789012:function:fn","version":"3"}`)
	record(ctx, t, api, "site", "pilot-cloudfront", "{}")
	record(ctx, t, api, "vm", "aws-ec2", "{}")

	_, errOut, code := pilotWith(t, "logs", "shop/fn")
	if code != exitFailure || !strings.Contains(errOut, cloud.ErrNoIdentity.Error()) {
		t.Errorf("without credentials: %d %s", code, errOut)
	}

	emulator := kumo.NewServer()
	t.Cleanup(emulator.Close)
	key := map[string]string{"AWS_ACCESS_KEY_ID": "AKIARUNNER", "AWS_SECRET_ACCESS_KEY": "the-runners-secret-key", "AWS_ENDPOINT_URL": emulator.URL}
	variables := map[string]client.Secret{}
	for name, value := range key {
		variables[name] = client.Secret(value)
	}
	servertest.Must(t, c.SetRunnerConfig(t.Context(), client.RunnerConfig{Variables: variables}))
	cfg, err := aws.Config(t.Context(), cloud.Identity{Variables: key}, "eu-west-1")
	servertest.Must(t, err)
	writeLog(t, cfg, "/aws/lambda/fn", "2026/11/25/[3]ab", "one", "two", "three")

	out, errOut, code := pilotWith(t, "logs", "shop/fn", "--tail", "2")
	if code != 0 || out != "two\nthree\n" {
		t.Errorf("logs: %d %q %s", code, out, errOut)
	}
	out, _, _ = pilotWith(t, "logs", "shop/fn", "--timestamps", "--since", "10m")
	if lines := strings.Split(strings.TrimSpace(out), "\n"); len(lines) != 3 || !strings.HasSuffix(lines[0], "Z one") {
		t.Errorf("logs --timestamps: %q", out)
	}
	for app, why := range map[string]string{"site": "writes nothing", "vm": "log agent"} {
		if _, errOut, code := pilotWith(t, "logs", "shop/"+app); code != exitFailure || !strings.Contains(errOut, why) {
			t.Errorf("logs of %s: %d %s", app, code, errOut)
		}
	}
	for app, why := range map[string]string{"fn": "nobody into it", "site": "no program", "vm": "ssh"} {
		if _, errOut, code := pilotWith(t, "exec", "shop/"+app, "--", "env"); code != exitFailure || !strings.Contains(errOut, why) {
			t.Errorf("exec in %s: %d %s", app, code, errOut)
		}
	}
	out, errOut, code = pilotWith(t, "status", "shop/fn")
	if code != 0 || !strings.Contains(out, "running, deployment 1") {
		t.Errorf("status: %d %s %s", code, out, errOut)
	}
	if strings.Contains(out+errOut, "the-runners-secret-key") {
		t.Error("the runners' key is shown")
	}
}

func writeLog(t *testing.T, cfg awssdk.Config, group, stream string, lines ...string) {
	t.Helper()
	api := cloudwatchlogs.NewFromConfig(cfg)
	_, err := api.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &group})
	servertest.Must(t, err)
	_, err = api.CreateLogStream(t.Context(), &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream})
	servertest.Must(t, err)
	in := &cloudwatchlogs.PutLogEventsInput{LogGroupName: &group, LogStreamName: &stream}
	for i, line := range lines {
		at := time.Now().Add(time.Duration(i-len(lines)) * time.Second).UnixMilli()
		in.LogEvents = append(in.LogEvents, types.InputLogEvent{Message: awssdk.String(line), Timestamp: &at})
	}
	_, err = api.PutLogEvents(t.Context(), in)
	servertest.Must(t, err)
}

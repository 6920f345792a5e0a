package yarn

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sivchari/kumo"

	"github.com/pilot-framework/pilot/pkg/appconfig"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/client/servertest"
	"github.com/pilot-framework/pilot/plugins/site/sitetest"
)

// TestExampleSiteOnCloudFront takes examples/site, with its own app file, through
// both plugins in the real deploy engine, to an emulated cloud.
func TestExampleSiteOnCloudFront(t *testing.T) {
	cloud := kumo.NewServer()
	t.Cleanup(cloud.Close)
	t.Setenv("KUMO_S3_BACKEND", cloud.URL)
	server, c := servertest.Bootstrapped(t)
	s := &realSite{Client: c, receiver: server.StartReceiver(t, server.Token), dir: exampleSite(t)}
	s.project = newJob(t, s.dir).Project
	server.StartRunnerWith(t, c, servertest.RunnerOptions{
		ID: "runner-1", Concurrency: 1,
		Plugins: sitetest.Plugins(t, "pilot-yarn", "pilot-cloudfront"),
		Env: []string{
			"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_EC2_METADATA_DISABLED=true",
			"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
		},
	})
	ctx := servertest.Timeout(t, 5*time.Minute)
	servertest.Must(t, c.EnsureProject(ctx, client.ProjectSpec{Name: s.project, Apps: []string{"web"}}))
	file := filepath.Join(s.dir, "waypoint.hcl")
	text, err := os.ReadFile(file)
	servertest.Must(t, err)
	parsed, err := appconfig.Parse(text, appconfig.FileName)
	servertest.Must(t, err)
	servertest.Must(t, parsed.Validate())
	servertest.Must(t, os.WriteFile(file, []byte(strings.Replace(string(text), `project = "site"`, `project = "`+s.project+`"`, 1)), 0o600))

	for _, title := range []string{"A site on Pilot", "A changed site"} {
		servertest.Must(t, replace(filepath.Join(s.dir, "build.js"), "A site on Pilot", title))
		job := s.job(t)
		job.Variables = map[string]string{"bucket": s.project, "endpoint": cloud.URL}
		var show shown
		result, err := c.Up(ctx, job, show.add)
		if err != nil {
			t.Fatalf("%v\n%s", err, show.String())
		}
		distribution, _, _ := strings.Cut(strings.TrimPrefix(result.URL, "https://"), ".")
		edge := cloud.URL + "/kumo/cdn/" + distribution
		code, page := get(t, edge+"/index.html")
		if code != http.StatusOK || !strings.Contains(page, "<title>"+title+"</title>") {
			t.Fatalf("%s answers %d %s\n%s", result.URL, code, page, show.String())
		}
		script := regexp.MustCompile(`/assets/app\.[0-9a-f]{8}\.js`).FindString(page)
		if code, text := get(t, edge+script); code != http.StatusOK || !strings.Contains(text, "history.pushState") {
			t.Errorf("the page's script %q: %d %s", script, code, text)
		}
	}
}

func replace(file, from, to string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(strings.Replace(string(text), from, to, 1)), 0o600)
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	servertest.Must(t, err)
	req.Header.Set("Cache-Control", "no-store")
	res, err := http.DefaultClient.Do(req)
	servertest.Must(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	servertest.Must(t, err)
	return res.StatusCode, string(body)
}

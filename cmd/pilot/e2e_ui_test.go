package main

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// browse opens what "pilot ui" gives in a real browser, wants it logged in, and
// looks for the project and its deployment. The screenshot is kept in the folder
// that PILOT_TEST_ARTIFACTS names.
func (p *platform) browse(project, app string) {
	p.t.Helper()
	address := strings.TrimSpace(p.run("ui", "--url"))
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Hostname() != "127.0.0.1" || u.Query().Get("token") == "" {
		p.t.Fatalf("pilot ui --url: %q", address)
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.WindowSize(1280, 800),
		// The authority is the stack's own; that its certificate is good is
		// tested where the command line connects.
		chromedp.Flag("ignore-certificate-errors", true))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, 90*time.Second)
	defer cancel()

	base := u.Scheme + "://" + u.Host
	var where, page string
	var shot []byte
	seen := func(text string) chromedp.Action {
		return chromedp.Poll("document.body && document.body.innerText.includes("+quoted(text)+")", nil, chromedp.WithPollingTimeout(30*time.Second))
	}
	steps := []struct {
		what   string
		action chromedp.Action
	}{
		{"open the address", chromedp.Navigate(address)},
		{"be logged in", seen("Logout")},
		{"see the project", seen(project)},
		{"open the app's deployments", chromedp.Navigate(base + "/default/" + project + "/app/" + app + "/deployments")},
		{"see the app", seen(app)},
		{"see the deployment", chromedp.Poll(`/\bv[12]\b/.test(document.body.innerText)`, nil, chromedp.WithPollingTimeout(30*time.Second))},
		{"read the page", chromedp.Text("body", &page)},
		{"read the address", chromedp.Location(&where)},
		{"take a screenshot", chromedp.CaptureScreenshot(&shot)},
	}
	for _, step := range steps {
		if err := chromedp.Run(ctx, step.action); err != nil {
			_ = chromedp.Run(ctx, chromedp.Text("body", &page), chromedp.Location(&where))
			p.t.Fatalf("%s in the web interface: %v\nat %s:\n%s", step.what, err, where, page)
		}
	}
	if strings.Contains(where, "/auth") {
		p.t.Errorf("the web interface asks for a log-in at %s:\n%s", where, page)
	}
	p.artifact("ui.png", shot)
}

// artifact keeps a file of the test where it was asked for.
func (p *platform) artifact(name string, data []byte) {
	p.t.Helper()
	dir := os.Getenv("PILOT_TEST_ARTIFACTS")
	if dir == "" {
		dir = p.t.TempDir()
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
		p.t.Fatal(err)
	}
	p.t.Logf("%s: %d bytes in %s", name, len(data), dir)
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `\'`) + "'" }

package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// appNames are unique on this machine's Docker, where apps share one network.
const (
	goApp   = "e2e-apps-api"
	nodeApp = "e2e-apps-node"
	site    = "e2e-apps-site"
)

// threeApps writes a project of a Go app, a Node app and a static site, each in a
// folder of its own.
func (p *platform) threeApps() {
	p.t.Helper()
	for _, dir := range []string{"api", "node", "site/public"} {
		if err := os.MkdirAll(filepath.Join(p.dir, dir), 0o755); err != nil {
			p.t.Fatal(err)
		}
	}
	p.write(".gitignore", "home\n")
	p.goSource("one")
	p.write("api/go.mod", "module example.com/api\n\ngo 1.21\n")
	p.goDockerfile()
	server := `const http = require("http"), fs = require("fs");
const page = fs.existsSync("public/index.html") ? fs.readFileSync("public/index.html", "utf8") : null;
http.createServer((_, res) => res.end(page || "node " + process.version.split(".")[0])).listen(process.env.PORT);
console.log("listening");
`
	for _, dir := range []string{"node", "site"} {
		p.write(dir+"/server.js", server)
		p.write(dir+"/package.json", `{"name": "app", "scripts": {"start": "node server.js"}}`)
		p.write(dir+"/Dockerfile", "FROM pilot-node:18\nWORKDIR /app\nCOPY . .\nENTRYPOINT [\"node\", \"server.js\"]\n")
	}
	p.write("site/public/index.html", "<h1>a site</h1>\n")
	p.run("new", "project", "e2e-three")
	p.run("new", "app", goApp, "--path", "api")
	p.run("new", "app", nodeApp, "--path", "node")
	p.run("new", "app", site, "--path", "site")
}

func (p *platform) goSource(greeting string) {
	p.write("api/main.go", fmt.Sprintf(`package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	if len(os.Args) > 1 {
		fmt.Println("told", os.Args[1:], os.Getenv("MODE"))
		os.Exit(7)
	}
	fmt.Println("the api begins")
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "%%s mode=%%s key=%%s", %q, os.Getenv("MODE"), os.Getenv("API_KEY"))
	})
	panic(http.ListenAndServe(":"+os.Getenv("PORT"), nil))
}
`, greeting))
}

func (p *platform) goDockerfile() {
	p.write("api/Dockerfile", "FROM pilot-go:1.26 AS build\nWORKDIR /src\nRUN [\"go\", \"build\", \"net/http\"]\nCOPY . .\nRUN [\"go\", \"build\", \"-o\", \"/api\", \".\"]\n"+
		"FROM scratch\nCOPY --from=build /api /api\nEXPOSE 8080\nENTRYPOINT [\"/api\"]\n")
}

var lastURL = regexp.MustCompile(`http://127\.0\.0\.1:\d+$`)

// upURL deploys an app and returns the URL at the end of the output.
func (p *platform) upURL(args ...string) string {
	p.t.Helper()
	out := strings.TrimSpace(p.run(append([]string{"up"}, args...)...))
	url := lastURL.FindString(out)
	if url == "" {
		p.t.Fatalf("up %v ended without a URL:\n%s", args, out)
	}
	return url
}

// answers waits until the URL gives this body.
func answers(t *testing.T, url, want string) {
	t.Helper()
	got := ""
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		resp, err := http.Get(url)
		if err != nil {
			continue
		}
		buf := make([]byte, 4096)
		n, _ := resp.Body.Read(buf)
		resp.Body.Close()
		if got = string(buf[:n]); strings.Contains(got, want) {
			return
		}
	}
	t.Errorf("GET %s = %q, want %q", url, got, want)
}

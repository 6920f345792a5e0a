package appconfig

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// instruction begins every line of the Dockerfiles that this package writes.
var instruction = regexp.MustCompile(`^(ARG|CMD|COPY|ENTRYPOINT|ENV|FROM|RUN|USER|WORKDIR) |^#|^$`)

// FuzzDetect looks for files that break the detection, or that get text of their
// own into what is written.
func FuzzDetect(f *testing.F) {
	f.Add([]byte("# caf\xe9 \xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\nFROM golang AS build\nEXPOSE 1\nFROM scratch\n"), []byte(nil))
	f.Add([]byte("\xef\xbb\xbfFROM scratch\r\nEXPOSE 8080/tcp\r\n"), []byte("\xef\xbb\xbf{}"))
	f.Add([]byte("# ſ ı ŉ\n\tfrom x\nexpose 99999\n"), []byte(`{"main": "package.json", "scripts": {"start": "x"}}`))
	f.Add([]byte("FROM "), []byte(`{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "5"}}`))
	f.Add([]byte(nil), []byte(`{"scripts": {"build": "next build", "start": "node --x ./a.js"}, "dependencies": {"next": "14", "express": "4"}}`))
	f.Add([]byte(nil), []byte(`{"scripts": []`))
	f.Fuzz(func(t *testing.T, dockerfile, packageJSON []byte) {
		dir := t.TempDir()
		for name, text := range map[string][]byte{"Dockerfile": dockerfile, "package.json": packageJSON} {
			if len(text) == 0 {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		d, err := Detect(dir)
		if err != nil {
			if len(dockerfile)+len(packageJSON) > 0 {
				t.Errorf("nothing was detected: %v", err)
			}
			return
		}
		if d.Port < 0 || d.Port > 65535 {
			t.Errorf("port %d", d.Port)
		}
		if d.Reason == "" || strings.ContainsAny(d.Reason, "\r\n") {
			t.Errorf("the reason is no line: %q", d.Reason)
		}
		if len(dockerfile) > 0 && d.Build != "docker" {
			t.Errorf("with a Dockerfile it is built by %q", d.Build)
		}
		text, err := Dockerfile(dir, Target{})
		if err != nil {
			return
		}
		for _, line := range strings.Split(text, "\n") {
			if !instruction.MatchString(line) {
				t.Errorf("the Dockerfile has a line %q:\n%s", line, text)
			}
		}
	})
}

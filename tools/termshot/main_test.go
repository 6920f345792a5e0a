package main

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	lines := parse("plain \x1b[1;32mgood\x1b[0m\x1b(B <x>\n\x1b[38;5;1mbad\x1b[39m")
	want := []line{
		{spans: []span{{"plain ", ""}, {"good", `fill="#68d391" font-weight="bold"`}, {" <x>", ""}}, width: 14},
		{spans: []span{{"bad", `fill="#fc8181"`}}, width: 3},
	}
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d", len(lines), len(want))
	}
	for i, w := range want {
		if lines[i].width != w.width || len(lines[i].spans) != len(w.spans) {
			t.Fatalf("line %d is %+v, want %+v", i, lines[i], w)
		}
		for j, s := range w.spans {
			if lines[i].spans[j] != s {
				t.Errorf("line %d: %+v, want %+v", i, lines[i].spans[j], s)
			}
		}
	}
}

func TestDraw(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"0.txt": "one\n", "100.txt": "one\n", "1100.txt": "\x1b[31m<two> & more\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	frames, err := read(dir)
	if err != nil || len(frames) != 2 {
		t.Fatalf("%d frames, %v, want 2: the same screen twice is one", len(frames), err)
	}
	picture := draw(frames)
	if err := xml.Unmarshal(picture, new(struct{})); err != nil {
		t.Errorf("not well formed: %v\n%s", err, picture)
	}
	if !strings.Contains(string(picture), "&lt;two&gt; &amp; more") {
		t.Errorf("the second screen is not in it:\n%s", picture)
	}
	if _, err := read(t.TempDir()); err == nil {
		t.Error("an empty folder: no error")
	}
}

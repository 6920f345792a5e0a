package source

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestSnapshotIsWhatGitWouldCommit(t *testing.T) {
	isolate(t)
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"waypoint.hcl": "project = \"shop\"\n", "run.sh": "x:#!/bin/sh\n", "link": "-> web/main.go", "dangling": "-> nowhere", "empty": "",
		"web/main.go": "package main\n", "web/.gitignore": "*.log\n!keep.log\n", "web/a.log": "no", "web/keep.log": "yes", "web/deep/b.log": "no",
		"web.go": "sorts between web and web/", "web-x": "x", "same1": "twice", "same2": "twice", "vide/": "",
		".gitignore": "ignored/\nforced.txt\n/top\n", "ignored/a": "no", "ignored/forced": "tracked all the same", "forced.txt": "tracked", "top": "no", "web/top": "yes",
	})
	must(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	before := take(t, dir)
	if strings.Contains(paths(before), "forced") {
		t.Errorf("without a repository nothing is tracked, yet:\n%s", paths(before))
	}

	git(t, dir, "init", "-q")
	git(t, dir, "add", "-A")
	if want := git(t, dir, "write-tree"); tree(before) != want {
		t.Errorf("tree %s, git's %s\n%s", tree(before), want, paths(before))
	}
	git(t, dir, "add", "-f", "ignored/forced", "forced.txt")
	want := git(t, dir, "write-tree")
	got := take(t, dir)
	if tree(got) != want {
		t.Errorf("with ignored files tracked: tree %s, git's %s\n%s", tree(got), want, paths(got))
	}
	// Deleted and changed, but not told to git: the disk counts.
	must(t, os.Remove(filepath.Join(dir, "forced.txt")))
	must(t, os.WriteFile(filepath.Join(dir, "web/main.go"), []byte("package main // new\n"), 0o600))
	git(t, dir, "add", "-A")
	if s := take(t, dir); tree(s) != git(t, dir, "write-tree") {
		t.Errorf("after a change:\n%s", paths(s))
	}
	if s := take(t, dir); s.Commit != take(t, dir).Commit || s.Commit == got.Commit {
		t.Error("the commit must depend on the content, and on it only")
	}

	t.Run("a folder inside the repository", func(t *testing.T) {
		s := take(t, filepath.Join(dir, "web"))
		if want := git(t, dir, "rev-parse", git(t, dir, "write-tree")+":web"); tree(s) != want {
			t.Errorf("tree %s, git's %s\n%s", tree(s), want, paths(s))
		}
	})
	t.Run("a linked working tree", func(t *testing.T) {
		git(t, dir, "commit", "-q", "-m", "all")
		linked := filepath.Join(t.TempDir(), "linked")
		git(t, dir, "worktree", "add", "-q", linked)
		if s := take(t, linked); tree(s) != git(t, dir, "rev-parse", "HEAD^{tree}") {
			t.Errorf("the linked tree differs:\n%s", paths(s))
		}
	})
	t.Run("the user's own excludes", func(t *testing.T) {
		write(t, os.Getenv("HOME"), map[string]string{".config/git/ignore": "web-x2\n", "my-ignore": "web-x3\n"})
		write(t, dir, map[string]string{"web-x2": "", "web-x3": ""})
		if s := paths(take(t, dir)); strings.Contains(s, "web-x2") || !strings.Contains(s, "web-x3") {
			t.Error(s)
		}
		write(t, os.Getenv("HOME"), map[string]string{".gitconfig": "[core]\n\texcludesFile = ~/my-ignore\n"})
		if s := paths(take(t, dir)); !strings.Contains(s, "web-x2") || strings.Contains(s, "web-x3") {
			t.Error(s)
		}
	})
}

func TestInnerRepositoryIsTakenAsFiles(t *testing.T) {
	isolate(t)
	dir := t.TempDir()
	write(t, dir, map[string]string{"a": "1", "lib/b": "2", "lib/.gitignore": "c\n", "lib/c": "3"})
	git(t, filepath.Join(dir, "lib"), "init", "-q")
	git(t, dir, "init", "-q")
	if got := paths(take(t, dir)); got != "a\nlib/.gitignore\nlib/b" {
		t.Errorf("got:\n%s", got)
	}
}

func TestPackIsGits(t *testing.T) {
	isolate(t)
	dir := t.TempDir()
	write(t, dir, map[string]string{"big": strings.Repeat("0123456789abcdef", 1<<16), "a/b/c": "x:1", "l": "-> big", "empty": ""})
	s := take(t, dir)
	var pack bytes.Buffer
	must(t, s.writePack(context.Background(), &pack, s.objects))
	repo := t.TempDir()
	git(t, repo, "init", "-q")
	cmd := exec.Command("git", "index-pack", "--stdin", "--strict")
	cmd.Dir, cmd.Stdin = repo, &pack
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git refuses the pack: %v\n%s", err, out)
	}
	git(t, repo, "checkout", "-q", s.Commit)
	git(t, repo, "fsck", "--strict")
	if again := take(t, repo); again.Commit != s.Commit {
		t.Errorf("the snapshot of the checkout differs:\n%s\n%s", paths(again), paths(s))
	}
	if parents := git(t, repo, "log", "--format=%P", "-1"); parents != "" {
		t.Errorf("parents %q", parents)
	}

	// A file that changes after it was hashed must not be sent.
	must(t, os.WriteFile(filepath.Join(dir, "a/b/c"), []byte("2"), 0o600))
	if err := s.writePack(context.Background(), &pack, s.objects); err == nil || !strings.Contains(err.Error(), "a/b/c changed") {
		t.Errorf("changed file: %v", err)
	}
}

func TestBadFolders(t *testing.T) {
	isolate(t)
	dir := t.TempDir()
	write(t, dir, map[string]string{"file": "x", "empty/": "", "all/.gitignore": "*\n", "all/a": "", "big/a": strings.Repeat("x", 3000), "big/b": "y"})
	ctx := context.Background()
	for _, tc := range []struct{ name, dir, want string }{
		{"missing", filepath.Join(dir, "no"), "no such file"},
		{"a file", filepath.Join(dir, "file"), "it is a file"},
		{"empty", filepath.Join(dir, "empty"), "nothing to send"},
		{"all ignored", filepath.Join(dir, "all"), "nothing to send"},
	} {
		if _, err := Take(ctx, tc.dir, Options{}); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
	_, err := Take(ctx, filepath.Join(dir, "big"), Options{MaxTotal: 2048})
	var large *TooLargeError
	if !errors.As(err, &large) || large.Bytes != 3001 || !strings.Contains(err.Error(), "a (2.9 KiB)") {
		t.Errorf("too large: %v", err)
	}
	s, err := Take(ctx, filepath.Join(dir, "big"), Options{WarnFile: 1000})
	must(t, err)
	if len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0], "a is 2.9 KiB") || s.Files != 2 || s.Bytes != 3001 {
		t.Errorf("warnings %q, %d files, %d bytes", s.Warnings, s.Files, s.Bytes)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := Take(cancelled, dir, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// BenchmarkTake takes a snapshot of 2,000 files and packs it.
func BenchmarkTake(b *testing.B) {
	dir := b.TempDir()
	for i := range 2000 {
		path := filepath.Join(dir, "d", string(rune('a'+i%20)), "f"+strings.Repeat("x", i%7)+string(rune('a'+i%26))+strings.Repeat("y", i/26))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(path, bytes.Repeat([]byte("some source text\n"), 200+i), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		s, err := Take(context.Background(), dir, Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.writePack(context.Background(), io.Discard, s.objects); err != nil {
			b.Fatal(err)
		}
	}
}

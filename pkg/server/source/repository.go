package source

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"

	gitconfig "github.com/go-git/go-git/v5/plumbing/format/config"
	"github.com/go-git/go-git/v5/plumbing/format/index"
)

// repository is what is known of the git repository around a folder; all empty
// when there is none.
type repository struct {
	// rules come from the user's and the repository's exclude files and from the
	// ignore files above the folder, weakest first.
	rules []rule
	// tracked are the paths, relative to the folder, that git tracks whatever the
	// ignore files say; trackedIn are the folders on the way to them.
	tracked, trackedIn map[string]bool
	// prefix is the folder's own path in the repository, with a slash at its end.
	prefix string
	// notice tells why the tracked files could not be read.
	notice string
}

// findRepository looks for the repository that holds dir, an absolute path.
func findRepository(dir string) repository {
	repo := repository{tracked: map[string]bool{}, trackedIn: map[string]bool{}}
	repo.rules = globalRules()
	for root := dir; ; root = filepath.Dir(root) {
		gitDir, ok := gitFolder(root)
		if !ok {
			if filepath.Dir(root) == root {
				return repo
			}
			continue
		}
		rel, err := filepath.Rel(root, dir)
		if err != nil {
			return repo
		}
		if rel = filepath.ToSlash(rel); rel != "." {
			repo.prefix = rel + "/"
		}
		repo.rules = append(repo.rules, readRules(filepath.Join(commonFolder(gitDir), "info", "exclude"), "")...)
		repo.readAbove(root, rel)
		repo.readIndex(filepath.Join(gitDir, "index"))
		return repo
	}
}

// readAbove adds the ignore files from the root down to above the folder.
func (r *repository) readAbove(root, rel string) {
	if rel == "." {
		return
	}
	r.rules = append(r.rules, readRules(filepath.Join(root, ".gitignore"), "")...)
	parts := strings.Split(rel, "/")
	for i := 1; i < len(parts); i++ {
		base := strings.Join(parts[:i], "/")
		r.rules = append(r.rules, readRules(filepath.Join(root, filepath.FromSlash(base), ".gitignore"), base)...)
	}
}

func (r *repository) readIndex(file string) {
	f, err := os.Open(file)
	if err != nil {
		return // a fresh repository has none
	}
	defer f.Close()
	var idx index.Index
	if err := index.NewDecoder(f).Decode(&idx); err != nil {
		r.notice = "git's index could not be read (" + err.Error() + "); files that are both tracked and ignored are left out"
		return
	}
	for _, e := range idx.Entries {
		path, below := strings.CutPrefix(e.Name, r.prefix)
		if !below {
			continue
		}
		r.tracked[path] = true
		for i := strings.LastIndexByte(path, '/'); i > 0; i = strings.LastIndexByte(path[:i], '/') {
			r.trackedIn[path[:i]] = true
		}
	}
}

// gitFolder gives the git folder of a working tree; in a linked working tree or a
// submodule .git is a file that names it.
func gitFolder(root string) (string, bool) {
	file := filepath.Join(root, ".git")
	info, err := os.Stat(file)
	if err != nil {
		return "", false
	}
	if info.IsDir() {
		_, err := os.Stat(filepath.Join(file, "HEAD"))
		return file, err == nil
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return "", false
	}
	target, ok := strings.CutPrefix(strings.TrimSpace(string(content)), "gitdir: ")
	if !ok {
		return "", false
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(root, target)
	}
	return target, true
}

// commonFolder is the git folder that linked working trees share.
func commonFolder(gitDir string) string {
	content, err := os.ReadFile(filepath.Join(gitDir, "commondir"))
	if err != nil {
		return gitDir
	}
	common := strings.TrimSpace(string(content))
	if filepath.IsAbs(common) {
		return common
	}
	return filepath.Join(gitDir, common)
}

// globalRules are those of the user's own excludes file.
func globalRules() []rule {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil
	}
	configHome := os.Getenv("XDG_CONFIG_HOME")
	if configHome == "" {
		configHome = filepath.Join(home, ".config")
	}
	excludes := filepath.Join(configHome, "git", "ignore")
	for _, file := range []string{filepath.Join(configHome, "git", "config"), filepath.Join(home, ".gitconfig")} {
		content, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		cfg := gitconfig.New()
		if err := gitconfig.NewDecoder(bytes.NewReader(content)).Decode(cfg); err != nil {
			continue
		}
		if v := cfg.Section("core").Option("excludesFile"); v != "" {
			excludes = v
		}
	}
	if rest, ok := strings.CutPrefix(excludes, "~/"); ok {
		excludes = filepath.Join(home, rest)
	}
	return readRules(excludes, "")
}

// readRules reads an ignore file; one that is not there has no rules.
func readRules(file, base string) []rule {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	return parseRules(content, base)
}

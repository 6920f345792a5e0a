package infra_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestAppliesAreGuarded reads the components, the stacks and the examples: a panic
// in a bare ApplyT would end the process of whoever runs them.
func TestAppliesAreGuarded(t *testing.T) {
	apply, guarded := regexp.MustCompile(`\.ApplyT\(`), regexp.MustCompile(`\.ApplyT\((infra\.)?Guard\(`)
	found := 0
	for _, dir := range []string{"../../pkg", "../../stacks", "../../examples", "../../cmd"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			src, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for i, line := range strings.Split(string(src), "\n") {
				code, _, _ := strings.Cut(line, "//")
				all, ours := len(apply.FindAllString(code, -1)), len(guarded.FindAllString(code, -1))
				found += ours
				if all != ours {
					t.Errorf("%s:%d: wrap the function in infra.Guard: %s", path, i+1, strings.TrimSpace(line))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found == 0 {
		t.Error("no ApplyT was found: is the test looking in the right place?")
	}
}

package source_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pilot-framework/pilot/pkg/server/source"
)

// A snapshot holds what git would track, without a repository; the same content gives the same commit.
func ExampleTake() {
	dir, err := os.MkdirTemp("", "app-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	for name, text := range map[string]string{
		".gitignore": "node_modules\n", "main.go": "package main\n", "node_modules/big.js": "ignored",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			fmt.Println(err)
			return
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			fmt.Println(err)
			return
		}
	}
	ctx := context.Background()
	one, err := source.Take(ctx, dir, source.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	two, err := source.Take(ctx, dir, source.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(one.Files, one.Commit == two.Commit)
	// Output: 2 true
}

package deploy_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pilot-framework/pilot/pkg/server/deploy"
)

// The app file is found from any folder below it.
func ExampleLocate() {
	dir, err := os.MkdirTemp("", "app-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	below := filepath.Join(dir, "web", "src")
	if err := os.MkdirAll(below, 0o700); err != nil {
		fmt.Println(err)
		return
	}
	_, _, err = deploy.Locate(below)
	fmt.Println(errors.Is(err, fs.ErrNotExist))
	if err := os.WriteFile(filepath.Join(dir, deploy.ConfigFile), []byte("project = \"shop\"\n"), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	root, file, err := deploy.Locate(below)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(root == dir, file.Project())
	// Output:
	// true
	// true shop
}

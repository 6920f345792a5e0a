package site_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pilot-framework/pilot/plugins/site"
)

// A folder is read once, with what each file is served with.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "site-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte("<p>hello"), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	_, err = site.Open(context.Background(), dir, "index.html")
	fmt.Println(err, site.HeaderOf("index.html").ContentType, site.Prefix("01ABC"))
	// Output: <nil> text/html; charset=utf-8 releases/01ABC/
}

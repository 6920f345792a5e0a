package image_test

import (
	"fmt"
	"os"

	"github.com/pilot-framework/pilot/pkg/server/image"
)

// An image is assembled from binaries; what is missing is told by name.
func ExampleServer() {
	dir, err := os.MkdirTemp("", "bin-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	_, err = image.Server(image.Options{BinDir: dir})
	fmt.Println("an empty folder is refused:", err != nil)
	// Output: an empty folder is refused: true
}

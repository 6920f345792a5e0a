package backup_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pilot-framework/pilot/pkg/server/backup"
)

// A file is checked as a whole before any server is touched.
func ExampleRead() {
	_, err := backup.Read(strings.NewReader("something else"))
	fmt.Println(errors.Is(err, backup.ErrForeign))
	// Output: true
}

//go:build !unix

package cloudsim

import "os"

// Without flock one file serves one process at a time.
func lock(*os.File) error { return nil }

func unlock(*os.File) error { return nil }

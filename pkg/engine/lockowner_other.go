//go:build !linux && !darwin

package engine

import "time"

// processIdentity is not known here; a lock's heartbeat tells of its owner.
func processIdentity(int) (string, bool) { return "", false }

func processStart(int) (time.Time, bool) { return time.Time{}, false }

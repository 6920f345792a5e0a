//go:build !linux

package appconfig

import "os/exec"

func withUs(cmd *exec.Cmd) *exec.Cmd { return cmd }

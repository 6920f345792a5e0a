package appconfig

import (
	"os/exec"
	"syscall"
)

// withUs has a child end with this process, however it ends: a fuzz worker is
// killed when its time is over, and its children would keep its pipes open.
func withUs(cmd *exec.Cmd) *exec.Cmd {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

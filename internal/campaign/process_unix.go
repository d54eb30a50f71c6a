//go:build unix && !linux

package campaign

import (
	"os/exec"
	"syscall"
)

// ownGroup puts a process, and what it starts, in a group of its own, and has all of it killed.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

func runToTheEnd(cmd *exec.Cmd) error { return cmd.Run() }

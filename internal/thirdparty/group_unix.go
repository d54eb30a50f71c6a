//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// grouped has what cmd starts be one group of processes. end ends those that are left of it: tests leave child processes behind.
func grouped(cmd *exec.Cmd) (end func()) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return func() {
		if cmd.Process != nil {
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		}
	}
}

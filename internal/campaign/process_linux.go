package campaign

import (
	"os/exec"
	"runtime"
	"syscall"
)

// ownGroup puts a process, and what it starts, in a group of its own, and has all of it killed. It does not outlive this
// process, however that ends.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// runToTheEnd runs cmd. The kernel takes the end of the thread that has started a process for that of its parent
// (go.dev/issue/27505), so the thread is kept.
func runToTheEnd(cmd *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return cmd.Run()
}

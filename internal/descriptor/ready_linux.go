package descriptor

import (
	"syscall"
	"unsafe"
)

// pollfd is struct pollfd of poll(2).
type pollfd struct {
	fd              int32
	events, revents int16
}

// Events of poll(2), the same for all processors.
const (
	pollIn    = 0x1
	pollOut   = 0x4
	pollRdHup = 0x2000
)

// ready reports whether an operation on a descriptor does not wait.
func ready(fd int, mode Mode) bool {
	p := pollfd{fd: int32(fd), events: pollIn | pollRdHup}
	if mode == Write {
		p.events = pollOut
	}
	var now syscall.Timespec
	n, _, _ := syscall.RawSyscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&p)), 1, uintptr(unsafe.Pointer(&now)), 0, 0, 0)
	return n == 1
}

// kindOf returns what kind of thing a descriptor leads to.
func kindOf(fd int) string {
	var st syscall.Stat_t
	if syscall.Fstat(fd, &st) != nil {
		return "file"
	}
	switch st.Mode & syscall.S_IFMT {
	case syscall.S_IFSOCK:
		return "socket of the machine"
	case syscall.S_IFIFO:
		return "pipe"
	case syscall.S_IFCHR:
		return "device"
	}
	return "file"
}

// Numbers that package syscall does not have, the same for all processors.
const (
	pidfdSendSignal = 424
	idPidfd         = 3 // P_PIDFD
)

// kill ends a child process and takes what is left of it.
func kill(pidfd int) {
	if _, _, errno := syscall.Syscall6(pidfdSendSignal, uintptr(pidfd), uintptr(syscall.SIGKILL), 0, 0, 0, 0); errno == 0 {
		_, _, _ = syscall.Syscall6(syscall.SYS_WAITID, idPidfd, uintptr(pidfd), 0, syscall.WEXITED, 0, 0)
	}
}

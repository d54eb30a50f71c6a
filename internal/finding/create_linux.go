package finding

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"unsafe"
)

// What package syscall has no names for (fcntl.h, the same on every architecture).
const (
	atCwd           = -100
	atSymlinkFollow = 0x400
	tmpfile         = 0x400000 // with O_DIRECTORY it is O_TMPFILE, which older kernels refuse then
)

// create makes a file with content. It has no name before it has all of it (open(2), O_TMPFILE), so that nothing
// half-written is left by a process that is killed meanwhile; where the file system cannot do that, it is made as anywhere.
func create(name string, content []byte) error {
	fd, err := syscall.Open(filepath.Dir(name), tmpfile|syscall.O_DIRECTORY|syscall.O_WRONLY|syscall.O_CLOEXEC, 0o644)
	if err != nil {
		return os.WriteFile(name, content, 0o644)
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	if _, err := f.Write(content); err != nil {
		return err
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := link(fmt.Sprintf("/proc/self/fd/%d", fd), name); err != nil {
		return os.WriteFile(name, content, 0o644)
	}
	return nil
}

// link gives a file a second name. A symbolic link stands for what it leads to (linkat(2)).
func link(from, to string) error {
	f, err := syscall.BytePtrFromString(from)
	if err != nil {
		return err
	}
	t, err := syscall.BytePtrFromString(to)
	if err != nil {
		return err
	}
	cwd := atCwd
	_, _, errno := syscall.Syscall6(syscall.SYS_LINKAT, uintptr(cwd), uintptr(unsafe.Pointer(f)), uintptr(cwd), uintptr(unsafe.Pointer(t)), atSymlinkFollow, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

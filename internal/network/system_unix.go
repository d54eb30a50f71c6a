//go:build unix

package network

import (
	"net/netip"
	"syscall"
)

// Truncated is the flag of a received message that was longer than there was room for.
const Truncated = syscall.MSG_TRUNC

// A file is a unix socket in the file system: the same one under all names that it has there.
type file struct{ dev, ino uint64 }

// makeFile makes the file of a unix socket, as bind does it, with the errors that bind has.
func makeFile(path string) (file, error) {
	s, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return file{}, err
	}
	defer syscall.Close(s)
	if err := syscall.Bind(s, &syscall.SockaddrUnix{Name: path}); err != nil {
		return file{}, err
	}
	return fileAt(path), nil
}

// fileAt returns the file at a path, or the zero file if there is none.
func fileAt(path string) file {
	var st syscall.Stat_t
	if syscall.Stat(path, &st) != nil {
		return file{}
	}
	return file{uint64(st.Dev), uint64(st.Ino)}
}

// remove removes f, if it is still what it was called.
func (f file) remove(path string) {
	if fileAt(path) == f {
		syscall.Unlink(path)
	}
}

// assignable reports whether a socket of this machine can have the address.
func assignable(ip netip.Addr) bool {
	family := syscall.AF_INET
	var sa syscall.Sockaddr = &syscall.SockaddrInet4{}
	if ip.Is4() {
		sa = &syscall.SockaddrInet4{Addr: ip.As4()}
	} else {
		family, sa = syscall.AF_INET6, &syscall.SockaddrInet6{Addr: ip.As16()}
	}
	s, err := syscall.Socket(family, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return false
	}
	defer syscall.Close(s)
	return syscall.Bind(s, sa) == nil
}

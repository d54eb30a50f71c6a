//go:build !unix

package network

import (
	"net/netip"
	"syscall"
)

// Truncated is the flag of a received message that was longer than there was room for.
const Truncated = 0

// A file is what a unix socket is in the file system.
type file struct{ dev, ino uint64 }

func makeFile(string) (file, error) { return file{}, syscall.EAFNOSUPPORT }

func fileAt(string) file { return file{} }

func (file) remove(string) {}

// assignable reports whether a socket of this machine can have the address: only its own to itself are known here.
func assignable(netip.Addr) bool { return false }

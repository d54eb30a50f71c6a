package network

import (
	"net/netip"
	"path"
)

// An Addr is where a socket is: an address and a port, or a path. IPv4 addresses have four bytes.
type Addr struct {
	netip.AddrPort
	Path string // of a unix socket; as in package net, abstract names begin with @
}

// IP returns the Addr of an address, which may be an IPv4 address in IPv6, and a port.
func IP(a netip.Addr, port int) Addr {
	return Addr{AddrPort: netip.AddrPortFrom(a.Unmap(), uint16(port))}
}

// String returns a as reports have it. Of a path the last element is enough.
func (a Addr) String() string {
	switch {
	case a.Path != "":
		return path.Base(a.Path)
	case a.IsValid():
		return a.AddrPort.String()
	}
	return "its dialer"
}

// abstract reports whether a is a unix socket's name that is not in the file system.
func (a Addr) abstract() bool { return a.Path[0] == '@' }

// target returns the address that is meant by one that is connected to: the unspecified one is this machine.
func target(a netip.Addr) netip.Addr {
	switch a {
	case netip.IPv4Unspecified():
		return loopback4
	case netip.IPv6Unspecified():
		return netip.IPv6Loopback()
	}
	return a
}

var loopback4 = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// source returns the address from which this machine sends to one of its own.
func source(to netip.Addr) netip.Addr {
	if to.Is4() && to.IsLoopback() {
		return loopback4
	}
	return to
}

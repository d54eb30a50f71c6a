package descriptor

import "syscall"

// natureOf finds out what a descriptor is. It looks at all sockets of the process: there are few.
func natureOf(fd int) nature {
	here, err := syscall.Getsockname(fd)
	if err != nil {
		return foreign
	}
	if listens(fd) {
		return domestic
	}
	local := addressOf(here)
	there, err := syscall.Getpeername(fd)
	if err != nil {
		return unconnected(fd, here)
	}
	remote := addressOf(there)
	for n := range fd + manyOpen {
		if n == fd {
			continue
		}
		if other, err := syscall.Getsockname(n); err == nil && leadsTo(n, other, local, remote) {
			return domestic
		}
	}
	return foreign
}

// leadsTo reports whether the other end of a connection is the socket n, whose address is given, or is to be accepted there.
func leadsTo(n int, other syscall.Sockaddr, local, remote any) bool {
	if addressOf(other) == remote && remote != "" || listens(n) && everywhere(other) && port(other) == portOf(remote) {
		return true
	}
	peer, err := syscall.Getpeername(n)
	return err == nil && addressOf(peer) == local && local != ""
}

func listens(fd int) bool {
	v, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN)
	return err == nil && v != 0
}

// unconnected returns what a socket is that has no other end: one for packets is domestic if only this machine can reach it.
func unconnected(fd int, here syscall.Sockaddr) nature {
	kind, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_TYPE)
	if err != nil || kind != syscall.SOCK_DGRAM {
		return unknown
	}
	switch a := here.(type) {
	case *syscall.SockaddrInet4:
		if a.Addr[0] == 127 {
			return domestic
		}
	case *syscall.SockaddrInet6:
		if a.Addr == [16]byte{15: 1} {
			return domestic
		}
	case *syscall.SockaddrUnix:
		return domestic
	}
	return foreign
}

// addressOf returns an address as something that can be compared.
func addressOf(a syscall.Sockaddr) any {
	switch a := a.(type) {
	case *syscall.SockaddrInet4:
		return *a
	case *syscall.SockaddrInet6:
		return *a
	case *syscall.SockaddrUnix:
		return a.Name
	}
	return ""
}

// everywhere reports whether an address is that of all interfaces.
func everywhere(a syscall.Sockaddr) bool {
	switch a := a.(type) {
	case *syscall.SockaddrInet4:
		return a.Addr == [4]byte{}
	case *syscall.SockaddrInet6:
		return a.Addr == [16]byte{}
	}
	return false
}

func port(a syscall.Sockaddr) int { return portOf(addressOf(a)) }

func portOf(address any) int {
	switch a := address.(type) {
	case syscall.SockaddrInet4:
		return a.Port
	case syscall.SockaddrInet6:
		return a.Port
	}
	return 0
}

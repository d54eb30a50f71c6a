package network

import (
	"net/netip"
	"strconv"
	"syscall"
)

// A binding is a socket at an address.
type binding struct {
	proto  Proto
	addr   Addr
	v6only bool
	reuse  bool // it listens or has listened: others may have the address when it does not
	open   bool
	file   file // of a unix socket in the file system

	listener *Listener // at most one of these
	packet   *Packet

	next *binding
}

// bind gives a socket its address: one with a port, or a name, if a has none.
func (n *Network) bind(proto Proto, a Addr, v6only, reuse bool) (*binding, error) {
	b := &binding{proto: proto, addr: a, v6only: v6only, reuse: reuse, open: true}
	var err error
	if proto == Unix {
		err = n.bindPath(b)
	} else {
		err = n.bindPort(b)
	}
	if err != nil {
		return nil, err
	}
	b.next, n.bounds = n.bounds, b
	return b, nil
}

func (n *Network) bindPort(b *binding) error {
	ip, port := b.addr.Addr(), b.addr.Port()
	if !ip.IsUnspecified() && !n.isLocal(ip) {
		return syscall.EADDRNOTAVAIL
	}
	if port == 0 {
		port, err := n.freePort(b.proto)
		b.addr.AddrPort = netip.AddrPortFrom(ip, port)
		return err
	}
	for o := n.bounds; o != nil; o = o.next {
		if o.open && o.proto == b.proto && o.addr.Port() == port && o.overlaps(b) && !(o.reuse && b.reuse && o.listener == nil) {
			return syscall.EADDRINUSE
		}
	}
	return nil
}

// freePort returns the next port that no socket is bound to.
func (n *Network) freePort(proto Proto) (uint16, error) {
	for range 1<<16 - firstPort {
		if n.port++; n.port == 0 {
			n.port = firstPort
		}
		taken := false
		for o := n.bounds; o != nil && !taken; o = o.next {
			taken = o.open && o.proto == proto && o.addr.Port() == n.port
		}
		if !taken {
			return n.port, nil
		}
	}
	return 0, syscall.EADDRINUSE
}

// overlaps reports whether there are addresses at which both would receive.
func (b *binding) overlaps(o *binding) bool {
	return b.covers(o.addr.Addr()) || o.covers(b.addr.Addr()) || b.addr.Addr().IsUnspecified() && o.addr.Addr().IsUnspecified() && !b.v6only && !o.v6only
}

// covers reports whether b receives what is sent to ip.
func (b *binding) covers(ip netip.Addr) bool {
	own := b.addr.Addr()
	switch {
	case own == ip:
		return true
	case !own.IsUnspecified():
		return false
	case own.Is4():
		return ip.Is4()
	}
	return ip.Is6() || !b.v6only
}

// bindPath is bindPort for unix sockets: the name that others connect to is a file.
func (n *Network) bindPath(b *binding) error {
	if b.addr.Path == "" {
		n.unnamed++
		b.addr.Path = "@" + strconv.FormatInt(1<<20|int64(n.unnamed), 16)[1:]
	}
	if !b.addr.abstract() {
		var err error
		b.file, err = makeFile(b.addr.Path)
		return err
	}
	for o := n.bounds; o != nil; o = o.next {
		if o.open && o.proto == Unix && o.addr == b.addr {
			return syscall.EADDRINUSE
		}
	}
	return nil
}

// Has reports whether a dial of a reaches a socket of this network, or would have reached one that is closed now.
func (n *Network) Has(proto Proto, a Addr) bool {
	return n.at(proto, a, func(*binding) bool { return true }) != nil
}

// at returns the best eligible binding at a: the most specific one, and of several the newest. It returns nil if there is none.
func (n *Network) at(proto Proto, a Addr, eligible func(*binding) bool) *binding {
	var at file
	if proto == Unix && a.Path != "" && !a.abstract() {
		if at = fileAt(a.Path); at == (file{}) {
			return nil
		}
	}
	ip := target(a.Addr())
	var best *binding
	for b := n.bounds; b != nil; b = b.next {
		switch {
		case b.proto != proto || !eligible(b):
		case proto == Unix:
			if b.file == at && (at != (file{}) || b.addr == a) {
				return b
			}
		case b.addr.Port() != a.Port() || !b.covers(ip) || !n.isLocal(ip):
		case best == nil || best.addr.Addr().IsUnspecified() && !b.addr.Addr().IsUnspecified():
			best = b
		}
	}
	return best
}

// checked is an address, of which it is known whether it is the machine's.
type checked struct {
	ip    netip.Addr
	local bool
	next  *checked
}

// isLocal reports whether ip is an address of this machine.
func (n *Network) isLocal(ip netip.Addr) bool {
	if ip.IsLoopback() {
		return true
	}
	for c := n.local; c != nil; c = c.next {
		if c.ip == ip {
			return c.local
		}
	}
	n.local = &checked{ip, assignable(ip), n.local}
	return n.local.local
}

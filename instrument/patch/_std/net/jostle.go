//go:build unix || windows

package net

import (
	"context"
	"io"
	"jostle/network"
	"jostle/perturb"
	"net/netip"
	"os"
	"runtime"
	"syscall"
	"time"
	"unsafe"
)

// A jostleSocket is what a netFD has in the place of a descriptor.
type jostleSocket struct {
	fd      *netFD
	network *network.Network
	network.Socket
	options *netFD // of the machine, for what is set with a Control function and asked for with another; nil until there is one
}

// jostleBacklog is how many connections wait to be accepted: what Linux allows.
const jostleBacklog = 4096

// jostleOpen is socket for the goroutines of an execution, for what the process does with itself: it listens, or connects with what
// listens in memory. It returns nil and no error if the socket is to be one of the machine.
func jostleOpen(ctx context.Context, net string, family, sotype, proto int, ipv6only bool, laddr, raddr sockaddr, control func(context.Context, string, string, syscall.RawConn) error) (*netFD, error) {
	kind, ok := jostleKind(net, sotype)
	if !ok {
		return nil, nil
	}
	n := network.Current()
	if n == nil {
		return nil, nil
	}
	local, err := jostleAddrOf(laddr, family)
	if err != nil {
		return nil, nil // which is for socket to say
	}
	m := &jostleSocket{fd: &netFD{family: family, sotype: sotype, net: net}, network: n}
	m.fd.pfd.Sysfd-- // 0 is a descriptor
	m.fd.mem = m
	if raddr == nil {
		if laddr == nil || control != nil || local.Addr().IsMulticast() {
			return nil, nil
		}
		return m.opened(m.listen(n, kind, local, ipv6only))
	}
	remote, err := jostleAddrOf(raddr, family)
	if err != nil || !n.Has(kind, remote) {
		return nil, nil
	}
	if control != nil {
		options, err := m.optionsOf(proto)
		if err != nil {
			return nil, err
		}
		if err := control(ctx, options.ctrlNetwork(), raddr.String(), newRawConn(options)); err != nil {
			m.closeOptions()
			return nil, err
		}
	}
	return m.opened(m.dial(ctx, n, kind, local, remote, ipv6only))
}

func (m *jostleSocket) opened(err error) (*netFD, error) {
	if err != nil {
		m.closeOptions()
		return nil, err
	}
	m.name()
	return m.fd, nil
}

// jostleKind returns the kind of socket in memory for a network of package net.
func jostleKind(net string, sotype int) (network.Proto, bool) {
	switch {
	case runtime.GOOS == "windows":
	case net == "unix":
		return network.Unix, true
	case len(net) >= 3 && net[:3] == "tcp" && sotype == syscall.SOCK_STREAM:
		return network.TCP, true
	case len(net) >= 3 && net[:3] == "udp" && sotype == syscall.SOCK_DGRAM:
		return network.UDP, true
	}
	return 0, false
}

func (m *jostleSocket) listen(n *network.Network, kind network.Proto, local network.Addr, ipv6only bool) (err error) {
	if kind == network.UDP {
		m.Socket, err = n.Packet(local, ipv6only)
	} else {
		m.Socket, err = n.Listen(kind, local, ipv6only, jostleBacklog)
	}
	return m.error("bind", err)
}

func (m *jostleSocket) dial(ctx context.Context, n *network.Network, kind network.Proto, local, remote network.Addr, ipv6only bool) error {
	bound := local != network.Addr{}
	if kind == network.UDP {
		if !bound {
			local = jostleAny(m.fd.family)
		}
		packet, err := n.Packet(local, ipv6only)
		if err != nil {
			return m.error("bind", err)
		}
		m.Socket = packet
		if err := packet.Connect(remote); err != nil {
			return m.error("connect", err)
		}
	} else {
		conn := n.NewConn(kind)
		m.Socket = conn
		if bound {
			if err := conn.Bind(local); err != nil {
				return m.error("bind", err)
			}
		}
		if err := m.connect(ctx, conn, remote); err != nil {
			return err
		}
	}
	m.fd.isConnected = true
	return nil
}

// connect waits no longer than ctx allows, and where it need not wait at all without the means for that.
func (m *jostleSocket) connect(ctx context.Context, conn *network.Conn, remote network.Addr) error {
	conn.SetWriteDeadline(aLongTimeAgo)
	err := conn.Connect(remote)
	if err == os.ErrDeadlineExceeded {
		deadline, _ := ctx.Deadline()
		conn.SetWriteDeadline(deadline)
		stop := context.AfterFunc(ctx, func() { conn.SetWriteDeadline(aLongTimeAgo) })
		err = conn.Connect(remote)
		stop()
	}
	if err == nil {
		conn.SetWriteDeadline(noDeadline)
	}
	if ctx.Err() != nil {
		if err == nil {
			conn.Close()
		}
		return mapErr(ctx.Err())
	}
	return m.error("connect", err)
}

// name gives the netFD the addresses of the socket.
func (m *jostleSocket) name() {
	address := m.fd.addrFunc()
	m.fd.laddr = address(m.sockaddr(m.Local()))
	if _, connected := m.Socket.(*network.Conn); connected || m.Remote() != (network.Addr{}) {
		m.fd.raddr = address(m.sockaddr(m.Remote()))
	}
}

// error returns an error as a netFD has it for a descriptor.
func (m *jostleSocket) error(call string, err error) error {
	if err == network.ErrClosed {
		return errClosed
	}
	return wrapSyscallError(call, err)
}

// none is the error of what takes a descriptor.
func (m *jostleSocket) none(call string) error {
	m.network.Descriptor()
	return os.NewSyscallError(call, syscall.ENOSYS)
}

func (m *jostleSocket) raw(op string) error {
	m.network.Descriptor()
	return &OpError{Op: op, Net: m.fd.net, Source: m.fd.laddr, Addr: m.fd.raddr, Err: syscall.ENOSYS}
}

// control gives f a socket of the machine, whose options it may set. What is set for packets is to be seen in those that are received.
func (m *jostleSocket) control(f func(uintptr)) error {
	if _, packets := m.Socket.(*network.Packet); packets {
		m.network.Descriptor()
	}
	fd, err := m.optionsOf(0)
	if err != nil {
		return err
	}
	return newRawConn(fd).Control(f)
}

// optionsOf returns a socket of the machine of the same kind, for options only.
func (m *jostleSocket) optionsOf(proto int) (*netFD, error) {
	if m.options != nil {
		return m.options, nil
	}
	s, err := sysSocket(m.fd.family, m.fd.sotype, proto)
	if err != nil {
		return nil, err
	}
	fd := &netFD{family: m.fd.family, sotype: m.fd.sotype, net: m.fd.net}
	fd.pfd.Sysfd = s
	runtime.SetFinalizer(fd, (*netFD).Close) // an execution may leave it behind
	m.options = fd
	return fd, nil
}

func (m *jostleSocket) closeOptions() {
	if m.options != nil {
		m.options.Close()
	}
}

func (m *jostleSocket) accept() (*netFD, error) {
	listener, ok := m.Socket.(*network.Listener)
	if !ok {
		return nil, m.error("accept", syscall.EINVAL)
	}
	c, err := listener.Accept()
	if err != nil {
		return nil, m.error("accept", err)
	}
	fd := &netFD{family: m.fd.family, sotype: m.fd.sotype, net: m.fd.net, isConnected: true}
	fd.pfd.Sysfd--
	fd.mem = &jostleSocket{fd: fd, network: m.network, Socket: c}
	fd.mem.name()
	return fd, nil
}

func (m *jostleSocket) close() error {
	m.closeOptions()
	return m.error("close", m.Close())
}
func (m *jostleSocket) closeRead() error  { return m.error("shutdown", m.CloseRead()) }
func (m *jostleSocket) closeWrite() error { return m.error("shutdown", m.CloseWrite()) }

func (m *jostleSocket) read(p []byte) (int, error) {
	n, err := m.Read(p)
	return n, m.error(readSyscallName, err)
}

func (m *jostleSocket) write(p []byte) (int, error) {
	n, err := m.Write(p)
	return n, m.error(writeSyscallName, err)
}

func (m *jostleSocket) setDeadline(t time.Time) error      { return m.error("", m.SetDeadline(t)) }
func (m *jostleSocket) setReadDeadline(t time.Time) error  { return m.error("", m.SetReadDeadline(t)) }
func (m *jostleSocket) setWriteDeadline(t time.Time) error { return m.error("", m.SetWriteDeadline(t)) }

// receive receives a packet, or reads what is there of a stream.
func (m *jostleSocket) receive(call string, p []byte) (n, flags int, from network.Addr, err error) {
	packet, ok := m.Socket.(*network.Packet)
	if !ok {
		n, err = m.Read(p)
		return n, 0, m.Remote(), m.error(call, err)
	}
	n, size, from, err := packet.ReadFrom(p)
	if size > n {
		flags = network.Truncated
	}
	return n, flags, from, m.error(call, err)
}

func (m *jostleSocket) readFrom(p []byte) (n int, sa syscall.Sockaddr, err error) {
	n, _, from, err := m.receive(readFromSyscallName, p)
	if err == nil {
		sa = m.sockaddr(from)
	}
	return n, sa, err
}

func (m *jostleSocket) readFromInet4(p []byte, from *syscall.SockaddrInet4) (int, error) {
	n, sa, err := m.readFrom(p)
	if err == nil {
		*from = *sa.(*syscall.SockaddrInet4)
	}
	return n, err
}

func (m *jostleSocket) readFromInet6(p []byte, from *syscall.SockaddrInet6) (int, error) {
	n, sa, err := m.readFrom(p)
	if err == nil {
		*from = *sa.(*syscall.SockaddrInet6)
	}
	return n, err
}

func (m *jostleSocket) readMsg(p []byte) (n, oobn, flags int, sa syscall.Sockaddr, err error) {
	n, flags, from, err := m.receive(readMsgSyscallName, p)
	if err == nil {
		sa = m.sockaddr(from)
	}
	return n, 0, flags, sa, err
}

func (m *jostleSocket) readMsgInet4(p []byte, from *syscall.SockaddrInet4) (n, oobn, flags int, err error) {
	n, _, flags, sa, err := m.readMsg(p)
	if err == nil {
		*from = *sa.(*syscall.SockaddrInet4)
	}
	return n, 0, flags, err
}

func (m *jostleSocket) readMsgInet6(p []byte, from *syscall.SockaddrInet6) (n, oobn, flags int, err error) {
	n, _, flags, sa, err := m.readMsg(p)
	if err == nil {
		*from = *sa.(*syscall.SockaddrInet6)
	}
	return n, 0, flags, err
}

func (m *jostleSocket) writeTo(p []byte, sa syscall.Sockaddr) (int, error) {
	packet, ok := m.Socket.(*network.Packet)
	if !ok {
		return 0, m.error(writeToSyscallName, syscall.EISCONN)
	}
	n, err := packet.WriteTo(p, jostleAddr(sa))
	return n, m.error(writeToSyscallName, err)
}

// writeMsg writes to where the socket is connected if sa is nil. Control messages say from where a packet is to be sent, which is
// known here, or what descriptors go with it.
func (m *jostleSocket) writeMsg(p, oob []byte, sa syscall.Sockaddr) (n, oobn int, err error) {
	_, packets := m.Socket.(*network.Packet)
	switch {
	case len(oob) > 0 && !packets:
		err = m.none(writeMsgSyscallName)
	case sa == nil:
		n, err = m.write(p)
	default:
		n, err = m.writeTo(p, sa)
	}
	return n, len(oob), err
}

func (m *jostleSocket) writeMsgInet4(p, oob []byte, sa *syscall.SockaddrInet4) (n, oobn int, err error) {
	if sa == nil {
		return m.writeMsg(p, oob, nil)
	}
	return m.writeMsg(p, oob, sa)
}

func (m *jostleSocket) writeMsgInet6(p, oob []byte, sa *syscall.SockaddrInet6) (n, oobn int, err error) {
	if sa == nil {
		return m.writeMsg(p, oob, nil)
	}
	return m.writeMsg(p, oob, sa)
}

func (m *jostleSocket) writeBuffers(v *Buffers) (n int64, err error) {
	conn, ok := m.Socket.(*network.Conn)
	if !ok {
		return 0, m.error("writev", syscall.ENOTCONN)
	}
	n, err = conn.WriteBuffers(*v)
	v.consume(n)
	return n, m.error("writev", err)
}

func (m *jostleSocket) setLinger(seconds int) error {
	if conn, ok := m.Socket.(*network.Conn); ok {
		conn.SetLinger(seconds)
	}
	return nil
}

// sockaddr returns an address as the socket has it: one of IPv6 has those of IPv4 too.
func (m *jostleSocket) sockaddr(a network.Addr) syscall.Sockaddr {
	switch {
	case m.fd.family == syscall.AF_UNIX && a.Path == "":
		return &syscall.SockaddrUnix{Name: "@"} // as the kernel calls one without a name
	case m.fd.family == syscall.AF_UNIX:
		return &syscall.SockaddrUnix{Name: a.Path}
	case m.fd.family == syscall.AF_INET:
		return &syscall.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &syscall.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16(), ZoneId: uint32(zoneCache.index(a.Addr().Zone()))}
}

// jostleAddrOf returns an address of package net, which may be nil.
func jostleAddrOf(a sockaddr, family int) (network.Addr, error) {
	if a == nil {
		return network.Addr{}, nil
	}
	sa, err := a.sockaddr(family)
	return jostleAddr(sa), err
}

func jostleAddr(sa syscall.Sockaddr) network.Addr {
	switch sa := sa.(type) {
	case *syscall.SockaddrInet4:
		return network.IP(netip.AddrFrom4(sa.Addr), sa.Port)
	case *syscall.SockaddrInet6:
		return network.IP(netip.AddrFrom16(sa.Addr).WithZone(zoneCache.name(int(sa.ZoneId))), sa.Port)
	case *syscall.SockaddrUnix:
		return network.Addr{Path: sa.Name}
	}
	return network.Addr{}
}

// jostleAny returns the address of a socket that was given none.
func jostleAny(family int) network.Addr {
	if family == syscall.AF_INET {
		return network.IP(netip.IPv4Unspecified(), 0)
	}
	return network.IP(netip.IPv6Unspecified(), 0)
}

// jostleCopies reports whether one of two ends of a copy has no descriptor: c, or a connection as which the other is read or written.
func jostleCopies(c *netFD, other any) bool {
	if lr, ok := other.(*io.LimitedReader); ok {
		other = lr.R
	}
	var fd *netFD
	switch v := other.(type) {
	case *TCPConn:
		fd = v.fd
	case tcpConnWithoutWriteTo:
		fd = v.fd
	case *UnixConn:
		fd = v.fd
	}
	return c.mem != nil || fd != nil && fd.mem != nil
}

// JostleAwaits notes that the calling goroutine waits for what another one is to read from the connection: package http calls it.
func (c *conn) JostleAwaits() (done func()) {
	if c.fd != nil && c.fd.mem != nil {
		if conn, ok := c.fd.mem.Socket.(*network.Conn); ok {
			return conn.Awaits()
		}
	}
	return func() {}
}

// JostleFlows returns the directions of a connection as its end c sees them; nil if jostle does not know both ends. Package http calls it.
func JostleFlows(c Conn) (out, in *perturb.Flow) {
	if over, ok := c.(interface{ NetConn() Conn }); ok { // TLS
		c = over.NetConn()
	}
	if c, ok := c.(interface {
		jostleFlows() (out, in *perturb.Flow)
	}); ok {
		return c.jostleFlows()
	}
	return nil, nil
}

// What implementations of HTTP/2 have in a request and in the handling of one.
type (
	JostleRequest = perturb.Request
	JostleService = perturb.Service
)

// JostleCalls notes that the calling goroutine waits for the answer to a request of HTTP/2 over c until it calls the function that JostleCalls
// returns, and before that for one of the streams that the server allows its client. Implementations of HTTP/2 call it.
func JostleCalls[T any](r *JostleRequest, client *T, c Conn) (left func()) {
	name := "HTTP/2 stream"
	if out, _ := JostleFlows(c); out != nil {
		name += " to " + c.RemoteAddr().String()
	}
	r.Begin(unsafe.Pointer(client), name)
	return r.Left
}

// JostleOpens notes that a request has its stream. Implementations of HTTP/2 call it.
func JostleOpens(r *JostleRequest, c Conn, id uint32) {
	out, in := JostleFlows(c)
	r.Opens(out, in, id)
}

// JostleServes notes that the calling goroutine runs the handler of a request. Implementations of HTTP/2 call it.
func JostleServes(s *JostleService, c Conn, id uint32, gone <-chan struct{}) {
	out, in := JostleFlows(c)
	s.Begin(out, in, id, gone)
}

func (c *conn) jostleFlows() (out, in *perturb.Flow) {
	if c.fd != nil && c.fd.mem != nil {
		if conn, ok := c.fd.mem.Socket.(*network.Conn); ok {
			return conn.Flows()
		}
	}
	return nil, nil
}

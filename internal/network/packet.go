package network

import (
	"os"
	"syscall"
	"time"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// Bounds of UDP.
const (
	maxPacket = 65507     // bytes, with IPv4
	received  = 208 << 10 // bytes that stand in a socket's queue; what comes beyond is dropped
	overhead  = 512       // which count for each packet beside its own
)

// A Packet is a UDP socket.
type Packet struct {
	n      *Network
	b      *binding
	local  Addr
	remote Addr // of one that is connected

	first, last *datagram
	size        int

	reading half
	writing half // its deadline only: writes do not wait
	o       *engine.Object
	edge    uint64 // address for the race detector: what is done before a packet is sent comes before what is done after it is received
	closed  bool
}

type datagram struct {
	from Addr
	data []byte
	next *datagram
}

// Packet returns a UDP socket at an address; without a port it gets one.
func (n *Network) Packet(a Addr, v6only bool) (*Packet, error) {
	t, err := n.task()
	if err != nil {
		return nil, err
	}
	p := &Packet{n: n}
	s := t.LibSite(trace.OpListen)
	p.o = t.Object(unsafe.Pointer(p), trace.Socket, s)
	p.o.Name, p.reading.o = a.String(), p.o
	t.Point(trace.OpListen, p.o, s)
	if p.b, err = n.bind(UDP, a, v6only, false); err != nil {
		return nil, err
	}
	p.b.packet = p
	p.local = p.b.addr
	p.o.Name = p.local.String()
	return p, nil
}

// Connect has the socket send to a, and receive from there only.
func (p *Packet) Connect(a Addr) error {
	if _, err := p.n.task(); err != nil {
		return err
	}
	p.remote = IP(target(a.Addr()), int(a.Port()))
	if p.local.Addr().IsUnspecified() {
		p.local = IP(source(p.remote.Addr()), int(p.local.Port()))
		p.o.Name = p.local.String()
	}
	return nil
}

// Local returns the address of the socket.
func (p *Packet) Local() Addr { return p.local }

// Remote returns the address that the socket is connected to; the zero Addr if it is not.
func (p *Packet) Remote() Addr { return p.remote }

// ReadFrom receives a packet, and waits until there is one. It returns how much of it there was room for in b, how long it is, and where
// it comes from.
func (p *Packet) ReadFrom(b []byte) (n, size int, from Addr, err error) {
	t, err := p.n.task()
	if err != nil {
		return 0, 0, Addr{}, err
	}
	s, ok := p.reading.begin(t, &p.closed, trace.OpRead)
	if !ok {
		return 0, 0, Addr{}, ErrClosed
	}
	d, err := p.read(t, s)
	p.reading.end(t)
	if err != nil {
		return 0, 0, Addr{}, err
	}
	n = copy(b, d.data)
	engine.RaceWrites(b[:n])
	return n, len(d.data), d.from, nil
}

func (p *Packet) read(t *engine.Task, s *trace.Site) (*datagram, error) {
	if p.reading.Passed(t) {
		return nil, os.ErrDeadlineExceeded
	}
	for p.first == nil && !p.closed {
		if !p.reading.Wait(t, &p.o.Waiters, trace.OpRead, p.o, s, nil) {
			return nil, os.ErrDeadlineExceeded
		}
	}
	if p.closed {
		return nil, ErrClosed
	}
	engine.RaceAcquire(unsafe.Pointer(&p.edge))
	d := p.first
	if p.first = d.next; p.first == nil {
		p.last = nil
	}
	p.size -= len(d.data) + overhead
	return d, nil
}

// Write sends b to where the socket is connected to.
func (p *Packet) Write(b []byte) (int, error) {
	if p.remote == (Addr{}) {
		return 0, syscall.EDESTADDRREQ
	}
	return p.WriteTo(b, p.remote)
}

// WriteTo sends b. It does not report whether a socket gets it. Other machines are not reached.
func (p *Packet) WriteTo(b []byte, to Addr) (int, error) {
	t, err := p.n.task()
	if err != nil {
		return 0, err
	}
	to = IP(target(to.Addr()), int(to.Port()))
	from := p.local
	if from.Addr().IsUnspecified() {
		from = IP(source(to.Addr()), int(from.Port()))
	}
	s := t.LibSite(trace.OpWrite)
	var o *engine.Object
	if q := p.n.receiver(from, to); q != nil {
		o = q.o
	}
	t.Point(trace.OpWrite, o, s)
	switch {
	case p.closed:
		return 0, ErrClosed
	case p.writing.Passed(t):
		return 0, os.ErrDeadlineExceeded
	case len(b) > maxPacket:
		return 0, syscall.EMSGSIZE
	case !p.n.isLocal(to.Addr()):
		return 0, syscall.ENETUNREACH
	}
	engine.RaceReads(b)
	if q := p.n.receiver(from, to); q != nil {
		q.receive(t, b, from)
	}
	return len(b), nil
}

// receiver returns the socket that gets what is sent from one address to another; nil if there is none. One that is connected with the
// sender comes before others.
func (n *Network) receiver(from, to Addr) *Packet {
	b := n.at(UDP, to, func(b *binding) bool { return b.open && b.packet.remote == from && b.packet.local == to })
	if b == nil {
		b = n.at(UDP, to, func(b *binding) bool { return b.open && b.packet.remote == Addr{} })
	}
	if b == nil {
		return nil
	}
	return b.packet
}

// receive puts a packet into the queue, if there is room.
func (p *Packet) receive(t *engine.Task, b []byte, from Addr) {
	if p.size+len(b)+overhead > received {
		return
	}
	p.size += len(b) + overhead
	d := &datagram{from: from, data: make([]byte, len(b))}
	copy(d.data, b)
	if p.last == nil {
		p.first = d
	} else {
		p.last.next = d
	}
	p.last = d
	engine.RaceRelease(unsafe.Pointer(&p.edge))
	wake(t, &p.o.Waiters)
}

// Close closes the socket.
func (p *Packet) Close() error {
	t, err := p.n.task()
	if err != nil {
		return closeError(err)
	}
	t.Point(trace.OpClose, p.o, t.LibSite(trace.OpClose))
	if p.closed {
		return ErrClosed
	}
	p.closed, p.b.open = true, false
	p.first, p.last, p.size = nil, nil, 0
	wakeAll(t, &p.o.Waiters)
	wakeAll(t, &p.reading.queue)
	return nil
}

// SetReadDeadline sets until when reads wait.
func (p *Packet) SetReadDeadline(at time.Time) error {
	return p.n.setDeadline(at, &p.closed, &p.reading)
}

// SetWriteDeadline sets after when writes fail.
func (p *Packet) SetWriteDeadline(at time.Time) error {
	return p.n.setDeadline(at, &p.closed, &p.writing)
}

// SetDeadline sets both.
func (p *Packet) SetDeadline(at time.Time) error {
	return p.n.setDeadline(at, &p.closed, &p.reading, &p.writing)
}

// Read receives a packet from where the socket is connected to.
func (p *Packet) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	n, _, _, err := p.ReadFrom(b)
	return n, err
}

// CloseRead is for connections only.
func (p *Packet) CloseRead() error { return syscall.ENOTCONN }

// CloseWrite is for connections only.
func (p *Packet) CloseWrite() error { return syscall.ENOTCONN }

package network

import (
	"os"
	"syscall"
	"time"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// A Listener accepts connections: TCP, or unix streams.
type Listener struct {
	n       *Network
	b       *binding
	backlog int

	first, last *Conn // of those that are connected and not accepted
	pending     int   // how many they are

	accepting half
	o         *engine.Object
	edge      uint64 // address for the race detector: what comes before a Connect comes before what is done after the Accept
	closed    bool
}

// Listen returns a listener at a. Up to backlog connections, and one more, wait in its queue to be accepted.
func (n *Network) Listen(proto Proto, a Addr, v6only bool, backlog int) (*Listener, error) {
	t, err := n.task()
	if err != nil {
		return nil, err
	}
	l := &Listener{n: n, backlog: backlog}
	s := t.LibSite(trace.OpListen)
	l.o = t.Object(unsafe.Pointer(l), trace.Socket, s)
	l.o.Name, l.accepting.o = a.String(), l.o
	t.Point(trace.OpListen, l.o, s)
	if l.b, err = n.bind(proto, a, v6only, true); err != nil {
		return nil, err
	}
	l.b.listener = l
	l.o.Name = l.b.addr.String()
	return l, nil
}

// Local returns the address of the listener.
func (l *Listener) Local() Addr { return l.b.addr }

// Accept returns the other end of the oldest connection, and waits until there is one.
func (l *Listener) Accept() (*Conn, error) {
	t, err := l.n.task()
	if err != nil {
		return nil, err
	}
	s, ok := l.accepting.begin(t, &l.closed, trace.OpAccept)
	if !ok {
		return nil, ErrClosed
	}
	c, err := l.accept(t, s)
	l.accepting.end(t)
	return c, err
}

func (l *Listener) accept(t *engine.Task, s *trace.Site) (*Conn, error) {
	if l.accepting.Passed(t) {
		return nil, os.ErrDeadlineExceeded
	}
	for l.first == nil && !l.closed {
		if !l.accepting.Wait(t, &l.o.Waiters, trace.OpAccept, l.o, s, nil) {
			return nil, os.ErrDeadlineExceeded
		}
	}
	if l.closed {
		return nil, ErrClosed
	}
	engine.RaceAcquire(unsafe.Pointer(&l.edge))
	c := l.pop()
	t.Did(c.out.o, trace.OpAccept, s)
	wake(t, &l.o.Senders)
	return c, nil
}

func (l *Listener) push(c *Conn) {
	if l.pending++; l.last == nil {
		l.first = c
	} else {
		l.last.accepting = c
	}
	l.last = c
}

func (l *Listener) pop() *Conn {
	c := l.first
	if l.first, c.accepting = c.accepting, nil; l.first == nil {
		l.last = nil
	}
	l.pending--
	return c
}

// Close closes the listener. Connections that were not accepted are reset.
func (l *Listener) Close() error {
	t, err := l.n.task()
	if err != nil {
		return closeError(err)
	}
	t.Point(trace.OpClose, l.o, t.LibSite(trace.OpClose))
	if l.closed {
		return ErrClosed
	}
	l.closed, l.b.open = true, false
	for l.first != nil {
		c := l.pop()
		c.noLinger = true
		if c.proto == Unix {
			c.peer.fault = syscall.ECONNRESET
		}
		c.close(t)
	}
	wakeAll(t, &l.o.Waiters)
	wakeAll(t, &l.o.Senders)
	wakeAll(t, &l.accepting.queue)
	return nil
}

// SetDeadline sets until when Accept waits.
func (l *Listener) SetDeadline(at time.Time) error {
	return l.n.setDeadline(at, &l.closed, &l.accepting)
}

// SetReadDeadline is SetDeadline.
func (l *Listener) SetReadDeadline(at time.Time) error { return l.SetDeadline(at) }

// SetWriteDeadline does nothing.
func (l *Listener) SetWriteDeadline(time.Time) error { return nil }

// Remote returns no address.
func (l *Listener) Remote() Addr { return Addr{} }

// Read is for connections only.
func (l *Listener) Read([]byte) (int, error) { return 0, syscall.ENOTCONN }

// Write is for connections only.
func (l *Listener) Write([]byte) (int, error) { return 0, syscall.ENOTCONN }

// CloseRead is for connections only.
func (l *Listener) CloseRead() error { return syscall.ENOTCONN }

// CloseWrite is for connections only.
func (l *Listener) CloseWrite() error { return syscall.ENOTCONN }

// Bind gives the end its own address before Connect.
func (c *Conn) Bind(a Addr) error {
	if _, err := c.n.task(); err != nil {
		return err
	}
	b, err := c.n.bind(c.proto, a, false, false)
	c.bound = b
	return err
}

// Connect connects the end with the listener at a. It waits while the queue of that is
// full, and where it need not wait no deadline counts.
func (c *Conn) Connect(a Addr) error {
	t, err := c.n.task()
	if err != nil {
		return err
	}
	s := t.LibSite(trace.OpDial)
	var o *engine.Object
	if b := c.n.at(c.proto, a, listening); b != nil {
		o = b.listener.o
	}
	t.Point(trace.OpDial, o, s)
	if o != nil {
		switch f := t.Fault(ofDial, trace.OpDial, o, s); f.Op {
		case trace.OpRefuse:
			return syscall.ECONNREFUSED
		case trace.OpStall:
			c.writing.stall(t, f.For)
		}
	}
	for {
		b := c.n.at(c.proto, a, listening)
		switch {
		case o != nil && c.writing.stalled(t):
			if c.writing.Passed(t) || !c.writing.Wait(t, &c.writing.queue, trace.OpDial, o, s, nil) {
				return os.ErrDeadlineExceeded
			}
		case b == nil && a.Path != "" && !a.abstract() && fileAt(a.Path) == file{}:
			return syscall.ENOENT
		case b == nil:
			return syscall.ECONNREFUSED
		case b.listener.pending <= b.listener.backlog:
			return c.connect(t, b.listener, a, s)
		case c.proto == Unix:
			return syscall.EAGAIN
		case c.writing.Passed(t):
			return os.ErrDeadlineExceeded
		case !c.writing.Wait(t, &b.listener.o.Senders, trace.OpDial, b.listener.o, s, nil):
			return os.ErrDeadlineExceeded
		}
	}
}

func listening(b *binding) bool { return b.open && b.listener != nil }

// connect makes the other end, and puts it into the listener's queue.
func (c *Conn) connect(t *engine.Task, l *Listener, a Addr, s *trace.Site) error {
	if c.proto == TCP {
		a = IP(target(a.Addr()), int(a.Port()))
	}
	if err := c.name(a); err != nil {
		return err
	}
	other := &Conn{n: c.n, proto: c.proto, local: a, remote: c.local, peer: c}
	if c.proto == Unix {
		other.local = l.b.addr
	}
	c.remote, c.peer = a, other
	c.out, c.in = newFlows(t, c.local.String(), other.local.String(), s)
	other.in, other.out = c.out, c.in
	for _, end := range []*Conn{c, other} {
		end.reading.o, end.writing.o = end.in.o, end.out.o
	}
	t.Did(c.out.o, trace.OpDial, s)
	engine.RaceRelease(unsafe.Pointer(&l.edge))
	l.push(other)
	wake(t, &l.o.Waiters)
	return nil
}

// name gives the end an address from which it is connected with a, where it has none.
func (c *Conn) name(a Addr) error {
	switch {
	case c.bound != nil && c.proto == Unix:
		c.local = c.bound.addr
	case c.proto == Unix:
	case c.bound != nil:
		c.local = c.bound.addr
		if c.local.Addr().IsUnspecified() {
			c.local = IP(source(a.Addr()), int(c.local.Port()))
		}
	default:
		port, err := c.n.freePort(TCP)
		if err != nil {
			return syscall.EADDRNOTAVAIL
		}
		c.local = IP(source(a.Addr()), int(port))
	}
	return nil
}

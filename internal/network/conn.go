package network

import (
	"io"
	"os"
	"syscall"
	"time"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// A Conn is one end of a connection: TCP, or a unix stream.
type Conn struct {
	n      *Network
	proto  Proto
	local  Addr
	remote Addr
	bound  *binding // of one that was given a local port, nil for others
	peer   *Conn    // nil before Connect
	in     *flow
	out    *flow

	reading half
	writing half

	fault     syscall.Errno // the next operation fails with it, and it is forgotten
	ended     bool          // the other end writes no more
	noReads   bool          // what Linux calls shut down, for receiving
	noWrites  bool          // and for sending
	over      bool          // the connection was reset
	noLinger  bool
	closed    bool
	accepting *Conn // the next one in the queue of a listener
}

// NewConn returns an end that is not connected yet. For its Connect the deadline for writing counts.
func (n *Network) NewConn(proto Proto) *Conn { return &Conn{n: n, proto: proto} }

// Local returns the address of this end, Remote that of the other.
func (c *Conn) Local() Addr { return c.local }

// Remote returns the address of the other end.
func (c *Conn) Remote() Addr { return c.remote }

// Read reads what is there into p, and waits until there is something.
func (c *Conn) Read(p []byte) (int, error) {
	t, err := c.n.task()
	if err != nil {
		return 0, err
	}
	if c.peer == nil {
		return 0, syscall.ENOTCONN
	}
	s, ok := c.reading.begin(t, &c.closed, trace.OpRead)
	if !ok {
		return 0, ErrClosed
	}
	c.broken(t, trace.OpRead, c.in.o, s, &c.reading)
	n, err := c.read(t, p, s)
	c.reading.end(t)
	return n, err
}

// Awaits notes that the calling goroutine waits for what comes from the other end, whoever reads it, until it calls the function that
// Awaits returns.
func (c *Conn) Awaits() (done func()) {
	t, err := c.n.task()
	if err != nil || t.Unwinding() || c.in == nil {
		return func() {}
	}
	t.Uses(trace.OpRead, c.in.o)
	return engine.Until(c.in.o)
}

// Flows returns the directions of the connection, as this end sees them; nil if it is not connected.
func (c *Conn) Flows() (out, in *engine.Object) {
	if c.in == nil || c.out == nil {
		return nil, nil
	}
	return c.out.o, c.in.o
}

func (c *Conn) read(t *engine.Task, p []byte, s *trace.Site) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if c.reading.Passed(t) {
		return 0, os.ErrDeadlineExceeded
	}
	for {
		switch {
		case c.closed:
			return 0, ErrClosed
		case c.reading.stalled(t):
		case c.in.n > 0:
			engine.RaceAcquire(unsafe.Pointer(&c.in.edge))
			n := c.in.take(p)
			engine.RaceWrites(p[:n])
			c.peer.wakeWriter(t)
			return n, nil
		case c.ended && c.proto == TCP, c.fault == 0 && (c.ended || c.noReads):
			engine.RaceAcquire(unsafe.Pointer(&c.in.edge))
			return 0, io.EOF
		case c.fault != 0:
			engine.RaceAcquire(unsafe.Pointer(&c.in.edge))
			return 0, c.failed()
		}
		if !c.reading.Wait(t, &c.in.o.Waiters, trace.OpRead, c.in.o, s, nil) {
			return 0, os.ErrDeadlineExceeded
		}
	}
}

// failed returns the error that is pending, which is told once.
func (c *Conn) failed() error {
	err := c.fault
	c.fault = 0
	return err
}

// Write writes p, and waits while there is no room. Other writes of this end come before all of it or after.
func (c *Conn) Write(p []byte) (int, error) {
	n, err := c.WriteBuffers([][]byte{p})
	return int(n), err
}

// WriteBuffers is Write for bytes that stand in several places.
func (c *Conn) WriteBuffers(v [][]byte) (n int64, err error) {
	t, err := c.n.task()
	if err != nil {
		return 0, err
	}
	if c.peer == nil {
		return 0, syscall.ENOTCONN
	}
	s, ok := c.writing.begin(t, &c.closed, trace.OpWrite)
	if !ok {
		return 0, ErrClosed
	}
	c.broken(t, trace.OpWrite, c.out.o, s, &c.peer.reading)
	for _, p := range v {
		var k int
		k, err = c.write(t, p, s)
		if n += int64(k); err != nil {
			break
		}
	}
	c.writing.end(t)
	return n, err
}

func (c *Conn) write(t *engine.Task, p []byte, s *trace.Site) (int, error) {
	if c.writing.Passed(t) {
		return 0, os.ErrDeadlineExceeded
	}
	engine.RaceReads(p)
	for n := 0; ; {
		switch {
		case c.closed:
			return n, ErrClosed
		case c.proto == Unix && (c.noWrites || c.peer.noReads):
			return n, syscall.EPIPE
		case c.fault != 0:
			return n, c.failed()
		case c.noWrites:
			return n, syscall.EPIPE
		case len(p) == 0:
			return 0, nil
		case c.peer.closed, c.ended && c.peer.noReads:
			// The bytes are sent, and the answer is a reset: nothing will read them.
			c.peer.reset(t)
			c.reset(t)
			return len(p), nil
		}
		engine.RaceRelease(unsafe.Pointer(&c.out.edge))
		k := c.out.put(p[n:])
		if n += k; k > 0 {
			c.peer.wakeReader(t)
		}
		if n == len(p) {
			return n, nil
		}
		if !c.writing.Wait(t, &c.out.o.Senders, trace.OpWrite, c.out.o, s, nil) {
			return n, os.ErrDeadlineExceeded
		}
	}
}

// reset is what comes to an end whose other end is gone: a TCP segment with RST.
func (c *Conn) reset(t *engine.Task) {
	if c.closed {
		return
	}
	if c.fault = syscall.ECONNRESET; c.ended {
		c.fault = syscall.EPIPE
	}
	c.noReads, c.noWrites, c.over = true, true, true
	c.wake(t)
}

// wake has those look again who wait at this end.
func (c *Conn) wake(t *engine.Task) {
	c.wakeReader(t)
	c.wakeWriter(t)
}

func (c *Conn) wakeReader(t *engine.Task) { wake(t, &c.in.o.Waiters) }

func (c *Conn) wakeWriter(t *engine.Task) { wake(t, &c.out.o.Senders) }

// CloseRead says that this end will not read. As in Linux, what is there can still be read, and so can what comes later.
func (c *Conn) CloseRead() error {
	return c.shut(func(t *engine.Task) {
		c.noReads = true
		c.wakeReader(t)
		if c.proto == Unix {
			c.peer.noWrites = true
			c.peer.wakeWriter(t)
		}
	})
}

// CloseWrite says that this end will not write: the other end comes to the end of what was written.
func (c *Conn) CloseWrite() error {
	return c.shut(func(t *engine.Task) {
		engine.RaceRelease(unsafe.Pointer(&c.out.edge))
		c.noWrites = true
		c.wakeWriter(t)
		c.peer.ended = true
		if c.proto == Unix {
			c.peer.noReads = true
		}
		c.peer.wakeReader(t)
	})
}

func (c *Conn) shut(f func(t *engine.Task)) error {
	t, err := c.n.task()
	if err != nil {
		return err
	}
	if c.peer == nil {
		return syscall.ENOTCONN
	}
	s := t.LibSite(trace.OpClose)
	t.Point(trace.OpClose, c.out.o, s)
	c.broken(t, trace.OpClose, c.out.o, s, &c.peer.reading)
	switch {
	case c.closed:
		return ErrClosed
	case c.proto == TCP && (c.over || c.ended && c.peer.ended):
		return syscall.ENOTCONN
	}
	f(t)
	return nil
}

// Close closes this end. What was not read is lost, and the other end is told so.
func (c *Conn) Close() error {
	t, err := c.n.task()
	if err != nil {
		return closeError(err)
	}
	if c.peer == nil {
		c.closed = true
		return nil
	}
	s := t.LibSite(trace.OpClose)
	t.Point(trace.OpClose, c.out.o, s)
	if c.closed {
		return ErrClosed
	}
	c.broken(t, trace.OpClose, c.out.o, s, &c.peer.reading)
	t.Did(c.in.o, trace.OpClose, s)
	c.close(t)
	return nil
}

// closeError returns what a Close returns that comes when the execution is over: nothing is left to be closed.
func closeError(err error) error {
	if err == syscall.ECONNRESET {
		return nil
	}
	return err
}

func (c *Conn) close(t *engine.Task) {
	lost := c.in.n > 0
	c.in.drop()
	c.closed = true
	if c.bound != nil {
		c.bound.open = false
	}
	engine.RaceRelease(unsafe.Pointer(&c.out.edge))
	switch p := c.peer; {
	case p.closed, c.over:
	case c.proto == Unix:
		if lost {
			p.fault = syscall.ECONNRESET
		}
		p.ended, p.noReads, p.noWrites = true, true, true
		p.wake(t)
	case lost || c.noLinger:
		p.reset(t)
	default:
		p.ended = true
		p.wake(t)
	}
	c.wake(t)
	wakeAll(t, &c.reading.queue)
	wakeAll(t, &c.writing.queue)
}

// SetLinger is what SO_LINGER does to Close: with 0 seconds it resets the connection.
func (c *Conn) SetLinger(seconds int) { c.noLinger = seconds == 0 }

// SetReadDeadline sets until when reads wait.
func (c *Conn) SetReadDeadline(at time.Time) error {
	return c.n.setDeadline(at, &c.closed, &c.reading)
}

// SetWriteDeadline sets until when writes wait, and Connect.
func (c *Conn) SetWriteDeadline(at time.Time) error {
	return c.n.setDeadline(at, &c.closed, &c.writing)
}

// SetDeadline sets until when all operations wait.
func (c *Conn) SetDeadline(at time.Time) error {
	return c.n.setDeadline(at, &c.closed, &c.reading, &c.writing)
}

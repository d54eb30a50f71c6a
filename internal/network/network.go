// Package network is a network in memory, for what a process does with itself: TCP, unix stream sockets, and UDP. Sockets of a
// controlled execution are its sockets. So what goroutines send each other is a matter of the schedule and of nothing else: no
// descriptors, no buffers of a kernel, no ports that are different ones in the next process.
//
// It behaves as Linux does towards package net. Each operation is one sync point. Goroutines wait in the engine, which knows the
// goroutines that could end the wait: those that use the other end.
//
// Package net, which is built with this one, asks it for sockets (see package instrument). So nothing here may import net. Like the
// engine it is compiled without the race detector. It uses no maps, and does not copy slices with pointers: these the runtime reports
// to the detector itself.
package network

import (
	"errors"
	"syscall"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// A Proto is a kind of network.
type Proto uint8

const (
	TCP Proto = iota
	Unix
	UDP
)

// A Socket is what a Conn, a Listener and a Packet have in common. What one cannot do returns the error of Linux.
type Socket interface {
	Local() Addr
	Remote() Addr
	Read([]byte) (int, error)
	Write([]byte) (int, error)
	CloseRead() error
	CloseWrite() error
	Close() error
	SetDeadline(time.Time) error
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
}

// ErrClosed is returned by operations on a socket that is closed, or is closed meanwhile.
var ErrClosed = errors.New("use of closed network connection")

// errOutside is returned to goroutines that are not part of the execution: what they did would come at any time.
var errOutside = errors.New("a socket of a controlled execution was used by a goroutine that is not controlled")

// A Network is the sockets of one execution.
type Network struct {
	bounds   *binding // all that there were, the last one first
	port     uint16   // the last one that was given to a socket that did not ask for any
	unnamed  int      // unix sockets bound to no name in particular, so far
	local    *checked // addresses, whether they are the machine's
	finished bool
}

// firstPort is where Linux begins too.
const firstPort = 32768

// Current returns the network of the execution that the calling goroutine is part of; nil if it is part of none, or if its sockets are
// the machine's.
func Current() *Network {
	t := engine.Self()
	if t == nil || t.Unwinding() || engine.OfMachine {
		return nil
	}
	if n, ok := t.Execution().World().(*Network); ok {
		return n
	}
	n := &Network{port: firstPort - 1}
	t.Execution().SetWorld(n)
	return n
}

// End is engine.World. It removes the files of sockets that were not closed: the next execution would find them.
func (n *Network) End() {
	n.finished = true
	for b := n.bounds; b != nil; b = b.next {
		if b.open && b.file != (file{}) {
			b.file.remove(b.addr.Path)
		}
	}
}

// task returns the task that calls. Sockets that an earlier execution has left, in a package variable say, are dead: the goroutines that
// used the other end have ended.
func (n *Network) task() (*engine.Task, error) {
	t := engine.Self()
	switch {
	case n.finished:
		return nil, syscall.ECONNRESET
	case t == nil:
		return nil, errOutside
	}
	return t, nil
}

// Descriptor notes that the calling goroutine asks for the descriptor of a socket in memory, which has none: what it does then it does
// with a socket of the machine only, so the execution is to be repeated with those, see engine.OfMachine.
func (n *Network) Descriptor() {
	if t, err := n.task(); err == nil && !t.Unwinding() {
		t.Lacks("it asks for the descriptor of a socket", t.LibSite(trace.OpDescriptor))
	}
}

// wake ends the wait of the first in l, if there is one.
func wake(t *engine.Task, l *engine.Waiters) {
	if w := l.First(); w != nil {
		t.Execution().Complete(w, true)
	}
}

// wakeAll ends the waits of all in l.
func wakeAll(t *engine.Task, l *engine.Waiters) {
	for l.First() != nil {
		wake(t, l)
	}
}

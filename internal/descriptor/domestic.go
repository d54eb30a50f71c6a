package descriptor

import (
	"unsafe"

	"github.com/jostle-dev/jostle/internal/engine"
)

// Of a socket of the machine both ends may be in this process. It is not known whether anything else has them too, so it is abroad like
// others; but what one end is given is at the other at once. So a goroutine that waits at a domestic socket is woken as soon as
// something was done with another one, and competes with all that can run.

// A nature says whether the other end of a socket is in this process.
type nature uint8

const (
	unknown  nature = iota // it is not connected yet
	foreign                // nothing in this process has the other end, or it is no socket
	domestic               // something has, or it listens
)

// sockets are the domestic ones that an execution has used.
var sockets struct {
	of  engine.RunID
	all []*File
}

// settle finds out what a socket is, as long as that is not known, and reports whether it is domestic.
func (f *File) settle(t *engine.Task, fd Open) bool {
	if f.nature != unknown {
		return f.nature == domestic
	}
	if f.nature = natureOf(fd.Number()); f.nature != domestic {
		return false
	}
	if run := t.Execution().ID(); sockets.of != run {
		sockets.of, sockets.all = run, nil
	}
	sockets.all = append(sockets.all, f)
	lookAll(t) // it may be the first that is known of a connection, which another goroutine waits to accept
	return true
}

// lookAll has the goroutines look again that wait at domestic sockets.
func lookAll(t *engine.Task) {
	for _, f := range sockets.all {
		if o := t.Known(unsafe.Pointer(f.in)); o != nil {
			pollAll(&o.Waiters)
		}
		if o := t.Known(unsafe.Pointer(f.out)); o != nil {
			pollAll(&o.Senders)
		}
	}
}

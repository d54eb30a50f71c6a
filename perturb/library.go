package perturb

import (
	"unsafe"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// Kept is something of a library that a goroutine holds, and Keeping what has to come before it gives that back. The copies of the standard
// library use them, and what follows, to say what goroutines wait for in it (package instrument/patch).
type (
	Kept    = engine.Kept
	Keeping = trace.Keeping
)

// A Flow is a direction of a connection, and a Request and a Service are one in one of several streams that share it.
type (
	Flow    = engine.Object
	Request = engine.Request
	Service = engine.Service
)

// The keepings.
const (
	Using   = trace.Using
	Body    = trace.Body
	Rows    = trace.Rows
	Tx      = trace.Tx
	Conn    = trace.Conn
	Serving = trace.Serving
	Unread  = trace.Unread
)

// Awaits notes that the caller waits for what owner gives out under a name until it calls the function that Awaits returns; if all,
// until no goroutine holds any of it.
func Awaits(owner unsafe.Pointer, name string, all bool) (done func()) {
	t := engine.Self()
	if t == nil || t.Unwinding() {
		return nothing
	}
	return engine.Until(t.Awaits(owner, name, all))
}

// PipeRead and PipeWrite note that the caller uses a direction of a pipe until it calls the function that they return. A direction
// is known by the address of something that both ends have. That of the other one is nil if there is none.
func PipeRead(there, back unsafe.Pointer, name string) (done func()) {
	return uses(trace.OpRead, there, back, name)
}

// PipeWrite: see PipeRead.
func PipeWrite(there, back unsafe.Pointer, name string) (done func()) {
	return uses(trace.OpWrite, there, back, name)
}

// PipeFlows returns the two directions of a pipe: nil if the caller is not controlled.
func PipeFlows(there, back unsafe.Pointer, name string) (out, in *Flow) {
	t := engine.Self()
	if t == nil || t.Unwinding() {
		return nil, nil
	}
	out = t.Pipe(there, back, name)
	return out, out.Back
}

func uses(op trace.Op, there, back unsafe.Pointer, name string) (done func()) {
	t := engine.Self()
	if t == nil || t.Unwinding() {
		return nothing
	}
	o := t.Pipe(there, back, name)
	t.Uses(op, o)
	return engine.Until(o)
}

func nothing() {}

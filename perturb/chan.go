package perturb

import (
	"time"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// A channel stays the channel it is: values in its buffer are in its buffer, a close is a close. Only blocking is
// virtual: a goroutine that would block waits in the engine's lists, in the order of the runtime's (src/runtime/chan.go),
// and its partner hands over directly. Partners that the engine does not see, a context or a timer say, are met by
// trying the real channel.

// chanObject returns the engine's side of ch, which must not be nil.
func chanObject[T any](t *engine.Task, ch <-chan T, s *Site) *engine.Object {
	var zero T
	return t.Chan(chanPointer(ch), unsafe.Sizeof(zero), s)
}

// chanPointer returns the address that makes ch the channel it is.
func chanPointer[T any](ch <-chan T) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&ch)) }

// both forgets the direction of a channel.
func both[T any, C chan T | <-chan T | chan<- T](ch C) chan T { return *(*chan T)(unsafe.Pointer(&ch)) }

// A Sender is a channel that a value is about to be sent on.
type Sender[T any] struct {
	ch chan<- T
	s  *Site
}

// To begins the send statement To(ch, s).Send(v), which is ch <- v: the value is converted to the channel's element type
// as the send statement converts it.
func To[T any](ch chan<- T, s *Site) Sender[T] { return Sender[T]{ch, s} }

// Send sends v.
func (d Sender[T]) Send(v T) {
	t := engine.At(d.s)
	if t == nil {
		d.ch <- v
		return
	}
	if d.ch == nil {
		t.Point(trace.OpSend, nil, d.s)
		t.Block(trace.OpSend, d.s)
	}
	ch := both[T](d.ch)
	o := chanObject(t, ch, d.s)
	t.Point(trace.OpSend, o, d.s)
	if !trySend(t, o, ch, v) {
		blockedSend(t, o, ch, v, d.s)
	}
	t.After(trace.OpSend, o, d.s)
}

// blockedSend is apart from Send so that only a send that blocks moves its value to the heap.
func blockedSend[T any](t *engine.Task, o *engine.Object, ch chan T, v T, s *Site) {
	w := waiterOf[T](o)
	w.ch, w.v = ch, v
	w.onSend(t, o, s)
	t.Block(trace.OpSend, s)
	ok := w.Ok
	w.free(o)
	if !ok {
		ch <- v // closed meanwhile: panics
	}
}

// trySend sends v if that is possible without blocking.
func trySend[T any](t *engine.Task, o *engine.Object, ch chan T, v T) bool {
	if o.Closed {
		t.Does(o, trace.Looks)
	}
	if w := o.Waiters.First(); w != nil && !o.Closed {
		t.Does(o, trace.Sends)
		if engine.Race && cap(ch) > 0 {
			ch <- v // for the order that a buffer makes, it goes through it
			return w.Poll()
		}
		w.Meet()
		*(*T)(w.Val) = v
		w.Met()
		t.Execution().Complete(w, true)
		return true
	}
	select {
	case ch <- v: // there is room, or a receiver that the engine does not see
		t.Does(o, trace.Sends)
		return true
	default:
		return false
	}
}

// Recv is <-ch.
func Recv[T any](ch <-chan T, s *Site) T {
	v, _ := Recv2(ch, s)
	return v
}

// Recv2 is v, ok := <-ch.
func Recv2[T any](ch <-chan T, s *Site) (T, bool) {
	t := engine.At(s)
	if t == nil {
		if engine.InLive() {
			return recvLive(ch)
		}
		v, ok := <-ch
		return v, ok
	}
	if ch == nil {
		t.Point(trace.OpRecv, nil, s)
		t.Block(trace.OpRecv, s)
	}
	o := chanObject(t, ch, s)
	t.Point(trace.OpRecv, o, s)
	v, ok, ready := tryRecv(t, o, ch)
	if !ready {
		v, ok = blockedRecv(t, o, ch, s)
	}
	if ok {
		t.After(trace.OpRecv, o, s)
	}
	return v, ok
}

// recvLive receives in a live run, where it is noted which goroutines wait for timers.
func recvLive[T any](ch <-chan T) (T, bool) {
	if times(ch) {
		defer engine.ReceivesTimes(chanPointer(ch))()
	}
	v, ok := <-ch
	return v, ok
}

// times reports whether the values of a channel are times, as those of timers are.
func times[T any](ch <-chan T) bool {
	_, are := any(ch).(<-chan time.Time)
	return are
}

// Recv2As is v, ok = <-ch where ok is of a type of its own.
func Recv2As[B ~bool, T any](ch <-chan T, s *Site) (T, B) {
	v, ok := Recv2(ch, s)
	return v, B(ok)
}

func blockedRecv[T any](t *engine.Task, o *engine.Object, ch <-chan T, s *Site) (v T, ok bool) {
	w := waiterOf[T](o)
	w.ch = both[T](ch)
	w.onRecv(t, o, s)
	t.Block(trace.OpRecv, s)
	v, ok = w.v, w.Ok
	if engine.Race && !ok {
		<-ch // closed: what came before that
	}
	w.free(o)
	return v, ok
}

// tryRecv receives if that is possible without blocking.
func tryRecv[T any](t *engine.Task, o *engine.Object, ch <-chan T) (v T, ok, ready bool) {
	if v, ok, ready = takeRecv(t, o, ch); ok && unsafe.Sizeof(v) > 0 {
		t.Received()
	}
	return v, ok, ready
}

func takeRecv[T any](t *engine.Task, o *engine.Object, ch <-chan T) (v T, ok, ready bool) {
	if o.Stash != nil {
		t.Does(o, trace.Receives)
		return *(*T)(o.Kept()), true, true
	}
	select {
	case v, ok = <-ch:
		if ok {
			t.Does(o, trace.Receives)
		} else {
			t.Does(o, trace.Looks)
		}
		if w := o.Senders.First(); w != nil && ok {
			// The oldest blocked sender moves into the room that is now in the buffer.
			w.Poll()
		}
		if !ok {
			o.SetClosed()
		}
		return v, ok, true
	default:
	}
	if w := o.Senders.First(); w != nil {
		t.Does(o, trace.Receives)
		w.Meet()
		v = *(*T)(w.Val)
		w.Met()
		t.Execution().Complete(w, true)
		return v, true, true
	}
	return v, false, false
}

// A chanWaiter waits for a partner on a channel.
type chanWaiter[T any] struct {
	engine.Waiter
	ch chan T
	v  T // to be sent, or received
}

// waiterOf returns a waiter for o. In most programs it is the one that was there last time.
func waiterOf[T any](o *engine.Object) *chanWaiter[T] {
	if w, ok := o.Spare.(*chanWaiter[T]); ok && !engine.Race { // nothing orders its users
		o.Spare = nil
		return w
	}
	return new(chanWaiter[T])
}

// free gives back a waiter that waits no more.
func (w *chanWaiter[T]) free(o *engine.Object) {
	if engine.Race {
		return
	}
	var zero T
	w.v = zero
	o.Spare = w
}

func (w *chanWaiter[T]) onSend(t *engine.Task, o *engine.Object, s *Site) {
	w.Val, w.Poller = unsafe.Pointer(&w.v), w
	t.Wait(&o.Senders, &w.Waiter, o, trace.OpSend, s)
}

func (w *chanWaiter[T]) onRecv(t *engine.Task, o *engine.Object, s *Site) {
	w.Val, w.Poller, w.Value = unsafe.Pointer(&w.v), w, unsafe.Sizeof(w.v) > 0
	t.Wait(&o.Waiters, &w.Waiter, o, trace.OpRecv, s)
}

// Poll is engine.Poller.
func (w *chanWaiter[T]) Poll() bool {
	x := w.Task.Execution()
	if w.Op == trace.OpSend {
		select {
		case w.ch <- w.v:
			x.Complete(&w.Waiter, true)
			return true
		default:
			return false
		}
	}
	select {
	case got, ok := <-w.ch:
		w.v = got
		x.Complete(&w.Waiter, ok)
		return true
	default:
		return false
	}
}

// Close is close(ch).
func Close[T any](ch chan<- T, s *Site) {
	t := engine.At(s)
	if t == nil || ch == nil {
		close(ch)
		return
	}
	o := chanObject(t, both[T](ch), s)
	t.Point(trace.OpClose, o, s)
	close(ch)
	t.Does(o, trace.Changes)
	o.SetClosed()
	for w := o.Waiters.First(); w != nil; w = o.Waiters.First() {
		t.Execution().Complete(w, false)
	}
	for w := o.Senders.First(); w != nil; w = o.Senders.First() {
		t.Execution().Complete(w, false)
	}
	t.After(trace.OpClose, o, s)
}

// RangeOver begins a loop over ch: it returns ch, evaluated once, and a zero value of its element type.
func RangeOver[T any](ch <-chan T) (<-chan T, T) {
	var zero T
	return ch, zero
}

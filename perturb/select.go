package perturb

import (
	"reflect"
	"slices"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// A SelectCase is one communication of a select statement.
type SelectCase interface {
	op() trace.Op
	releases() bool                                // having been taken, lets others do something
	object(t *engine.Task, s *Site) *engine.Object // nil for a nil channel
	ready(t *engine.Task, o *engine.Object) bool   // can go on with what the engine sees
	commit(t *engine.Task, o *engine.Object)       // does it; it is ready
	try(t *engine.Task, o *engine.Object) bool     // does it if a partner is there that the engine does not see
	wait(t *engine.Task, o *engine.Object, s *Site)
	done(w *engine.Waiter)      // w, which wait made, was completed
	waiter() *engine.Waiter     // the one that wait made
	native() reflect.SelectCase // for selects outside executions
	timer() unsafe.Pointer      // the channel, if it may be a timer's that is received from; or nil
	received(v reflect.Value, ok bool)
	alone(hasDefault bool) bool // is the whole select, outside executions: whether the case was taken
}

// WithDefault and NoDefault are what Select's hasDefault is in rewritten code, where true and false may mean something else.
const (
	WithDefault = true
	NoDefault   = false
)

// Select is a select statement over cases, with a default clause or without: it returns the index of the case taken, or
// -1 for the default. A received value is got from the case. Without default and cases it blocks for ever.
//
// Which of several ready cases is taken is a decision of the schedule; the plain one is the first in the source.
func Select(s *Site, hasDefault bool, cases ...SelectCase) int {
	t := engine.At(s)
	if t == nil {
		return selectNative(hasDefault, cases)
	}
	var fewObjects [8]*engine.Object
	objects := fewObjects[:0]
	for i, c := range cases {
		o := c.object(t, s)
		if o != nil && i < len(s.Cases) {
			o.Seen(s.Cases[i].Var)
		}
		objects = append(objects, o)
	}
	if hasDefault {
		t.Poll(trace.OpSelect, nil, s)
	} else {
		t.Point(trace.OpSelect, nil, s)
	}
	var few [8]int
	ready := few[:0]
	for i, c := range cases {
		o := objects[i]
		if o != nil && c.ready(t, o) {
			ready = append(ready, i)
		}
	}
	if t.Reached() {
		for i, c := range cases {
			if o := objects[i]; o != nil {
				t.Reaches(o, reach(c, hasDefault || len(ready) > 0 && !slices.Contains(ready, i)))
			}
		}
	}
	if len(ready) > 0 {
		i := t.ChooseCase(ready, s)
		cases[i].commit(t, objects[i])
		t.Step(cases[i].op(), objects[i], s)
		released(t, cases[i], objects[i], i, s)
		return i
	}
	for i, c := range cases {
		if o := objects[i]; o != nil && c.try(t, o) {
			t.Step(c.op(), o, s)
			released(t, c, o, i, s)
			return i
		}
	}
	if hasDefault {
		for i, c := range cases {
			if o := objects[i]; o != nil {
				t.Does(o, trace.Looks)
				if c.op() == trace.OpSend {
					t.Drop(o, trace.OpSend, s)
				}
			}
		}
		return -1
	}
	for i, c := range cases {
		if o := objects[i]; o != nil {
			c.wait(t, o, s)
			c.waiter().Case = i
		}
	}
	done := t.Block(trace.OpSelect, s)
	for i, c := range cases {
		if objects[i] != nil && c.waiter() == done {
			t.Step(c.op(), objects[i], s)
			c.done(done)
			released(t, c, objects[i], i, s)
			return i
		}
	}
	panic("jostle: a select was woken by none of its cases")
}

// reach is how a select uses the channel of a case: where it goes on without, it makes a difference whether a partner is there yet,
// and else only whose turn it is among those that wait for one.
func reach(c SelectCase, without bool) trace.How {
	if without {
		return trace.Without(c.op())
	}
	return trace.WaitsTo(c.op())
}

// released is the sync point after the i-th case, which was taken.
func released(t *engine.Task, c SelectCase, o *engine.Object, i int, s *Site) {
	if c.releases() {
		t.AfterCase(i, c.op(), o, s)
	}
}

func selectNative(hasDefault bool, cases []SelectCase) int {
	if !hasDefault && engine.InLive() {
		if timers := timersOf(cases); len(timers) > 0 {
			defer engine.ReceivesTimes(timers...)()
		}
	}
	if len(cases) == 1 { // most selects, and much quicker than by reflection
		return index(cases[0].alone(hasDefault))
	}
	native := make([]reflect.SelectCase, len(cases), len(cases)+1)
	for i, c := range cases {
		native[i] = c.native()
	}
	if hasDefault {
		native = append(native, reflect.SelectCase{Dir: reflect.SelectDefault})
	}
	i, v, ok := reflect.Select(native)
	if i == len(cases) {
		return -1
	}
	cases[i].received(v, ok)
	return i
}

// index is what Select returns for a select of one case.
func index(taken bool) int {
	if taken {
		return 0
	}
	return -1
}

func timersOf(cases []SelectCase) (timers []unsafe.Pointer) {
	for _, c := range cases {
		if p := c.timer(); p != nil {
			timers = append(timers, p)
		}
	}
	return timers
}

// A RecvCase is a receive in a select.
type RecvCase[T any] struct {
	w  chanWaiter[T]
	ok bool
}

// OnRecv makes the case <-ch.
func OnRecv[T any](ch <-chan T) *RecvCase[T] { return &RecvCase[T]{w: chanWaiter[T]{ch: both[T](ch)}} }

// OrDefault is Select with a default for c alone. The case need not be allocated where no execution is.
func (c *RecvCase[T]) OrDefault(s *Site) int {
	if engine.At(s) == nil {
		return index(c.alone(WithDefault))
	}
	own := &RecvCase[T]{w: c.w}
	i := Select(s, WithDefault, own)
	c.w.v, c.ok = own.w.v, own.ok
	return i
}

// Get returns the value received.
func (c *RecvCase[T]) Get() T { return c.w.v }

// Get2 returns the value received, and whether it was sent rather than the zero value of a closed channel.
func (c *RecvCase[T]) Get2() (T, bool) { return c.w.v, c.ok }

// Get2As is c.Get2 for a second variable of a type of its own.
func Get2As[B ~bool, T any](c *RecvCase[T]) (T, B) { return c.w.v, B(c.ok) }

func (c *RecvCase[T]) releases() bool { return c.ok }

func (c *RecvCase[T]) op() trace.Op { return trace.OpRecv }

func (c *RecvCase[T]) object(t *engine.Task, s *Site) *engine.Object {
	if c.w.ch == nil {
		return nil
	}
	return chanObject(t, c.w.ch, s)
}

func (c *RecvCase[T]) ready(t *engine.Task, o *engine.Object) bool {
	if o.Stash != nil || len(c.w.ch) > 0 || o.Closed || o.Senders.First() != nil {
		return true
	}
	// Closed by code left native, or with a native sender waiting? To see it is to receive.
	select {
	case v, ok := <-c.w.ch:
		if ok {
			o.Keep(unsafe.Pointer(&v))
		} else {
			o.SetClosed()
		}
		return true
	default:
		return false
	}
}

func (c *RecvCase[T]) commit(t *engine.Task, o *engine.Object) {
	c.w.v, c.ok, _ = tryRecv(t, o, c.w.ch)
}

func (c *RecvCase[T]) try(*engine.Task, *engine.Object) bool { return false } // ready has tried

func (c *RecvCase[T]) wait(t *engine.Task, o *engine.Object, s *Site) {
	c.w.onRecv(t, o, s)
}

func (c *RecvCase[T]) done(w *engine.Waiter) {
	c.ok = w.Ok
	if engine.Race && !c.ok {
		<-c.w.ch // closed: what came before that
	}
}

func (c *RecvCase[T]) waiter() *engine.Waiter { return &c.w.Waiter }

func (c *RecvCase[T]) native() reflect.SelectCase {
	return reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(c.w.ch)}
}

func (c *RecvCase[T]) timer() unsafe.Pointer {
	if !times[T](c.w.ch) {
		return nil
	}
	return chanPointer(c.w.ch)
}

func (c *RecvCase[T]) received(v reflect.Value, ok bool) {
	reflect.ValueOf(&c.w.v).Elem().Set(v)
	c.ok = ok
}

func (c *RecvCase[T]) alone(hasDefault bool) bool {
	if !hasDefault {
		c.w.v, c.ok = <-c.w.ch
		return true
	}
	select {
	case c.w.v, c.ok = <-c.w.ch:
		return true
	default:
		return false
	}
}

// A SendTo is a channel in a send case whose value is still to come.
type SendTo[T any] struct{ ch chan<- T }

// OnSend begins the case ch <- v, which is OnSend(ch).Value(v).
func OnSend[T any](ch chan<- T) SendTo[T] { return SendTo[T]{ch} }

// Value completes the case.
func (d SendTo[T]) Value(v T) *SendCase[T] {
	return &SendCase[T]{chanWaiter[T]{ch: both[T](d.ch), v: v}}
}

// A SendCase is a send in a select.
type SendCase[T any] struct{ w chanWaiter[T] }

// OrDefault is Select with a default for c alone. The case need not be allocated where no execution is.
func (c *SendCase[T]) OrDefault(s *Site) int {
	if engine.At(s) == nil {
		return index(c.alone(WithDefault))
	}
	return Select(s, WithDefault, &SendCase[T]{c.w})
}

func (c *SendCase[T]) releases() bool { return true }

func (c *SendCase[T]) op() trace.Op { return trace.OpSend }

func (c *SendCase[T]) object(t *engine.Task, s *Site) *engine.Object {
	if c.w.ch == nil {
		return nil
	}
	return chanObject(t, c.w.ch, s)
}

func (c *SendCase[T]) ready(t *engine.Task, o *engine.Object) bool {
	return o.Waiters.First() != nil || len(c.w.ch) < cap(c.w.ch) || o.Closed
}

func (c *SendCase[T]) commit(t *engine.Task, o *engine.Object) { trySend(t, o, c.w.ch, c.w.v) }

func (c *SendCase[T]) try(t *engine.Task, o *engine.Object) bool { return trySend(t, o, c.w.ch, c.w.v) }

func (c *SendCase[T]) wait(t *engine.Task, o *engine.Object, s *Site) {
	c.w.onSend(t, o, s)
}

func (c *SendCase[T]) done(w *engine.Waiter) {
	if !w.Ok {
		c.w.ch <- c.w.v // closed meanwhile: panics
	}
}

func (c *SendCase[T]) waiter() *engine.Waiter { return &c.w.Waiter }

func (c *SendCase[T]) timer() unsafe.Pointer { return nil }

func (c *SendCase[T]) native() reflect.SelectCase {
	return reflect.SelectCase{Dir: reflect.SelectSend, Chan: reflect.ValueOf(c.w.ch), Send: reflect.ValueOf(&c.w.v).Elem()}
}

func (c *SendCase[T]) received(reflect.Value, bool) {}

func (c *SendCase[T]) alone(hasDefault bool) bool {
	if !hasDefault {
		c.w.ch <- c.w.v
		return true
	}
	select {
	case c.w.ch <- c.w.v:
		return true
	default:
		return false
	}
}

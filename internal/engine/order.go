package engine

import (
	"math/bits"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/trace"
)

// Executions are told apart by which operation on an object came after which, and by nothing else: two that differ only in how
// operations on different objects came between each other are one (Mazurkiewicz, "Trace theory", 1986). An order is such a class of
// executions.
//
// It is known by a number. Each operation has a hash, of those of its goroutine before it and of those of its object that it must not
// change places with; the order is the sum of all. So an operation costs some multiplications, and the sum does not depend on in which
// sequence independent operations were done.

// howSlot is which of the hashes of an object a use is added to. No object is both a channel and a wait group.
var howSlot = [...]uint8{trace.Looks: 0, trace.Changes: 1, trace.Adds: 2, trace.Dones: 3, trace.Waits: 4, trace.Sends: 2, trace.Receives: 3, trace.Takes: 1, trace.Gives: 1}

// howSees are those, as bits, that it must not change places with.
var howSees = [...]uint8{
	trace.Looks: 0b01110, trace.Changes: 0b11111, trace.Adds: 0b10010, trace.Dones: 0b00010, trace.Waits: 0b01110, trace.Sends: 0b00111, trace.Receives: 0b01011, trace.Takes: 0b00011, trace.Gives: 0b00011,
}

// howAlone are the uses that do not change places with each other.
var howAlone = [...]bool{trace.Changes: true, trace.Sends: true, trace.Receives: true, trace.Takes: true, trace.Gives: true}

// A uses is what was done with an object so far.
type uses struct {
	hashes [5]uint64  // see howSlot
	last   [5]lastUse // of those that do not change places with each other
}

// A lastUse is what was done last.
type lastUse struct {
	by  uint32 // task; 0 for none
	key uint64
}

// An order is what is known of the order of an execution.
type order struct {
	sum    uint64
	epoch  uint64 // changes when time passes: what comes before comes before all that follows
	nature uses   // of what is no object: contexts, the network, what goroutines wait for outside of sync points
	cells  cells
	beyond string
	log    *orderLog
}

func (or *order) reset(logged bool) {
	*or = order{cells: or.cells, log: or.log}
	or.cells.reset()
	if !logged {
		or.log = nil
		return
	}
	if or.log == nil {
		or.log = new(orderLog)
	}
	or.log.reset()
}

// logged returns the transitions, or nil.
func (or *order) logged() *trace.Order {
	if or.log == nil {
		return nil
	}
	return &or.log.Order
}

const orderFactor = 0x9E3779B97F4A7C15

// event notes that t has done something with what u belongs to.
func (x *Execution) event(t *Task, u *uses, how trace.How) {
	if x.unwinding {
		return
	}
	key := t.last.StableKey() + uint64(how)
	h := (t.past^x.order.epoch)*orderFactor + key
	for sees := howSees[how]; sees != 0; sees &= sees - 1 {
		slot := bits.TrailingZeros8(sees)
		if before := &u.last[slot]; before.by != 0 && before.by != t.ID {
			x.trace.orders.Add(before.key, key)
		}
		h = (h ^ u.hashes[slot]) * orderFactor
		h ^= h >> 32
	}
	t.past = h
	x.order.sum += h
	if slot := howSlot[how]; howAlone[how] {
		u.hashes[slot], u.last[slot] = h, lastUse{t.ID, key}
	} else {
		u.hashes[slot] += h
	}
}

// Does notes that t uses o, at the sync point that it has passed last, or at once when it was woken.
func (t *Task) Does(o *Object, how trace.How) {
	t.x.event(t, &o.uses, how)
	if o.made.Task != nil { // a context or a timer, which comes to an end by itself
		t.x.event(t, &t.x.order.nature, trace.Looks)
	}
	if log := t.x.order.log; log != nil {
		log.does(t, o, how, 1)
	}
}

// Counts is Does for n that are added to a wait group, or if n is negative taken from it. count is what it comes to.
func (t *Task) Counts(o *Object, n, count int) {
	how := trace.Adds
	switch {
	case count < 0:
		how = trace.Changes
	case n < 0:
		how, n = trace.Dones, -n
	}
	t.x.event(t, &o.uses, how)
	if log := t.x.order.log; log != nil {
		log.does(t, o, how, n)
	}
}

// Reached reports whether Reaches notes anything.
func (t *Task) Reached() bool { return t.x.order.log != nil && !t.x.unwinding }

// Reaches notes that t waits for o, or is about to, where that can make a difference to others: what it then gets is noted by Does. It
// is no part of the order, but what leads to another one.
func (t *Task) Reaches(o *Object, how trace.How) {
	if t.Reached() {
		t.x.order.log.uses(o, how, 1)
	}
}

// Stirs notes that t does something with what is no object. Nothing of that changes places.
func (t *Task) Stirs(how trace.How) {
	t.x.event(t, &t.x.order.nature, how)
	if log := t.x.order.log; log != nil {
		log.access(0, how, 1)
	}
}

// usesCell notes that t does an atomic operation on c.
func (t *Task) usesCell(c *cell, s *trace.Site) {
	how := trace.Changes
	if s != nil && s.Looks {
		how = trace.Looks
	}
	t.x.event(t, &c.uses, how)
	if log := t.x.order.log; log != nil {
		log.access(-int32(c.id), how, 1)
	}
}

// waitsFor notes that t begins to wait for o, where that has a place among what others wait for.
func (t *Task) waitsFor(o *Object, op trace.Op) {
	if o == nil || !t.Reached() {
		return
	}
	switch {
	case o.Kind == trace.Once:
		t.Reaches(o, trace.Looks)
	case o.Kind == trace.Chan:
		t.Reaches(o, trace.WaitsTo(op))
	}
}

// ends notes that what w waits for is done, for its task.
func (x *Execution) ends(w *Waiter) {
	if x.unwinding {
		return
	}
	if o := w.Object; o != nil {
		switch {
		case o.Kind == trace.Chan && w.Op == trace.OpSend && w.Ok:
			x.event(w.Task, &o.uses, trace.Sends)
		case o.Kind == trace.Chan && w.Op == trace.OpRecv && w.Ok:
			x.event(w.Task, &o.uses, trace.Receives)
		case o.Kind == trace.Chan, o.Kind == trace.Once:
			x.event(w.Task, &o.uses, trace.Looks)
			if o.made.Task != nil {
				x.event(w.Task, &x.order.nature, trace.Looks)
			}
		case o.Kind == trace.WaitGroup && w.Op == trace.OpWait:
			x.event(w.Task, &o.uses, trace.Waits)
		}
	}
	if log := x.order.log; log != nil {
		log.ends(w)
	}
}

// passes notes that time passes: all that has been done comes before what will be.
func (x *Execution) passes() {
	x.order.epoch = (x.order.epoch ^ x.order.sum) * orderFactor
	x.goesBeyond(timePasses)
	if log := x.order.log; log != nil {
		log.barrier()
	}
}

// What sync points alone do not decide.
const (
	timePasses  = "time passes in it"
	isOutside   = "a goroutine waits for something that no sync point is at"
	isAbroad    = "it waits for what is outside of the process"
	isRandom    = "it looks at random values, or at the order of a map"
	isOnce      = "it does something once in the process"
	isUnknown   = "it has an atomic operation of which the variable is not known"
	isPlain     = "plain loads and stores are sync points in it"
	isCollected = "it waits for the garbage collector"
)

// goesBeyond notes why other executions than those that orders of sync points lead to are possible.
func (x *Execution) goesBeyond(why string) {
	if x.order.beyond == "" {
		x.order.beyond = why
	}
}

// begins notes that t runs on, from a sync point or because it was woken.
func (x *Execution) begins(t *Task) {
	if log := x.order.log; log != nil {
		log.begin(t)
	}
}

// A cell is a variable that atomic operations are done on.
type cell struct {
	p    unsafe.Pointer
	id   uint32
	uses uses
}

// cells are the variables of an execution that atomic operations are done on, by address. Like objects it keeps them alive.
type cells struct {
	slots  []*cell // as in objects
	chunks [][]cell
	n      int
	last   *cell
}

func (cs *cells) reset() {
	if cs.n == 0 {
		return
	}
	clear(cs.slots)
	for i := range cs.chunks[:(cs.n+objectChunk-1)/objectChunk] {
		clear(cs.chunks[i][:min(objectChunk, cs.n-i*objectChunk)])
	}
	const kept = 64
	if len(cs.chunks) > kept {
		cs.chunks = cs.chunks[:kept:kept]
		cs.slots = nil
	}
	cs.n, cs.last = 0, nil
}

func (cs *cells) slot(p unsafe.Pointer) int {
	mask := uint64(len(cs.slots) - 1)
	i := uint64(uintptr(p)) * orderFactor >> 32 & mask
	for c := cs.slots[i]; c != nil && c.p != p; c = cs.slots[i] {
		i = (i + 1) & mask
	}
	return int(i)
}

func (cs *cells) get(p unsafe.Pointer) *cell {
	if cs.last != nil && cs.last.p == p {
		return cs.last
	}
	if len(cs.slots) > 0 {
		if c := cs.slots[cs.slot(p)]; c != nil {
			cs.last = c
			return c
		}
	}
	if 2*(cs.n+1) >= len(cs.slots) {
		old := cs.slots
		cs.slots = make([]*cell, max(2*len(old), 64))
		for _, c := range old {
			if c != nil {
				cs.slots[cs.slot(c.p)] = c
			}
		}
	}
	chunk, i := cs.n/objectChunk, cs.n%objectChunk
	if chunk == len(cs.chunks) {
		cs.chunks = append(cs.chunks, make([]cell, objectChunk))
	}
	c := &cs.chunks[chunk][i]
	cs.n++
	c.p, c.id = p, uint32(cs.n)
	cs.slots[cs.slot(p)] = c
	cs.last = c
	return c
}

// forget lets the variables go.
func (cs *cells) forget() {
	clear(cs.slots)
	for i := range cs.n {
		cs.chunks[i/objectChunk][i%objectChunk].p = nil
	}
	cs.last = nil
}

// mostCells bounds the memory of what is known of variables.
const mostCells = 1 << 16

//go:build race

package engine

import (
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"
)

// The race detector knows an order of two accesses by the synchronisation between them. In an execution one goroutine runs
// at a time, and handing over is synchronisation: left to itself the detector would see all accesses ordered, and report
// nothing. So what the engine does is hidden from it:
//
//   - This package is compiled without it (see package instrument) and not inlined into code that is compiled with it: its
//     own accesses, and what it does atomically, are no events. Package perturb is code like any other, so that the
//     detector knows who has called it, and much of it is instantiated in the packages under test: it may read what is the
//     engine's, and leaves all writing to functions of this package.
//   - Channels, mutexes, maps and copies of slices are events of the runtime, whoever uses them. For the first two there is
//     hide; the other two the engine does not use.
//   - Strategies are code like any other, with maps and with fmt, whose pools order whoever calls it. They run on a
//     goroutine of their own, in nobody's name.
//
// Then what the code under test is promised must be there again. Real operations that a task does itself are events as
// they always are; what another would do for it on the real object it is woken up to do itself, see Task.inName. Where
// no real operation is done, as when a value is handed over directly, the edge is given by hand: Waiter.Meet, Waiter.Met.

// Race reports whether the process has the race detector.
const Race = true

// hide begins a passage in which the calling goroutine's synchronisation is not seen by the detector.
func hide() { runtime.RaceDisable() }

func unhide() { runtime.RaceEnable() }

// raceErrors returns how many races were reported so far.
func raceErrors() int { return runtime.RaceErrors() }

// RaceRelease makes everything that the calling goroutine has done come before what others do after RaceAcquire of the same
// address, beside what was released there before.
func RaceRelease(p unsafe.Pointer) { runtime.RaceReleaseMerge(p) }

// RaceAcquire is the other side of RaceRelease.
func RaceAcquire(p unsafe.Pointer) { runtime.RaceAcquire(p) }

// raceRelease is RaceRelease, but what was released at the address before is forgotten.
func raceRelease(p unsafe.Pointer) { runtime.RaceRelease(p) }

// RaceReads tells the detector that the calling goroutine reads p.
func RaceReads(p []byte) {
	if len(p) > 0 {
		runtime.RaceReadRange(unsafe.Pointer(&p[0]), len(p))
	}
}

// RaceWrites tells the detector that the calling goroutine writes p.
func RaceWrites(p []byte) {
	if len(p) > 0 {
		runtime.RaceWriteRange(unsafe.Pointer(&p[0]), len(p))
	}
}

// WaitGroupWaits tells the detector that somebody waits for wg, as (*sync.WaitGroup).Wait does: for an Add that is not
// ordered with it, a misuse, that is a race.
func WaitGroupWaits(wg *sync.WaitGroup) {
	if sema > 0 {
		runtime.RaceWrite(unsafe.Add(unsafe.Pointer(wg), sema))
	}
}

// sema is where a WaitGroup has the field that stands for its use (src/sync/waitgroup.go); 0 if it has none.
var sema = func() uintptr {
	f, _ := reflect.TypeFor[sync.WaitGroup]().FieldByName("sema")
	return f.Offset
}()

// A pointer is an atomic.Pointer, hidden: its operations are calls, for the garbage collector.
type pointer[T any] struct{ p atomic.Pointer[T] }

func (p *pointer[T]) Load() *T {
	hide()
	v := p.p.Load()
	unhide()
	return v
}

func (p *pointer[T]) Store(v *T) {
	hide()
	p.p.Store(v)
	unhide()
}

func (p *pointer[T]) CompareAndSwap(was, v *T) bool {
	hide()
	swapped := p.p.CompareAndSwap(was, v)
	unhide()
	return swapped
}

// A decider has a strategy decide on a goroutine of its own.
type decider struct {
	strategy        Strategy
	asked, answered chan struct{}
	ended           chan struct{}
	q               *Question
	answer          int
}

func newDecider(s Strategy) *decider {
	d := &decider{strategy: s, asked: make(chan struct{}), answered: make(chan struct{}), ended: make(chan struct{})}
	go d.run()
	return d
}

func (d *decider) run() {
	defer close(d.ended)
	for {
		hide()
		_, more := <-d.asked
		unhide()
		if !more {
			return
		}
		d.answer = d.strategy.Choose(d.q)
		raceRelease(unsafe.Pointer(d)) // for leave
		hide()
		d.answered <- struct{}{}
		unhide()
	}
}

// ask is called by one goroutine at a time.
func (d *decider) ask(q *Question) int {
	d.q = q
	hide()
	d.asked <- struct{}{}
	<-d.answered
	unhide()
	return d.answer
}

// leave says that the caller will look at the strategy, although the goroutine may be left for ever.
func (d *decider) leave() { runtime.RaceAcquire(unsafe.Pointer(d)) }

// end ends the goroutine: what the strategy has done comes before what the caller does next.
func (d *decider) end() {
	close(d.asked)
	<-d.ended
}

package engine

import (
	"slices"
	"sync"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/trace"
)

// variables are the ranges of memory that hold the variables of packages.
var variables = func() (at [8]uintptr) {
	segments(&at)
	return at
}()

// InVariable reports whether p points into a variable of a package, or into what its initial value points to: into what the process
// has from its beginning. It is false where that is not known.
func InVariable(p unsafe.Pointer) bool {
	for i := 0; i < len(variables); i += 2 {
		if variables[i] <= uintptr(p) && uintptr(p) < variables[i+1] {
			return true
		}
	}
	return false
}

// A lasting variable is one of a function that was called to make something for the whole process.
type lasting struct {
	at   unsafe.Pointer
	next *lasting
}

var lastings struct {
	mu   sync.Mutex
	head *lasting
}

// Lasts notes that a function has declared a variable at p. It belongs to the process if nothing has run yet, or if the caller does something that
// is done once in the process.
func Lasts(p unsafe.Pointer) {
	if t := Self(); Begun() && (t == nil || t.within == nil && t.process == nil) {
		return
	}
	hide()
	lastings.mu.Lock()
	lastings.head = &lasting{p, lastings.head}
	lastings.mu.Unlock()
	unhide()
}

// IsLasting reports whether Lasts was called for p, and p belongs to the process.
func IsLasting(p unsafe.Pointer) bool {
	hide()
	lastings.mu.Lock()
	l := lastings.head
	for ; l != nil && l.at != p; l = l.next {
	}
	lastings.mu.Unlock()
	unhide()
	return l != nil
}

// begun is set once there was an execution in the process, or a live run.
var begun flag

// Begun reports whether there was an execution in the process, or a live run. What was made before belongs to no test.
func Begun() bool { return begun.Load() }

// An InProcess is something that is done once in the whole process, whichever test comes first: what a sync.Once does that is a
// variable of a package. A goroutine that it begins is no test's.
//
// With the execution such a goroutine ends all the same, and the next must not meet what is left without it: there it is done once
// more.
type InProcess struct {
	outer *InProcess // in which it is done
	again func()     // has it done once more
	done  bool
}

// EnterProcess says that t does something that is done once in the process, until LeaveProcess. again is to make undone that it was
// done.
func (t *Task) EnterProcess(again func()) {
	outer := t.within
	if outer == nil {
		outer = t.process
	}
	t.within = &InProcess{outer: outer, again: again}
	t.x.inProcess = append(t.x.inProcess, t.within)
	t.x.goesBeyond(isOnce)
}

// LeaveProcess ends what EnterProcess began.
func (t *Task) LeaveProcess() {
	in := t.within
	in.done = !t.x.unwinding
	if t.within = in.outer; t.within == t.process {
		t.within = nil
	}
}

// inherits returns what a task belongs to that t starts, if that is the process: what is started meanwhile does, and what such a
// goroutine starts before it has received anything. What it starts later may be what a test has asked it for.
func (t *Task) inherits() *InProcess {
	switch {
	case t == nil:
		return nil
	case t.within == nil && t.lastRecv == 0:
		return t.process
	}
	return t.within
}

// onlyProcess reports whether the body has ended, and all who have not belong to the process.
func (x *Execution) onlyProcess() bool {
	if len(x.inProcess) == 0 || x.tasks[0].state != trace.Ended {
		return false
	}
	return !slices.ContainsFunc(x.tasks, func(t *Task) bool {
		return t.state != trace.Ended && (t.state == trace.Outside || t.process == nil)
	})
}

// unfinished returns what is to be done once more in the next execution: what is not done yet, and what has begun goroutines that
// are still there.
func (x *Execution) unfinished() (again []func()) {
	var due []*InProcess
	for _, t := range x.tasks {
		if t.state != trace.Ended && t.process != nil && len(x.inProcess) > 0 {
			due = append(due, t.process)
		}
	}
	for _, in := range slices.Backward(x.inProcess) {
		if !in.done || slices.Contains(due, in) {
			again = append(again, in.again)
			due = append(due, in.outer)
		}
	}
	return again
}

// Again reports whether the executions so far have left something that is done once in the process to be done once more. It is then
// done twice in the process, and it may be that it does not stand that.
func (x *Execution) Again() bool { return x.again }

// liveProcess are the goroutines, by number, that do something in a live run which is done once in the process, and those that were
// begun by it: no tasks are known there.
var liveProcess struct {
	sync.Mutex
	busy   number // how many are within
	within map[uint64]int
	began  map[uint64]bool
}

// EnterProcessLive is EnterProcess for the calling goroutine of a live run. What it returns ends that.
func EnterProcessLive() (leave func()) {
	if x := active.Load(); x == nil || x.free == nil {
		return func() {}
	}
	id := goroutineID()
	enter := func(n int) {
		liveProcess.Lock()
		defer liveProcess.Unlock()
		if liveProcess.within == nil {
			liveProcess.within, liveProcess.began = map[uint64]int{}, map[uint64]bool{}
		}
		liveProcess.within[id] += n
		liveProcess.busy.Add(int64(n))
	}
	enter(1)
	return func() { enter(-1) }
}

// Started returns f, which the calling goroutine starts natively, as it is to be started: of one that belongs to the process it is
// noted that it does.
func Started(f func()) func() {
	if liveProcess.busy.Load() == 0 {
		return f
	}
	id := goroutineID()
	liveProcess.Lock()
	defer liveProcess.Unlock()
	if liveProcess.within[id] == 0 {
		return f
	}
	return func() {
		liveProcess.Lock()
		liveProcess.began[goroutineID()] = true
		liveProcess.Unlock()
		f()
	}
}

// BelongsToProcess reports whether a goroutine was begun in a live run by something that is done once in the process.
func BelongsToProcess(goroutine uint64) bool {
	liveProcess.Lock()
	defer liveProcess.Unlock()
	return liveProcess.began[goroutine]
}

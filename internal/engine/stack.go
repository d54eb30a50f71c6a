package engine

import (
	"runtime"

	"github.com/jostle-dev/jostle/internal/trace"
)

// maxDump bounds the text of all goroutines' stacks.
const maxDump = 8 << 20

// Dump returns the stacks of the calling goroutine, or of all goroutines of the process, as the runtime prints them.
func Dump(all bool) []byte {
	size := 1 << 10
	if all {
		size = 64 << 10
	}
	for ; ; size *= 2 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, all); n < size || size >= maxDump {
			return buf[:n]
		}
	}
}

// A Printer prints stacks as the code under test is to see them. That takes packages which the engine does without: package nativestack
// is one.
type Printer interface {
	Stack(all bool) string // as runtime.Stack has it
	DebugStack() []byte    // as debug.Stack has it
	PrintStack()           // as debug.PrintStack does
}

// Native is nil in a program that prints no stacks, and runs no tests. It is set before main.
var Native Printer

// A Lack is what a task does for which an execution does not have what is needed.
type Lack struct {
	Does string
	In   *trace.Site
}

// Lacks notes that t does something for which an execution does not have what is needed: what it does now is not what it does without control.
func (t *Task) Lacks(does string, s *trace.Site) {
	if t.x.lacking.In == nil && s != nil {
		t.x.lacking = Lack{does, s}
	}
}

// Lacking returns what a task of the last Run has done first for which an execution does not have what is needed; the zero Lack if there was
// nothing.
func (x *Execution) Lacking() Lack { return x.lacking }

// maxForeign is how many sync points passed by goroutines that are no tasks are looked into: a stack takes its time.
const maxForeign = 4

// foreign notes the stack of the calling goroutine, which is no task of the execution.
func (x *Execution) foreign() {
	if x.foreigns.n.Load() >= maxForeign {
		return
	}
	if i := x.foreigns.n.Add(1) - 1; i < maxForeign {
		stack := Dump(false)
		x.foreigns.stacks[i].Store(&stack)
	}
}

// foreigns are stacks of goroutines that are no tasks, at sync points.
type foreigns struct {
	n      number // how many there were, or a few more
	stacks [maxForeign]pointer[[]byte]
}

func (f *foreigns) reset() {
	f.n.Store(0)
	for i := range f.stacks {
		f.stacks[i].Store(nil)
	}
}

// Foreign returns the stacks of goroutines that have passed a sync point in the last Run and are none of its tasks, as the runtime prints
// them: the first ones.
func (x *Execution) Foreign() (stacks [][]byte) {
	for i := range x.foreigns.stacks {
		if s := x.foreigns.stacks[i].Load(); s != nil {
			stacks = append(stacks, *s)
		}
	}
	return stacks
}

// Tasks returns all tasks of the present Run, or of the last: for the goroutine that has the token.
func (x *Execution) Tasks() []*Task { return x.tasks }

// goroutineID returns the number of the calling goroutine that stacks have.
func goroutineID() (id uint64) {
	var buf [64]byte
	for _, c := range buf[len("goroutine "):runtime.Stack(buf[:], false)] {
		if c < '0' || c > '9' {
			break
		}
		id = id*10 + uint64(c-'0')
	}
	return id
}

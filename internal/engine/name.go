package engine

import (
	"runtime"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/trace"
)

// codeOf returns the address of a function's code; 0 for nil.
func codeOf(f func()) uintptr {
	if f == nil {
		return 0
	}
	return **(**uintptr)(unsafe.Pointer(&f))
}

// A calls is what a task takes notes of for its name.
type calls struct {
	trace.Called
	looks int // how many Looks
}

const (
	maxLooks  = 4
	maxDepth  = 64 // beyond it, it is not seen what a goroutine has begun with
	keptCalls = 16 // the outermost ones
)

// callsOf returns what a new task has to take notes of: nil if its go statement says how it is called. A function literal of a library
// may run what the library is given.
func callsOf(s *trace.Site) *calls {
	if program.Has(s.Starts) && !(s.Library && program.IsLiteral(s.Starts)) {
		return nil
	}
	return new(calls)
}

// titled returns the calls of a task that has a title.
func titled(title string) *calls { return &calls{Called: trace.Called{Title: title}} }

// looking reports whether the goroutine is at one of its first sync points.
func (c *calls) looking() bool { return c.looks < maxLooks && c.Title == "" }

// look notes the calling goroutine's stack.
func (c *calls) look() {
	c.looks++
	var buf [maxDepth]uintptr
	n := runtime.Callers(3, buf[:])
	if n == maxDepth {
		return
	}
	c.Looks = append(append(c.Looks, buf[max(n-keptCalls, 0):n]...), 0)
}

// Identity returns what package goroutines needs to know of t to name it, and to find it on stacks.
func (t *Task) Identity() trace.TaskState {
	ts := trace.TaskState{ID: t.ID, Spawned: t.Spawned, Begun: t.entry, Address: uintptr(unsafe.Pointer(t))}
	if t.calls != nil {
		ts.Called = &t.calls.Called
	}
	return ts
}

// State returns what t is about: for the goroutine that has the token.
func (t *Task) State() trace.State { return t.state }

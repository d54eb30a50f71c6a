package engine

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/trace"
)

// A goroutine is called by the function that it runs, as the runtime prints it and the source has it: the one that its go
// statement starts. A function literal of a library that runs what it is given (an errgroup's, a pool's) tells nothing:
// then it is the outermost function on the goroutine's stack that belongs to another module.

// Title is what people call the task: its number and its name.
func (t *Task) Title() string { return strings.TrimSpace(fmt.Sprintf("g%d %s", t.ID, t.Name())) }

// Name returns the function that t runs, without its package, or the title that t was given: that of a test, say.
func (t *Task) Name() string {
	if c := t.calls; c != nil && c.title != "" {
		return c.title
	}
	return t.nameWith("")
}

// named is Name for a task with a stack, as the runtime prints it; it stays called so.
func (t *Task) named(stack string) string {
	if t.calls == nil {
		return t.Name()
	}
	if t.calls.title == "" {
		t.calls.title = t.nameWith(stack)
	}
	return t.calls.title
}

// nameWith is Name for a task without a title.
func (t *Task) nameWith(stack string) string {
	s := t.Spawned
	if s == nil {
		return ""
	}
	var looks [][]program.Call
	if stack != "" {
		looks = [][]program.Call{program.CallsOn(stack)}
	} else if t.calls != nil {
		looks = t.calls.seen()
	}
	own := s.Starts
	if !program.Has(own) {
		own = t.begun()
	}
	var given []string
	for _, calls := range looks {
		first, g := program.CalledBy(calls, s)
		if own == "" {
			own = first
		}
		if g != "" && !slices.Contains(given, g) {
			given = append(given, g)
		}
	}
	if own == "" {
		own = s.Starts
	}
	if len(given) == 1 && program.OfLibrary(s) && program.IsLiteral(own) {
		own = given[0]
	}
	return program.ShortFunc(own)
}

// begun returns the function that t was begun with, if that is one of the source's; else "".
func (t *Task) begun() string {
	if t.entry == 0 {
		return ""
	}
	f := runtime.FuncForPC(t.entry)
	if f == nil {
		return ""
	}
	file, line := f.FileLine(t.entry)
	return program.BegunWith(program.Call{Func: strings.TrimSuffix(f.Name(), "-fm"), File: file, Line: line}, t.Spawned)
}

// codeOf returns the address of a function's code; 0 for nil.
func codeOf(f func()) uintptr {
	if f == nil {
		return 0
	}
	return **(**uintptr)(unsafe.Pointer(&f))
}

// A calls is what is known of how a task is called beside its go statement.
type calls struct {
	title string
	looks []uintptr // stacks at the first sync points, each from the innermost call on and with a 0 at its end
	n     int       // how many
}

const (
	maxLooks  = 4
	maxDepth  = 64 // beyond it, it is not seen what a goroutine has begun with
	keptCalls = 16 // the outermost ones
)

// callsOf returns what a new task has to take notes of: nil if its go statement says how it is called.
func callsOf(s *trace.Site) *calls {
	if program.Has(s.Starts) && !(program.IsLiteral(s.Starts) && program.OfLibrary(s)) {
		return nil
	}
	return new(calls)
}

// looking reports whether the goroutine is at one of its first sync points.
func (c *calls) looking() bool { return c.n < maxLooks && c.title == "" }

// look notes the calling goroutine's stack.
func (c *calls) look() {
	c.n++
	var buf [maxDepth]uintptr
	n := runtime.Callers(3, buf[:])
	if n == maxDepth {
		return
	}
	c.looks = append(append(c.looks, buf[max(n-keptCalls, 0):n]...), 0)
}

// seen returns the stacks of look, each from the outermost call on.
func (c *calls) seen() (out [][]program.Call) {
	for rest := c.looks; len(rest) > 0; {
		end := slices.Index(rest, 0)
		var calls []program.Call
		for frames := runtime.CallersFrames(rest[:end]); ; {
			f, more := frames.Next()
			calls = append(calls, program.Call{Func: f.Function, File: f.File, Line: f.Line})
			if !more {
				break
			}
		}
		out, rest = append(out, program.Outermost(calls)), rest[end+1:]
	}
	return out
}

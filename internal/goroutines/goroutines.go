// Package goroutines says how goroutines and functions are called, and reads what Go prints of goroutines. What runs in an execution does
// without it, and without the packages that it takes to put words together: the engine notes numbers, and the words are found when the
// execution is over, or when somebody asks.
package goroutines

import (
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/trace"
)

// A goroutine is called by the function that it runs, as the runtime prints it and the source has it: the one that its go
// statement starts. A function literal of a library that runs what it is given (an errgroup's, a pool's) tells nothing:
// then it is the outermost function on the goroutine's stack that belongs to another module.

// Title is what people call a task: its number and its name.
func Title(t trace.TaskState) string {
	return strings.TrimSpace("g" + strconv.FormatUint(uint64(t.ID), 10) + " " + name(&t))
}

// Name says of the tasks of a snapshot what their stacks and their names are, if that was not done before.
func Name(snap *trace.Snapshot) {
	var all []string
	if len(snap.Dump) > 0 {
		all = split(snap.Dump)
	}
	snap.Dump = nil
	for i := range snap.Tasks {
		t := &snap.Tasks[i]
		if t.Name != "" || t.Stack != "" {
			continue
		}
		if all != nil && t.State != trace.Ended {
			t.Stack = StackOf(*t, all)
		}
		if t.Name = name(t); t.Called != nil {
			t.Called.Title = t.Name
		}
	}
}

// name returns the function that t runs, without its package, or the title that t was given: that of a test, say.
func name(t *trace.TaskState) string {
	if t.Called != nil && t.Called.Title != "" {
		return t.Called.Title
	}
	s := t.Spawned
	if s == nil {
		return ""
	}
	var looks [][]Call
	switch {
	case t.Called == nil:
	case t.Stack != "":
		looks = [][]Call{CallsOn(t.Stack)}
	default:
		looks = seen(t.Called.Looks)
	}
	own := s.Starts
	if !program.Has(own) {
		own = begun(t)
	}
	var given []string
	for _, calls := range looks {
		first, g := CalledBy(calls, s)
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
	if len(given) == 1 && s.Library && program.IsLiteral(own) {
		own = given[0]
	}
	return ShortFunc(own)
}

// begun returns the function that t was begun with, if that is one of the source's; else "".
func begun(t *trace.TaskState) string {
	if t.Begun == 0 {
		return ""
	}
	f := runtime.FuncForPC(t.Begun)
	if f == nil {
		return ""
	}
	file, line := f.FileLine(t.Begun)
	return BegunWith(Call{Func: strings.TrimSuffix(f.Name(), "-fm"), File: file, Line: line}, t.Spawned)
}

// seen returns the stacks of Called.Looks, each from the outermost call on.
func seen(looks []uintptr) (out [][]Call) {
	for len(looks) > 0 {
		end := slices.Index(looks, 0)
		out, looks = append(out, callsAt(looks[:end])), looks[end+1:]
	}
	return out
}

package verdict

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/engine"
)

// taskNames calls each goroutine by its number and by what it runs.
func (g *graph) taskNames() map[uint32]string {
	m := make(map[uint32]string, len(g.snap.Tasks))
	for i := range g.snap.Tasks {
		t := &g.snap.Tasks[i]
		m[t.ID] = fmt.Sprintf("g%d %s", t.ID, g.taskName(t))
	}
	return m
}

// taskName returns what a goroutine runs: what its go statement starts or, if that is a function literal, its outermost
// function. A literal of a library that starts what it is given (errgroup, say) tells nothing: what it calls does.
func (g *graph) taskName(t *engine.TaskState) string {
	if t.Spawned == nil {
		return t.Name
	}
	if t.Name != "" && t.Name != "func literal" {
		return t.Name
	}
	library, name := splitFunc(t.Spawned.Func)
	calls := g.code.calls(t)
	if began := g.began[t.ID]; began != nil {
		calls = append([]string{began.Func}, calls...) // all that is left to see of one that has ended
	}
	if len(calls) == 0 {
		calls = g.code.literal(t.Spawned)
	}
	for i, call := range slices.Backward(calls) {
		pkg, fn := splitFunc(call)
		if i == len(calls)-1 {
			name = fn
		}
		if !ofLibrary(t.Spawned) {
			break
		}
		if _, instrumented := g.code.funcs[call]; instrumented && pkg != library {
			return fn
		}
	}
	return name
}

// started returns the function literals with which goroutines began: whoever mentions one has it started, by errgroup say, and
// does not run it.
func (g *graph) started() map[string]bool {
	out := map[string]bool{}
	for i := range g.snap.Tasks {
		t := &g.snap.Tasks[i]
		if t.Spawned == nil {
			continue
		}
		calls := g.code.calls(t)
		if began := g.began[t.ID]; began != nil {
			calls = append([]string{began.Func}, calls...)
		}
		library, _ := splitFunc(t.Spawned.Func)
		for _, call := range slices.Backward(calls) {
			if !strings.Contains(call, ".func") {
				break
			}
			out[call] = true
			if pkg, _ := splitFunc(call); pkg != library || !ofLibrary(t.Spawned) {
				break
			}
		}
	}
	return out
}

// ofLibrary reports whether a sync point is in a module that is not worked on: in the module cache, whose directories have
// a version, or vendored.
func ofLibrary(s *engine.Site) bool {
	return strings.Contains(s.File, "@v") || strings.Contains(s.File, "/vendor/")
}

// calledFuncs returns the functions of a goroutine's stack, the innermost first.
func calledFuncs(stack string) []string {
	var out []string
	for line := range strings.Lines(cleanStack(stack)) {
		if line[0] == '\t' {
			continue
		}
		if i := strings.LastIndexByte(line, '('); i > 0 {
			out = append(out, line[:i])
		}
	}
	return out
}

// splitFunc splits a function's name as the runtime has it into the package and the rest.
func splitFunc(name string) (pkg, fn string) {
	dir, base := path.Split(name)
	p, fn, _ := strings.Cut(base, ".")
	return dir + p, fn
}

func (g *graph) objectNames() map[uint32]string {
	m := make(map[uint32]string, len(g.snap.Objects))
	for i := range g.snap.Objects {
		o := &g.snap.Objects[i]
		m[o.ID] = g.nameOf(o)
	}
	return m
}

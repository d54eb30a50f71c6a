package verdict

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/program"
)

// taskNames calls each goroutine by its number and by what it runs.
func (g *graph) taskNames() map[uint32]string {
	m := make(map[uint32]string, len(g.snap.Tasks))
	for i := range g.snap.Tasks {
		t := &g.snap.Tasks[i]
		m[t.ID] = strings.TrimSpace(fmt.Sprintf("g%d %s", t.ID, t.Name))
	}
	return m
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
			if pkg, _ := splitFunc(call); pkg != library || !program.OfLibrary(t.Spawned) {
				break
			}
		}
	}
	return out
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

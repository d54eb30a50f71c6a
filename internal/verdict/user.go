package verdict

import (
	"slices"

	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/trace"
)

// within returns the calls by which the code under test came to where a goroutine blocks in a library, the innermost first: the
// last of them is the line of the code under test. It returns nil if the goroutine does not block in a library, or if none but
// libraries are on its stack.
func within(t *trace.TaskState) []RaceFrame {
	if t.State == trace.Blocked && t.Site != nil && !program.InLibrary(t.Site.File) {
		return nil
	}
	calls, last := callsToUser(t)
	if last <= 0 {
		return nil
	}
	return calls[:last+1]
}

// callsToUser returns the calls on a goroutine's stack, the innermost first, and the index of the first of the code under test; -1 if
// there is none.
func callsToUser(t *trace.TaskState) (calls []RaceFrame, user int) {
	calls = Calls(t.Stack)
	return calls, slices.IndexFunc(calls, func(c RaceFrame) bool {
		file, _ := position(c.Place)
		return !program.InLibrary(file)
	})
}

// User returns the line of the code under test from which g has come to where it blocks in a library; nil if it blocks in the code
// under test, or was never there.
func (g *Goroutine) User() *RaceFrame {
	if len(g.Within) == 0 {
		return nil
	}
	return &g.Within[len(g.Within)-1]
}

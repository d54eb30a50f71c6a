package verdict

import (
	"fmt"
	"strings"

	"github.com/jostle-dev/jostle/internal/trace"
)

// survivors are the goroutines that were started while there was a context, and go on when it was cancelled long ago and the
// body has returned.
func (g *graph) survivors() (out []*trace.TaskState) {
	for i := range g.snap.Tasks {
		t := &g.snap.Tasks[i]
		if t.State != trace.Ended && !t.Expected && t.Born >= g.snap.Cancelled.Made {
			out = append(out, t)
		}
	}
	return out
}

// outlivedCancel is the evidence against goroutines that go on.
func outlivedCancel(snap *trace.Snapshot) string {
	return fmt.Sprintf("the context was cancelled in step %d, the body has returned, and what it has started goes on and on", snap.Cancelled.Step)
}

// Excused reports whether the verdict counts for nothing because the schedule has cancelled a context, or had a connection fail: a test
// of which either is done may fail, and with what it fails it may leave behind what is not of the context's time.
func (v *Verdict) Excused(failed bool) bool {
	if v.Cancelled == nil && v.Faulted == nil {
		return false
	}
	switch v.Kind {
	case Assertion, Panic:
		return true
	case Livelock:
		return !v.elsewhere()
	case Leak:
		if !failed {
			return false
		}
		for _, gs := range [][]Goroutine{v.Knot, v.Others} {
			for _, g := range gs {
				if v.Cancelled != nil && g.Born >= v.Cancelled.Made {
					return false
				}
			}
		}
		return true
	}
	return false
}

// elsewhere reports whether goroutines go round that code other than tests has started. A test that goes round until what it
// waits for has come, which does not come to who is cancelled, tells nothing.
func (v *Verdict) elsewhere() bool {
	const looked = 1_000 // steps
	for _, s := range v.Steps[max(0, len(v.Steps)-looked):] {
		if t := &v.Tasks[s.Task-1]; t.Spawned != nil && !strings.HasSuffix(t.Spawned.File, "_test.go") {
			return true
		}
	}
	return false
}

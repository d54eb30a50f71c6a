// Package predict looks for hangs in executions that did not hang: from the order in which goroutines took their locks, and
// from what they held where they waited, it says which goroutines could come to wait for each other, and where they would
// have to be held back for that. Whether they do is seen by steering executions there (strategy.Steer); nothing is a finding
// before. It is the two phases of DeadlockFuzzer (Joshi, Park, Sen and Naik, PLDI 2009).
package predict

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/stacks"
	"github.com/jostle-dev/jostle/internal/strategy"
	"github.com/jostle-dev/jostle/internal/trace"
)

// A Kind says why something is predicted.
type Kind string

// The kinds.
const (
	Order   Kind = "lock order" // locks are taken in different orders
	Release Kind = "held lock"  // a lock is held where the goroutine waits for one that needs it
	Wakeup  Kind = "wake-up"    // a wake-up met nobody, and may be what another goroutine then waits for
)

// A Prediction is a hang that may be possible.
type Prediction struct {
	Kind   Kind
	Pauses []strategy.Pause // where goroutines have to be held back for it
	Text   string           // what was seen, in one sentence without a full stop

	seen []*trace.Site // the places that Text names
}

// inLibrary reports whether all places are in the standard library. Every test that uses net/http has the same dozen, its authors
// have no way to change them, and to steer executions there would take half of the schedules of such a test.
func (p *Prediction) inLibrary() bool {
	std := stacks.Standard()
	return std != "" && !slices.ContainsFunc(p.seen, func(s *trace.Site) bool { return !strings.HasPrefix(filepath.ToSlash(s.File), std) })
}

// Key identifies a prediction: the same places are the same prediction.
func (p *Prediction) Key() uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, p.Kind, p.Pauses)
	return h.Sum64()
}

// How much of what one test predicts is looked into.
const (
	Most   = 24 // predictions
	AtOnce = 8  // predictions whose tries take turns
	Tries  = 12 // executions that are steered into each
)

// A Detector learns from the executions of one test. It is for one goroutine at a time.
type Detector struct {
	made   map[uint64]bool
	orders orders
}

// NewDetector returns a Detector that has seen nothing.
func NewDetector() *Detector { return &Detector{made: map[uint64]bool{}} }

// maxPredictions bounds what is predicted from one execution.
const maxPredictions = 16

// Learn returns what an execution of which the snapshot was kept (engine.Limits.Keep) gives reason to predict, and what was
// seen in executions before did not. What concerns only the standard library is left out.
func (d *Detector) Learn(snap *trace.Snapshot) []Prediction {
	e := read(snap)
	var out []Prediction
	for _, found := range [][]Prediction{d.orders.learn(e), e.releases(), e.wakeups()} {
		for _, p := range found {
			if key := p.Key(); !p.inLibrary() && !d.made[key] && len(out) < maxPredictions {
				d.made[key] = true
				out = append(out, p)
			}
		}
	}
	return out
}

// An execution is a snapshot as it is looked at here.
type execution struct {
	*trace.Snapshot
	first   int    // number of the first step that was kept
	holds   []hold // in the order in which they began
	byTask  map[uint32][]int
	objects map[uint32]*trace.ObjectState
	past    *past
}

// A hold is a lock in the hands of a goroutine, from its taking until it is given back.
type hold struct {
	task     uint32
	object   uint32
	site     *trace.Site
	from, to int // steps
	read     bool
	under    []int // holds of the same goroutine that had begun before and had not ended
}

const never = 1 << 62

// maxHeld bounds what one goroutine holds at a time, as far as it is looked at.
const maxHeld = 32

func read(snap *trace.Snapshot) *execution {
	e := &execution{
		Snapshot: snap, first: snap.Total - len(snap.Steps) + 1, byTask: map[uint32][]int{}, objects: map[uint32]*trace.ObjectState{},
	}
	for i := range snap.Objects {
		e.objects[snap.Objects[i].ID] = &snap.Objects[i]
	}
	open := map[uint32][]int{} // by task
	for _, l := range snap.Locking {
		held := open[l.Task]
		if !l.Given {
			if len(held) == maxHeld {
				held = slices.Clone(held[1:])
			}
			i := len(e.holds)
			e.holds = append(e.holds, hold{task: l.Task, object: l.Object, site: l.Site, from: l.Step, to: never, read: l.Read, under: slices.Clone(held)})
			open[l.Task] = append(held, i)
			e.byTask[l.Task] = append(e.byTask[l.Task], i)
			continue
		}
		for j := len(held) - 1; j >= 0; j-- {
			if h := &e.holds[held[j]]; h.object == l.Object && h.site == l.Site {
				h.to = l.Step
				open[l.Task] = slices.Delete(slices.Clone(held), j, j+1)
				break
			}
		}
	}
	return e
}

// conflict reports whether one holder keeps the other out.
func conflict(a, b *hold) bool { return !a.read || !b.read }

// gated reports whether two sets of holds have a lock in common that keeps their owners from being there both.
func (e *execution) gated(a, b []int) bool {
	for _, i := range a {
		for _, j := range b {
			if e.holds[i].object == e.holds[j].object && conflict(&e.holds[i], &e.holds[j]) {
				return true
			}
		}
	}
	return false
}

// tries reports whether what was taken at a site was only tried: that waits for nobody.
func tries(s *trace.Site) bool {
	return s == nil || s.Op == trace.OpTryLock || s.Op == trace.OpTryRLock
}

// name returns what the code at a site calls what it works on, and where that is.
func name(s *trace.Site) string {
	return fmt.Sprintf("%s (%s:%d)", cmp.Or(s.Expr, strings.ToLower(s.Name)), s.File, s.Line)
}

// variable returns the variable by which an object is known, the first if there are several; 0 if by none.
func variable(o *trace.ObjectState) uint64 {
	if o == nil {
		return 0
	}
	return o.Vars[0]
}

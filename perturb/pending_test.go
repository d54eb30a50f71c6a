package perturb_test

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	"github.com/jostle-dev/jostle/internal/trace"
	. "github.com/jostle-dev/jostle/perturb"
)

// A watcher takes every goroutine off where it can, and notes what is known of what the goroutines are about to do and of
// what they have done.
type watcher struct {
	pending []engine.Operation
	own     engine.Operation // of the goroutine that was asked last
	done    []trace.Op
	seen    int
}

func (w *watcher) Choose(q *engine.Question) int {
	for s := range q.Steps(w.seen) {
		w.done = append(w.done, s.Op)
	}
	w.seen = q.Done()
	if !q.Kind.Preempts() && q.Kind != engine.Next {
		return 0
	}
	for _, t := range q.Runnable() {
		if op := q.Pending(t); op.Op != trace.OpNone && !slices.Contains(w.pending, op) {
			w.pending = append(w.pending, op)
		}
	}
	if q.Kind == engine.Preempt {
		w.own = q.Pending(q.Task)
		return 1
	}
	return 0
}

// A strategy sees what goroutines that stand at a sync point are about to do, also those that wait for a lock which may be free
// now; and all that was done, also where nothing was asked.
func TestPending(t *testing.T) {
	var mu sync.Mutex
	var n atomic.Int32
	locks, adds := &Site{Key: 1, Var: 10}, &Site{Key: 2, Var: 20}
	w := new(watcher)
	snap := enginetest.Run(t, new(engine.Execution), w, engine.Limits{Keep: true}, func() {
		Atomic(&n, adds).Add(1) // alone
		together(
			func() {
				MutexLock(&mu, locks)
				Atomic(&n, adds).Add(1)
				Atomic(&n, adds).Add(1)
				MutexUnlock(&mu, locks)
			},
			func() {
				MutexLock(&mu, locks)
				MutexUnlock(&mu, locks)
			},
		)
	})
	assert.Equal(t, trace.AllEnded, snap.Quiet)
	var ops []trace.Op
	on := map[trace.Op]map[uintptr]bool{}
	for _, p := range w.pending {
		ops = append(ops, p.Op)
		if on[p.Op] == nil {
			on[p.Op] = map[uintptr]bool{}
		}
		on[p.Op][p.On] = true
	}
	assert.Subset(t, ops, []trace.Op{trace.OpLock, trace.OpUnlock, trace.OpAtomic})
	assert.Len(t, on[trace.OpAtomic], 1, "one variable")
	assert.Equal(t, on[trace.OpLock], on[trace.OpUnlock], "one lock")
	assert.NotEqual(t, on[trace.OpLock], on[trace.OpAtomic])
	var all []trace.Op
	for _, s := range snap.Steps {
		all = append(all, s.Op)
	}
	assert.Equal(t, all[:len(w.done)], w.done)
	assert.Equal(t, trace.OpAtomic, w.done[0])
	assert.Equal(t, []trace.Word{{Vars: [4]uint64{20}, Shared: true}}, snap.Words)
}

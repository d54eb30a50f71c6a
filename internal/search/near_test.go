package search

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/perturb"
)

// adders starts goroutines of which each adds to a counter so many times, and waits for them.
func adders(goroutines, times int) {
	var n atomic.Int32
	var wg sync.WaitGroup
	for range goroutines {
		perturb.WaitGroupGo(&wg, func() {
			for range times {
				perturb.Atomic(&n, site).Add(1)
			}
		}, site)
	}
	perturb.WaitGroupWait(&wg, site)
}

// until runs executions of an Exploration until one ends as it is to, at most so many. It returns how many ran.
func until(t *testing.T, e *Exploration, most int, body func(), is func(*trace.Snapshot) bool) int {
	t.Helper()
	x := new(engine.Execution)
	for e.Executions < most {
		r, ok := e.Next()
		if !ok {
			break
		}
		snap := enginetest.Run(t, x, r, engine.Limits{Steps: 10_000, Order: true}, body)
		done := is(snap)
		if e.Observe(r, snap); done {
			break
		}
	}
	return e.Executions
}

func never(*trace.Snapshot) bool { return false }

// That some executions come first changes nothing in what is seen in the end.
func TestNearFirst(t *testing.T) {
	for _, preemptions := range []int{Unbounded, 4} {
		e, plain := NewExploration(preemptions), NewExploration(preemptions)
		plain.Near = &Exploration{Over: true}
		body := func() { adders(3, 3) }
		until(t, e, 1e6, body, never)
		until(t, plain, 1e6, body, never)
		assert.True(t, e.Over)
		assert.True(t, e.Near.Over, "the program has too few executions for this test")
		assert.Equal(t, orders(plain), orders(e))
		assert.Equal(t, e.Executions, plain.Executions+e.Near.Executions)
		assert.Equal(t, fewDepartures, e.Sum().Near)
	}
}

// What one early decision leads to is found soon, however much comes after it.
func TestEarlyDeparture(t *testing.T) {
	body := func() {
		var a, b sync.Mutex
		var wg sync.WaitGroup
		both := func(first, second *sync.Mutex) func() {
			return func() {
				perturb.MutexLock(first, site)
				perturb.MutexLock(second, site)
				perturb.MutexUnlock(second, site)
				perturb.MutexUnlock(first, site)
			}
		}
		perturb.WaitGroupGo(&wg, both(&a, &b), site)
		perturb.WaitGroupGo(&wg, both(&b, &a), site)
		perturb.WaitGroupWait(&wg, site)
		adders(5, 10)
	}
	hangs := func(snap *trace.Snapshot) bool { return snap.Quiet == trace.Proved }
	const most = 5 * manyExecutions
	for _, preemptions := range []int{Unbounded, 2} {
		first := NewExploration(preemptions)
		first.Near = &Exploration{Over: true}
		assert.Equal(t, most, until(t, first, most, body, hangs), "depth first finds it too: this test says nothing")
		assert.Less(t, until(t, NewExploration(preemptions), most, body, hangs), 2*manyExecutions)
	}
}

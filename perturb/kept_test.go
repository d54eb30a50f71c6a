package perturb_test

import (
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	"github.com/jostle-dev/jostle/internal/trace"
	. "github.com/jostle-dev/jostle/perturb"
)

// TestKeptSnapshots looks at what is kept of an execution after others on the same Execution, which use its memory again.
func TestKeptSnapshots(t *testing.T) {
	x := new(engine.Execution)
	run := func(keep bool, goroutines int) (snap *trace.Snapshot) {
		synctest.Test(t, func(*testing.T) {
			snap = x.Run(preempting{}, engine.Limits{Keep: keep}, synctest.Wait, func() {
				var mu, held sync.Mutex
				var wg sync.WaitGroup
				MutexLock(&held, site)
				for range goroutines {
					WaitGroupGo(&wg, func() {
						for range 30 {
							MutexLock(&mu, site)
							MutexUnlock(&mu, site)
						}
					}, site)
				}
				WaitGroupWait(&wg, site)
			})
		})
		return snap
	}
	offs := func(snap *trace.Snapshot) (all []trace.Off) {
		for _, s := range snap.Steps {
			if s.Off != nil {
				all = append(all, *s.Off)
			}
		}
		return all
	}
	objects := func(snap *trace.Snapshot) []trace.ObjectState {
		return append([]trace.ObjectState(nil), snap.Objects...)
	}

	run(false, 1)
	first := run(true, 2)
	wantOffs, wantObjects := offs(first), objects(first)
	require.NotEmpty(t, wantOffs)
	for n := range 5 {
		run(n == 2, n+3)
	}
	assert.Equal(t, wantOffs, offs(first))
	assert.Equal(t, wantObjects, objects(first))
	again := run(true, 2)
	assert.Equal(t, wantOffs, offs(again), "what was kept of executions before makes no difference")
	assert.Equal(t, wantObjects, objects(again))
}

// TestManyUsers: each goroutine is known once for each operation on an object, with its last, also where there are very many.
func TestManyUsers(t *testing.T) {
	const goroutines = 200
	_, snap := plain(t, 10_000, func(*enginetest.Log) {
		var wg sync.WaitGroup
		WaitGroupAdd(&wg, 3*goroutines+1, site)
		for range goroutines {
			Go(func() {
				for range 3 {
					WaitGroupDone(&wg, site)
				}
			}, site)
		}
		WaitGroupWait(&wg, site) // for one more
	})
	require.Len(t, snap.Objects, 1)
	last := map[uint32]int{} // step of each task's last
	for i, s := range snap.Steps {
		if s.Op == trace.OpDone {
			last[s.Task] = i + 1
		}
	}
	require.Len(t, last, goroutines)
	known := map[uint32]int{}
	for _, u := range snap.Objects[0].Users {
		if u.Op == trace.OpDone {
			assert.Zero(t, known[u.Task], "task %d is there once", u.Task)
			known[u.Task] = u.Step
		}
	}
	assert.Equal(t, last, known)
}

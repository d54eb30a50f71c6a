package fuzz

import (
	"sync"
	"testing"

	"github.com/jostle-dev/jostle/harness"
	"github.com/jostle-dev/jostle/pipeline"
)

// FuzzMemory looks for schedules under which a query hangs whose memory is cut to its floor while it runs.
func FuzzMemory(f *testing.F) {
	harness.Fuzz(f, memory(pipeline.Right))
}

// FuzzMemoryBroken must find the request that was as large as the budget when it was made, and is larger than the budget
// has become.
func FuzzMemoryBroken(f *testing.F) {
	harness.Fuzz(f, memory(pipeline.Broken), harness.Want(harness.Deadlock, 0))
}

func memory(twin pipeline.Twin) func(harness.T, struct{}) {
	return func(t harness.T, _ struct{}) {
		budget := pipeline.NewBudget(64, 1)
		var shrink sync.WaitGroup
		shrink.Go(func() { budget.Resize(budget.Floor()) })
		run(t, pipeline.Query{
			From:    union(t, rowGroups(t, oneEach(t, 0, 3)...), rowGroups(t, oneEach(t, 3, 3)...)),
			Options: pipeline.Options{Memory: budget, MemoryTwin: twin},
		}, lines(6))
		shrink.Wait()
	}
}

package verdict_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// TestAwaits: what may still come from outside the process is never said not to come.
func TestAwaits(t *testing.T) {
	body := trace.TaskState{ID: 1, Name: "main", State: trace.Ended}
	waits := func(id uint32) trace.TaskState {
		return trace.TaskState{ID: id, Name: "reader", State: trace.Blocked, Op: trace.OpRead, Waits: []trace.Wait{{Object: 1, Op: trace.OpRead}}}
	}
	locked := func(id, wants, has uint32) trace.TaskState {
		return trace.TaskState{ID: id, State: trace.Blocked, Op: trace.OpLock, Waits: []trace.Wait{{Object: wants, Op: trace.OpLock}}, Holds: []trace.Held{{Object: has}}}
	}
	objects := []trace.ObjectState{
		{ID: 1, Kind: trace.Socket, Name: "pipe", Abroad: true},
		{ID: 2, Kind: trace.Mutex},
		{ID: 3, Kind: trace.Mutex},
	}
	for _, c := range []struct {
		name  string
		tasks []trace.TaskState
		kind  verdict.Kind
		who   string
	}{
		{"the body waits", []trace.TaskState{waits(1)}, verdict.Stall, "g1 reader"},
		{"something is left behind", []trace.TaskState{body, waits(2)}, verdict.Pass, ""},
		{"beside it locks wait for each other", []trace.TaskState{body, waits(2), locked(3, 2, 3), locked(4, 3, 2)}, verdict.Deadlock, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := verdict.Of(&trace.Snapshot{Quiet: trace.Awaits, Culprit: -1, Tasks: c.tasks, Objects: objects}, nil)
			assert.Equal(t, c.kind, v.Kind)
			assert.Equal(t, c.who, v.Who)
			if c.kind == verdict.Deadlock {
				assert.Len(t, v.Knot, 2)
				assert.Empty(t, v.Others, "the reader may go on")
				assert.Contains(t, v.Evidence, "each other's locks")
			} else {
				assert.Contains(t, v.Evidence, "outside the process")
			}
		})
	}
}

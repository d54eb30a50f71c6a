package verdict_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// TestAwaits: what may still come from outside the process is never said not to come.
func TestAwaits(t *testing.T) {
	body := engine.TaskState{ID: 1, Name: "main", State: engine.Ended}
	waits := func(id uint32) engine.TaskState {
		return engine.TaskState{ID: id, Name: "reader", State: engine.Blocked, Op: engine.OpRead, Waits: []engine.Wait{{Object: 1, Op: engine.OpRead}}}
	}
	locked := func(id, wants, has uint32) engine.TaskState {
		return engine.TaskState{ID: id, State: engine.Blocked, Op: engine.OpLock, Waits: []engine.Wait{{Object: wants, Op: engine.OpLock}}, Holds: []engine.Held{{Object: has}}}
	}
	objects := []engine.ObjectState{
		{ID: 1, Kind: engine.Socket, Name: "pipe", Abroad: true},
		{ID: 2, Kind: engine.Mutex},
		{ID: 3, Kind: engine.Mutex},
	}
	for _, c := range []struct {
		name  string
		tasks []engine.TaskState
		kind  verdict.Kind
		who   string
	}{
		{"the body waits", []engine.TaskState{waits(1)}, verdict.Stall, "g1 reader"},
		{"something is left behind", []engine.TaskState{body, waits(2)}, verdict.Pass, ""},
		{"beside it locks wait for each other", []engine.TaskState{body, waits(2), locked(3, 2, 3), locked(4, 3, 2)}, verdict.Deadlock, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := verdict.Of(&engine.Snapshot{Quiet: engine.Awaits, Culprit: -1, Tasks: c.tasks, Objects: objects}, nil)
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

package report

import (
	"slices"

	"github.com/jostle-dev/jostle/internal/trace"
)

// A thing is what an operation is on: an object, or the variable of an atomic operation.
type thing struct {
	object   uint32
	variable uint64
}

// thingOf returns what an operation is on, if that is known.
func thingOf(op trace.Op, object uint32, s *trace.Site) (th thing, ok bool) {
	if op == trace.OpAtomic {
		if s != nil {
			th.variable = s.Var
		}
	} else {
		th.object = object
	}
	return th, th != thing{}
}

// touched has the goroutines that have done something to each thing.
type touched map[thing][]uint32

func (m touched) add(s trace.Step) {
	if th, ok := thingOf(s.Op, s.Object, s.Site); ok && !slices.Contains(m[th], s.Task) {
		m[th] = append(m[th], s.Task)
	}
}

// alone reports whether an operation of a goroutine is at a lock, or an atomic one, and no other goroutine has touched that.
func (m touched) alone(task uint32, op trace.Op, object uint32, s *trace.Site) bool {
	switch op {
	case trace.OpLock, trace.OpRLock, trace.OpTryLock, trace.OpTryRLock, trace.OpUnlock, trace.OpRUnlock, trace.OpAtomic:
		th, ok := thingOf(op, object, s)
		return ok && !slices.ContainsFunc(m[th], func(id uint32) bool { return id != task })
	}
	return false
}

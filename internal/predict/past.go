package predict

import (
	"slices"

	"github.com/jostle-dev/jostle/internal/trace"
)

// past is what happens before what in an execution, whatever the schedule: by go statements, messages, closings, signals
// and wait groups, and not by who got a lock first. A channel's receive counts as after all sends that came before it, as
// nobody knows here which of them it has met: what is called ordered may not be, and what is called concurrent is as far
// as these go.
type past struct {
	of   map[uint32][]moment // by task
	size int
}

// A moment is what a goroutine knows after a step: of each goroutine the last of its steps that came before.
type moment struct {
	step  int
	clock []int
}

// concurrent reports whether a, which ends by taking something at the step until, and b can be under way at the same time.
func (e *execution) concurrent(a *hold, aUntil int, b *hold, bUntil int) bool {
	if e.past == nil {
		e.past = e.order()
	}
	return !e.past.before(a.task, aUntil, b.task, b.from) && !e.past.before(b.task, bUntil, a.task, a.from)
}

// before reports whether what task a does at a step happens before what b does at another.
func (p *past) before(a uint32, aStep int, b uint32, bStep int) bool {
	moments := p.of[b]
	i, _ := slices.BinarySearchFunc(moments, bStep+1, func(m moment, step int) int { return m.step - step })
	if i == 0 {
		return false
	}
	known := moments[i-1].clock
	return int(a) <= len(known) && known[a-1] >= aStep
}

// order computes what happens before what. The clock of a goroutine is copied only where something joins it.
func (e *execution) order() *past {
	p := &past{of: map[uint32][]moment{}, size: len(e.Tasks)}
	clocks := make([][]int, p.size)
	objects := map[uint32][]int{}
	shared := make([]bool, p.size)  // the clock is that of a moment, too
	waits := make([]uint32, p.size) // what the task's last step waited for: it is over when the next comes
	release := func(object, task uint32) { objects[object] = join(objects[object], clocks[task-1], p.size) }
	born := 0
	acquire := func(task, object uint32, n int) {
		if c := objects[object]; c != nil {
			clocks[task-1] = join(clocks[task-1], c, p.size)
			p.of[task] = append(p.of[task], moment{n, clocks[task-1]})
			shared[task-1] = true
		}
	}
	goOn := func(task uint32, n int) {
		if o := waits[task-1]; o != 0 {
			acquire(task, o, n)
			waits[task-1] = 0
		}
	}
	for i, s := range e.Steps {
		n := e.first + i
		for ; born < p.size && e.Tasks[born].Born < n; born++ {
			t := &e.Tasks[born]
			var c []int
			if t.Parent != 0 {
				goOn(t.Parent, n)
				c = clocks[t.Parent-1]
			}
			clocks[born] = join(nil, c, p.size)
			p.of[t.ID] = append(p.of[t.ID], moment{n, clocks[born]})
			shared[born] = true
		}
		if int(s.Task) > p.size {
			continue
		}
		t := s.Task - 1
		goOn(s.Task, n)
		switch {
		case clocks[t] == nil:
			clocks[t] = make([]int, p.size)
		case shared[t]:
			clocks[t], shared[t] = slices.Clone(clocks[t]), false
		}
		clocks[t][t] = n
		if s.Object == 0 {
			continue
		}
		switch s.Op {
		case trace.OpSend, trace.OpClose, trace.OpSignal, trace.OpBroadcast, trace.OpDone, trace.OpWrite, trace.OpDial:
			release(s.Object, s.Task)
		case trace.OpRecv, trace.OpWait, trace.OpCondWait, trace.OpRead, trace.OpAccept:
			acquire(s.Task, s.Object, n)
			waits[t] = s.Object
		}
	}
	return p
}

// join returns the later of two clocks.
func join(a, b []int, size int) []int {
	out := make([]int, size)
	copy(out, a)
	for i, n := range b {
		out[i] = max(out[i], n)
	}
	return out
}

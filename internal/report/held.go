package report

import (
	"slices"

	"github.com/jostle-dev/jostle/internal/trace"
)

// held returns for how long locks were held, from the steps of an execution, of which the first has the given number, and
// from what its goroutines held in the end. Steps say what was tried; that a lock which was tried was taken is seen from
// its unlock.
func held(tasks []trace.TaskState, steps []trace.Step, first int) []Span {
	h := holding{open: map[uint32][]*Span{}, tried: map[attempt]int{}}
	last := map[uint32]int{} // step of each goroutine
	for i, s := range steps {
		last[s.Task] = first + i
	}
	blocked := map[uint32]bool{}
	final := map[attempt]trace.Held{}
	for _, t := range tasks {
		blocked[t.ID] = t.State == trace.Blocked
		for _, l := range t.Holds {
			final[attempt{t.ID, l.Object}] = l
		}
	}
	for i, s := range steps {
		n := first + i
		of := attempt{s.Task, s.Object}
		switch s.Op {
		case trace.OpLock, trace.OpRLock:
			if blocked[s.Task] && n == last[s.Task] {
				continue // it has it not
			}
			h.add(Span{Object: s.Object, Goroutine: s.Task, From: max(n, int(s.Until)), Read: s.Op == trace.OpRLock})
		case trace.OpAcquire: // noted when it is there
			h.add(Span{Object: s.Object, Goroutine: s.Task, From: n})
		case trace.OpRelease: // of how much is not known here: of what was taken last
			if len(h.open[s.Object]) > 0 {
				h.close(of, n, false)
			}
		case trace.OpTryLock, trace.OpTryRLock:
			h.tried[of] = n
		case trace.OpUnlock, trace.OpRUnlock:
			h.close(of, n, s.Op == trace.OpRUnlock)
		case trace.OpCondWait:
			// The lock of a Cond is let go of, and taken again by the next step: which it is, that step says.
			for _, next := range steps[i+1:] {
				if next.Task == s.Task {
					if next.Op == trace.OpLock || next.Op == trace.OpRLock {
						h.close(attempt{s.Task, next.Object}, n, next.Op == trace.OpRLock)
					}
					break
				}
			}
		}
	}
	for _, l := range h.all {
		key := attempt{l.Goroutine, l.Object}
		if l.To != 0 {
			continue
		}
		if _, ok := final[key]; !ok && len(tasks) > 0 {
			l.To = max(last[l.Goroutine], l.From) // it waits on a Cond
		}
		delete(final, key)
	}
	for _, t := range tasks {
		for _, l := range t.Holds {
			if _, ok := final[attempt{t.ID, l.Object}]; ok {
				from := l.Step
				if from < first {
					from = 0
				}
				h.add(Span{Object: l.Object, Goroutine: t.ID, From: from, Read: l.Read})
			}
		}
	}
	out := make([]Span, 0, len(h.all))
	for _, l := range h.all {
		out = append(out, *l)
	}
	slices.SortStableFunc(out, func(a, b Span) int { return a.From - b.From })
	return out
}

// holding collects spans.
type holding struct {
	all   []*Span
	open  map[uint32][]*Span // by lock
	tried map[attempt]int    // step
}

// An attempt is a goroutine at a lock.
type attempt struct{ task, object uint32 }

func (h *holding) add(s Span) {
	p := &s
	h.all = append(h.all, p)
	h.open[s.Object] = append(h.open[s.Object], p)
}

// close ends a span: the goroutine's own, or else the oldest, because Go lets any goroutine unlock.
func (h *holding) close(of attempt, n int, read bool) {
	open := h.open[of.object]
	i := len(open) - 1
	for i >= 0 && open[i].Goroutine != of.task {
		i--
	}
	if i < 0 {
		if from, ok := h.tried[of]; ok {
			delete(h.tried, of)
			h.all = append(h.all, &Span{Object: of.object, Goroutine: of.task, From: from, To: n, Read: read})
			return
		}
		if len(open) == 0 {
			h.all = append(h.all, &Span{Object: of.object, Goroutine: of.task, To: n, Read: read})
			return
		}
		i = 0
	}
	open[i].To = n
	h.open[of.object] = slices.Delete(open, i, i+1)
}

// locks returns which locks were taken while which were held.
func (b *builder) locks(r *Run) *LockOrder {
	known := map[uint32]Object{}
	for _, o := range r.Objects {
		known[o.ID] = o
	}
	byStep := map[int]Step{}
	for _, s := range r.Trace {
		byStep[s.N] = s
	}
	placeOf := func(s Span) *Place {
		// A span begins with the lock, or with the step that ended the wait for it.
		if st, ok := byStep[s.From]; ok && st.Goroutine == s.Goroutine && st.Object == s.Object && st.Place >= 0 {
			return &r.Places[st.Place]
		}
		for _, st := range r.Trace {
			if st.Until == s.From && s.From > 0 && st.Goroutine == s.Goroutine && st.Object == s.Object && st.Place >= 0 {
				return &r.Places[st.Place]
			}
		}
		return nil
	}
	circle := map[[3]uint32]bool{} // goroutine, lock held, lock waited for
	if b.v.Cycle {
		for _, g := range b.v.Knot {
			for _, h := range g.Holds {
				for _, w := range g.Waits {
					circle[[3]uint32{g.ID, h.Object.ID, w.Object.ID}] = true
				}
			}
		}
	}
	out := &LockOrder{}
	type edge struct {
		from, to       uint32
		held, acquired Place
	}
	seen := map[edge]bool{}
	at := 0
	var holds []Span // those that have begun, and not ended
	for _, s := range r.Trace {
		for at < len(r.Held) && r.Held[at].From < s.N {
			holds = append(holds, r.Held[at])
			at++
		}
		holds = slices.DeleteFunc(holds, func(h Span) bool { return h.To != 0 && h.To < s.N })
		if s.Op != trace.OpLock.String() && s.Op != trace.OpRLock.String() || s.Place < 0 {
			continue
		}
		for _, h := range holds {
			if h.Goroutine != s.Goroutine || len(out.Edges) >= maxEdges {
				continue
			}
			acquired := r.Places[s.Place]
			e := LockEdge{
				From: h.Object, To: s.Object, Goroutine: s.Goroutine, Held: placeOf(h), Acquired: &acquired,
				Cycle: circle[[3]uint32{s.Goroutine, h.Object, s.Object}],
			}
			key := edge{from: h.Object, to: s.Object, acquired: acquired}
			if e.Held != nil {
				key.held = *e.Held
			}
			if e.Cycle || !seen[key] {
				out.Edges = append(out.Edges, e)
			}
			seen[key] = true
			for _, id := range []uint32{h.Object, s.Object} {
				if o, ok := known[id]; ok {
					out.Locks = append(out.Locks, o)
					delete(known, id)
				}
			}
		}
	}
	if len(out.Edges) == 0 {
		return nil
	}
	slices.SortFunc(out.Locks, func(a, b Object) int { return int(a.ID) - int(b.ID) })
	return out
}

package engine

import (
	"slices"
	"sync"

	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/trace"
)

// interlock looks for tasks that wait for each other's locks in a circle. That is a deadlock whatever goes on beside it: no
// evidence of time is needed, unless somebody else unlocks what the circle is made of, which Go allows.
type interlock struct {
	moves int // of the clock that a circle has stood for in which somebody else may unlock
	state []visit
	on    []*Object // what those wait for that are on the way
}

// A visit is how far the search has come with a task.
type visit uint8

const (
	unseen visit = iota
	onTheWay
	seen
)

// interlocked ends the execution if tasks wait for each other's locks and can never go on; else it returns nil. It is asked
// when the clock moves.
func (x *Execution) interlocked() *trace.Snapshot {
	l := &x.interlock
	l.state = slices.Grow(l.state[:0], len(x.tasks))[:len(x.tasks)]
	clear(l.state)
	found := false
	for _, t := range x.tasks {
		if l.state[t.ID-1] != unseen {
			continue
		}
		l.on = l.on[:0]
		circle := l.circle(t)
		if circle == nil {
			continue
		}
		if !slices.ContainsFunc(circle, (*Object).handedOver) {
			x.settled = x.trace.n
			return x.conclude(trace.Interlocked)
		}
		found = true
	}
	if !found {
		l.moves = 0
		x.doubt.drop(trace.Interlocked)
		return nil
	}
	if l.moves++; l.moves <= outlivedTicks {
		return nil
	}
	return x.interrupt(trace.Interlocked, trace.NoFailure, x.trace.n)
}

// circle returns what the tasks wait for of a circle to which there is a way from t, or nil. A task that waits for a lock
// goes on only when all have let go that hold it, so each way is one that it cannot do without.
func (l *interlock) circle(t *Task) []*Object {
	o := t.waitsForLock()
	if o == nil {
		l.state[t.ID-1] = seen
		return nil
	}
	l.state[t.ID-1] = onTheWay
	l.on = append(l.on, o)
	for _, h := range o.holds {
		// Readers do not keep readers out; the writer in the queue behind them does.
		if h.Read && t.op == trace.OpRLock {
			continue
		}
		if c := l.follow(h.Task); c != nil {
			return c
		}
	}
	if w := o.Pending.First(); w != nil && w.Task != t {
		if c := l.follow(w.Task); c != nil {
			return c
		}
	}
	l.on = l.on[:len(l.on)-1]
	l.state[t.ID-1] = seen
	return nil
}

func (l *interlock) follow(t *Task) []*Object {
	switch l.state[t.ID-1] {
	case onTheWay:
		return l.on // with what leads to the circle, whose locks may not be handed over either then
	case unseen:
		return l.circle(t)
	}
	return nil
}

// waitsForLock returns the lock that t is blocked on, or nil.
func (t *Task) waitsForLock() *Object {
	if t.standing() != trace.Blocked || len(t.waits) != 1 {
		return nil
	}
	switch t.op {
	case trace.OpLock, trace.OpRLock, trace.OpOnce:
		return t.waits[0].Object
	}
	return nil
}

// handedOver reports whether somebody else than who holds o, a lock, may unlock it: that was seen, or there is code that
// unlocks without having locked.
func (o *Object) handedOver() bool {
	if o.Kind == trace.Once {
		return false
	}
	if o.handed || o.vars[0] == 0 {
		return true
	}
	kept := keptLocks()
	return slices.ContainsFunc(o.vars[:], func(v uint64) bool { return v != 0 && !kept[v] })
}

// keptLocks returns the variables whose locks are unlocked only in functions that lock them too. It is empty if a lock is
// unlocked somewhere under a name by which nobody locks: that may be any lock.
var keptLocks = sync.OnceValue(func() map[uint64]bool {
	type place struct {
		fn       string
		variable uint64
	}
	here, anywhere := map[place]bool{}, map[uint64]bool{}
	var unlocks []*trace.Site
	for _, file := range program.Sites() {
		for i := range file {
			switch s := &file[i]; s.Op {
			case trace.OpUnlock, trace.OpRUnlock:
				unlocks = append(unlocks, s)
			case trace.OpLock, trace.OpTryLock, trace.OpRLock, trace.OpTryRLock:
				here[place{s.Func, s.Var}] = true
				anywhere[s.Var] = true
			}
		}
	}
	kept := map[uint64]bool{}
	for _, s := range unlocks {
		if s.Var == 0 || !anywhere[s.Var] {
			return nil
		}
		by := here[place{s.Func, s.Var}] && !s.Elsewhere
		before, known := kept[s.Var]
		kept[s.Var] = by && (before || !known)
	}
	return kept
})

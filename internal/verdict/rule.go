package verdict

import (
	"slices"

	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/waitgraph"
)

// rule names the rule that the knot breaks.
func (v *Verdict) rule(g *graph) Rule {
	switch {
	case v.Kind == LostWakeup:
		return Propagate
	case len(v.Knot) == 0:
		return 0
	case !v.Cycle:
		return v.ruleOfOrphan()
	}
	locks, holding, one := 0, false, true
	for i, g := range v.Knot {
		one = one && g.Op == trace.OpAcquire && g.Waits[0].Object.ID == v.Knot[0].Waits[0].Object.ID
		if blocksOnLock(g.Op) {
			locks++
			continue
		}
		before := v.Knot[(i+len(v.Knot)-1)%len(v.Knot)]
		holding = holding || v.waitsForHold(before, g)
	}
	switch {
	case len(v.Knot) == 1 && v.leftLocked():
		return ReleaseFirst
	case one: // each keeps some of it and wants more: no order would help
		return ReleaseFirst
	case locks == len(v.Knot):
		return OneOrder
	case v.behindThemselves(g):
		return Propagate
	case holding:
		return ReleaseFirst
	case slices.ContainsFunc(v.Knot, func(g Goroutine) bool { return g.Op == trace.OpCondWait }):
		return Propagate
	default:
		return OneOrder
	}
}

// ruleOfOrphan names the rule where the last of the knot waits for what nobody is left to do.
func (v *Verdict) ruleOfOrphan() Rule {
	last := v.Knot[len(v.Knot)-1]
	switch {
	case last.Op == trace.OpAcquire && !slices.ContainsFunc(last.Waits[0].By, func(r Releaser) bool { return r.How <= waitgraph.Owes }):
		return Propagate // nobody has any of it, and it is not given: it asks for more than there is, or somebody who does is before it
	case last.Op == trace.OpAcquire && last.Waits[0].All:
		return Cancel // it waits for the end of what a goroutine that has ended has begun
	case blocksOnLock(last.Op):
		return ReleaseFirst // of a lock whose holder has ended
	case len(v.Knot) > 1 && blocksOnLock(v.Knot[len(v.Knot)-2].Op) && !serves(v.Knot[len(v.Knot)-2], last):
		return ReleaseFirst // it waits with a lock held that others need
	case last.Op == trace.OpCondWait:
		return Propagate
	}
	return Cancel
}

// leftLocked reports whether the first of the knot waits for a lock that a call which has returned has left locked.
func (v *Verdict) leftLocked() bool {
	return slices.ContainsFunc(v.Knot[0].Holds, func(h Holding) bool { return h.Left })
}

// serves reports whether g waits for the end of a request that next serves: what that holds it cannot let go of.
func serves(g, next Goroutine) bool {
	return slices.ContainsFunc(g.Waits, func(w Waiting) bool {
		return slices.ContainsFunc(w.By, func(r Releaser) bool { return r.Task == next.ID && r.Keeping == trace.Serving })
	})
}

// waitsForHold reports whether g waits for something that next has to give back.
func (v *Verdict) waitsForHold(g, next Goroutine) bool {
	for _, w := range g.Waits {
		for _, r := range w.By {
			if r.Task == next.ID && r.How <= waitgraph.Owes {
				return true
			}
		}
	}
	return false
}

func blocksOnLock(op trace.Op) bool {
	return op == trace.OpLock || op == trace.OpRLock || op == trace.OpOnce || op == trace.OpAcquire
}

// behindThemselves reports whether the knot is workers that take their work from one channel, and wait for work that still
// stands in it: all that ever took from it are stuck, and none at it.
func (v *Verdict) behindThemselves(g *graph) bool {
	if g.snap.Total > len(g.snap.Steps) {
		return false // it cannot be counted what stands where
	}
	queued := map[uint32]int{}
	takers := map[uint32]map[uint32]bool{} // by channel
	for _, s := range g.snap.Steps {
		switch s.Op {
		case trace.OpSend:
			queued[s.Object]++
		case trace.OpRecv:
			queued[s.Object]--
			if takers[s.Object] == nil {
				takers[s.Object] = map[uint32]bool{}
			}
			takers[s.Object][s.Task] = true
		}
	}
	for channel, tasks := range takers {
		if queued[channel] <= 0 {
			continue
		}
		work := true
		for id := range tasks {
			t := g.tasks[id]
			atIt := slices.ContainsFunc(t.Waits, func(w trace.Wait) bool { return w.Object == channel })
			work = work && t.State != trace.Ended && g.isStuck(id) && !atIt
		}
		if work && !slices.ContainsFunc(v.Knot, func(k Goroutine) bool { return !tasks[k.ID] }) {
			return true
		}
	}
	return false
}

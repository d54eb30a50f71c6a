package verdict

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/engine"
)

// explain fills in why nobody can go on.
func explain(v *Verdict, snap *engine.Snapshot) {
	g := newGraph(snap)
	if snap.Quiet == engine.LiveTimers && len(g.stuck) == 0 {
		// The body has returned and what is left lives on timers only.
		for i := range snap.Tasks {
			if t := &snap.Tasks[i]; t.State != engine.Ended {
				g.stuck = append(g.stuck, t)
			}
		}
	}
	knot := g.knot()
	for _, id := range knot.tasks {
		v.Knot = append(v.Knot, g.goroutine(id))
	}
	v.Cycle = knot.cycle
	for _, t := range g.stuck {
		if !slices.Contains(knot.tasks, t.ID) {
			v.Others = append(v.Others, g.goroutine(t.ID))
		}
	}
	v.addDebts()

	body := snap.Tasks[0].State == engine.Ended
	switch v.Lost = g.lost(knot); {
	case v.Lost != nil:
		v.Kind = LostWakeup
	case body && !(knot.cycle && knot.sure):
		v.Kind = Leak
	default:
		v.Kind = Deadlock
	}
	v.Rule = v.rule()
}

// A knot is a cycle of the wait-for graph, or a path of it to a goroutine whose wait nobody can end.
type knot struct {
	tasks []uint32
	cycle bool
	sure  bool // every edge is certain
}

// knot looks for the best explanation: a cycle of certain edges; else one in which some are only likely; else the way
// from the body, or from the first goroutine that is stuck, to one that nobody can help.
func (g *graph) knot() knot {
	if c := g.cycle(Queued); c != nil {
		return knot{tasks: c, cycle: true, sure: true}
	}
	if c := g.cycle(Owes); c != nil {
		return knot{tasks: c, cycle: true}
	}
	if o := g.orphan(); o != nil {
		return knot{tasks: o}
	}
	if c := g.cycle(Used); c != nil {
		return knot{tasks: c, cycle: true}
	}
	return knot{}
}

// next returns who could end the waits of a task, by edges at least as sure as worst. What a goroutine used to do says
// little about a wait group, where it is known who still owes.
func (g *graph) next(id uint32, worst How) []uint32 {
	var out []uint32
	for _, w := range g.by[id] {
		for _, r := range w.By {
			sure := r.How <= worst || worst == Owes && w.Object.Kind != engine.WaitGroup
			if sure && !r.Ended {
				out = append(out, r.Task)
			}
		}
	}
	return out
}

// cycle returns the shortest cycle of edges at least as sure as worst, or nil; of several the one with the lowest numbers.
func (g *graph) cycle(worst How) []uint32 {
	var best []uint32
	for _, t := range g.stuck {
		if path := g.path(t.ID, worst, func(id uint32) bool { return slices.Contains(g.next(id, worst), t.ID) }); path != nil {
			if best == nil || len(path) < len(best) {
				best = path
			}
		}
	}
	return best
}

// orphan returns a path to a stuck task whose wait nobody alive can end: from the body if there is a way, and the
// shortest otherwise.
func (g *graph) orphan() []uint32 {
	alone := func(id uint32) bool { return len(g.next(id, Used)) == 0 }
	for _, t := range g.stuck {
		if p := g.path(t.ID, Used, alone); p != nil {
			return p
		}
	}
	return nil
}

// path returns the shortest path over stuck tasks from one task to one that satisfies goal, both included.
func (g *graph) path(from uint32, worst How, goal func(uint32) bool) []uint32 {
	came := map[uint32]uint32{from: 0}
	for queue := []uint32{from}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if goal(at) {
			var p []uint32
			for ; at != 0; at = came[at] {
				p = append(p, at)
			}
			slices.Reverse(p)
			return p
		}
		for _, id := range g.next(at, worst) {
			if _, seen := came[id]; !seen && g.isStuck(id) {
				came[id] = at
				queue = append(queue, id)
			}
		}
	}
	return nil
}

func (g *graph) isStuck(id uint32) bool {
	return slices.ContainsFunc(g.stuck, func(t *engine.TaskState) bool { return t.ID == id })
}

func (g *graph) goroutine(id uint32) Goroutine {
	t := g.tasks[id]
	out := Goroutine{
		ID: id, Name: shortName(t), Parent: t.Parent, Spawned: t.Spawned,
		Op: t.Op, Site: t.Site, Waits: g.by[id], Stack: cleanStack(t.Stack),
	}
	for _, h := range t.Holds {
		out.Holds = append(out.Holds, Holding{Object: g.object(h.Object, engine.OpLock, h.Site), Site: h.Site, Read: h.Read})
	}
	return out
}

// shortName returns what a goroutine runs: what its go statement starts, or the function that has the statement if that
// is a function literal.
func shortName(t *engine.TaskState) string {
	if t.Spawned == nil {
		return t.Name
	}
	if t.Name == "" || t.Name == "func literal" {
		_, in, _ := strings.Cut(path.Base(t.Spawned.Func), ".") // without the package
		return in
	}
	return t.Name
}

// addDebts notes with each goroutine of the knot what the one before it waits for it to give back.
func (v *Verdict) addDebts() {
	for i := range v.Knot {
		if i == len(v.Knot)-1 && !v.Cycle {
			break
		}
		next := &v.Knot[(i+1)%len(v.Knot)]
		for _, w := range v.Knot[i].Waits {
			if w.Object.Kind != engine.WaitGroup {
				continue
			}
			for _, r := range w.By {
				if r.Task == next.ID && r.How == Owes {
					next.Holds = append(next.Holds, Holding{Object: w.Object, Site: r.Site, Owed: true})
				}
			}
		}
	}
}

// lost returns the wake-up that explains the knot, or nil. A wake-up that met nobody is common and harmless: whoever
// checks a condition before waiting needs none. It explains a wait only if it fell between that check and the wait, or
// if nobody is left to send another.
func (g *graph) lost(k knot) *Event {
	if len(k.tasks) == 0 || k.sure {
		return nil
	}
	members := k.tasks
	if !k.cycle {
		members = k.tasks[len(k.tasks)-1:]
	}
	for _, id := range members {
		t := g.tasks[id]
		for _, w := range t.Waits {
			o := g.objects[w.Object]
			d := o.Dropped
			if d.Task == 0 || w.Op != engine.OpRecv && w.Op != engine.OpCondWait {
				continue
			}
			if !k.cycle || d.Step > g.checked(t, o) {
				return &Event{Task: d.Task, Op: d.Op, Site: d.Site, Step: d.Step}
			}
		}
	}
	return nil
}

// checked returns the last step at which t, before it began to wait for o, can have seen the state that a wake-up
// through o announces: for a cond when it took the lock, for a channel when it last received.
func (g *graph) checked(t *engine.TaskState, o *engine.ObjectState) int {
	first := g.snap.Total - len(g.snap.Steps) + 1
	for i := min(t.Since-first, len(g.snap.Steps)) - 1; i >= 0; i-- {
		s := g.snap.Steps[i]
		if s.Task != t.ID {
			continue
		}
		if o.Kind == engine.Cond && (s.Op == engine.OpLock || s.Op == engine.OpRLock) || o.Kind == engine.Chan && s.Object == o.ID {
			return first + i
		}
	}
	return 0
}

// rule names the rule that the knot breaks.
func (v *Verdict) rule() Rule {
	switch {
	case v.Kind == LostWakeup:
		return Propagate
	case len(v.Knot) == 0:
		return 0
	case !v.Cycle:
		if last := v.Knot[len(v.Knot)-1]; last.Op == engine.OpCondWait {
			return Propagate
		}
		return Cancel
	}
	locks, holding := 0, false
	for i, g := range v.Knot {
		if blocksOnLock(g.Op) {
			locks++
			continue
		}
		before := v.Knot[(i+len(v.Knot)-1)%len(v.Knot)]
		holding = holding || v.waitsForHold(before, g)
	}
	switch {
	case locks == len(v.Knot):
		return OneOrder
	case holding:
		return ReleaseFirst
	case slices.ContainsFunc(v.Knot, func(g Goroutine) bool { return g.Op == engine.OpCondWait }):
		return Propagate
	default:
		return OneOrder
	}
}

// waitsForHold reports whether g waits for something that next has to give back.
func (v *Verdict) waitsForHold(g, next Goroutine) bool {
	for _, w := range g.Waits {
		for _, r := range w.By {
			if r.Task == next.ID && r.How <= Owes {
				return true
			}
		}
	}
	return false
}

func blocksOnLock(op engine.Op) bool {
	return op == engine.OpLock || op == engine.OpRLock || op == engine.OpOnce
}

// String returns the verdict in one line.
func (v *Verdict) String() string {
	var b strings.Builder
	b.WriteString(v.Kind.String())
	if v.Rule != 0 {
		fmt.Fprintf(&b, " (rule %d)", v.Rule)
	}
	return b.String()
}

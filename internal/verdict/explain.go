package verdict

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/engine"
)

// explain fills in why nobody can go on.
func explain(v *Verdict, g *graph) {
	snap := g.snap
	if snap.Quiet == engine.Outlived && snap.Cancelled != nil {
		g.stuck = g.survivors()
		g.wait()
	}
	knot := g.knot()
	for _, id := range knot.tasks {
		v.Knot = append(v.Knot, g.goroutine(id))
	}
	v.Cycle, v.Lost = knot.cycle, knot.lost
	for _, t := range g.stuck {
		if !slices.Contains(knot.tasks, t.ID) {
			v.Others = append(v.Others, g.goroutine(t.ID))
		}
	}
	v.addDebts()
	switch returned := snap.Tasks[0].State == engine.Ended; {
	case v.Lost != nil:
		v.Kind = LostWakeup
	case snap.Quiet == engine.LiveTimers && len(v.Knot) == 0 && !returned:
		v.Kind = Livelock // whoever is waited for lives on timers, and gets nowhere
	case returned && !knot.sure:
		v.Kind = Leak
	default:
		v.Kind = Deadlock
	}
	v.Rule = v.rule(g)
	if v.Kind == Leak || v.Kind == LostWakeup && snap.Tasks[0].State == engine.Ended {
		v.spareProcess(snap)
	}
	if v.Kind == Leak {
		v.spareSkipped(snap)
	}
	if v.Kind == Pass {
		return
	}
	if v.Cancelled != nil && !v.Cycle && v.Lost == nil {
		v.Rule = Cancel
	}
	if v.Rule == ReleaseFirst && v.Cycle {
		v.startWithHolder()
	}
}

// startWithHolder turns the cycle so that it begins with a goroutine that holds what another waits for and blocks in
// something else than a lock: the one to be changed.
func (v *Verdict) startWithHolder() {
	i := slices.IndexFunc(v.Knot, func(g Goroutine) bool { return len(g.Holds) > 0 && !blocksOnLock(g.Op) })
	if i > 0 {
		v.Knot = slices.Concat(v.Knot[i:], v.Knot[:i])
	}
}

// A knot is a cycle of the wait-for graph, or a path of it to a goroutine whose wait nobody can end.
type knot struct {
	tasks []uint32
	cycle bool
	sure  bool   // a cycle of which every edge is certain
	lost  *Event // the wake-up that the last of them has missed
}

// knot looks for the best explanation: a cycle of certain edges, and else what seekIn finds. What goes on inside a library
// explains nothing as long as there is something else: its goroutines wait for each other whenever nothing is to be done.
func (g *graph) knot() knot {
	if c := g.cycle(Queued, true); c != nil {
		return knot{tasks: c, cycle: true, sure: true}
	}
	outside := slices.DeleteFunc(slices.Clone(g.stuck), g.idle)
	if k := g.seekIn(outside, false); len(k.tasks) > 0 {
		return k
	}
	return g.seekIn(g.stuck, true)
}

// seekIn looks for an explanation that begins with one of these goroutines: a cycle of likely edges; else a wake-up that was lost
// for certain; else the way to a goroutine that those who could help have left; else a cycle of goroutines that could help
// each other; else the way to a goroutine that nobody was seen to help; else a cycle of whatever edges there are. Cycles
// that have nothing but objects of libraries in them count if machinery is set.
func (g *graph) seekIn(stuck []*engine.TaskState, machinery bool) knot {
	if c := g.cycle(Used, machinery); c != nil {
		return knot{tasks: c, cycle: true}
	}
	for _, t := range stuck {
		if lost := g.lost(t, g.stepBefore(t)); lost != nil {
			return knot{tasks: g.pathTo(t.ID), lost: lost}
		}
	}
	if p := g.orphan(stuck, true); p != nil {
		return g.orphaned(p)
	}
	if c := g.cycle(Could, machinery); c != nil {
		return knot{tasks: c, cycle: true}
	}
	if p := g.orphan(stuck, false); p != nil {
		return g.orphaned(p)
	}
	if c := g.cycle(Made, machinery); c != nil {
		return knot{tasks: c, cycle: true}
	}
	return knot{}
}

// idle reports whether a goroutine is a library's own, and waits inside of that.
func (g *graph) idle(t *engine.TaskState) bool {
	return t.State == engine.Blocked && len(t.Wants) == 0 && t.Site != nil && engine.InLibrary(t.Site.File) && within(t) == nil &&
		!slices.ContainsFunc(t.Waits, func(w engine.Wait) bool { return !g.ofLibrary(w.Object) })
}

// ofLibrary reports whether an object is a library's own: a library has used it first.
func (g *graph) ofLibrary(object uint32) bool {
	first := g.objects[object].First
	return first != nil && engine.InLibrary(first.File)
}

func (g *graph) orphaned(path []uint32) knot {
	k := knot{tasks: path}
	if g.snap.Tasks[0].State != engine.Ended {
		k.lost = g.lost(g.tasks[path[len(path)-1]], 0)
	} // else whoever is left waits for more work, and a wake-up that once met nobody has nothing to do with it
	return k
}

// next returns who could end the waits of a task, by edges at least as sure as worst. Where somebody is known to owe what
// the task waits for, nobody else counts; and where somebody could do it, or could have while it lived, nobody who might. Who
// could cancel a context counts if there is nothing else to wait for: beside something else it is a way out that is not needed
// when all goes well.
func (g *graph) next(id uint32, worst How) []uint32 {
	return g.nextBy(id, worst, func(Waiting) bool { return true })
}

// nextBy is next for some of the waits.
func (g *graph) nextBy(id uint32, worst How, wanted func(Waiting) bool) []uint32 {
	var out []uint32
	isContext := func(w Waiting) bool { return g.objects[w.Object.ID].Made.Op == engine.OpContext }
	if slices.ContainsFunc(g.waits[id], func(w Waiting) bool { return !isContext(w) }) {
		worst = min(worst, Might)
	}
	for _, w := range g.waits[id] {
		if !wanted(w) {
			continue
		}
		limit := worst
		switch {
		case slices.ContainsFunc(w.By, func(r Releaser) bool { return r.How == Owes && !r.Ended }):
			limit = min(limit, Owes)
		case slices.ContainsFunc(w.By, func(r Releaser) bool { return r.How <= Stranded }):
			limit = min(limit, Could)
		}
		for _, r := range w.By {
			if r.How <= limit && !r.Ended && !(r.How == Made && r.Task == id) {
				out = append(out, r.Task)
			}
		}
	}
	return out
}

// cycle returns the shortest cycle of edges at least as sure as worst, or nil; of several the one with the lowest numbers. One of its
// edges is about an object of the code under test, unless machinery is set.
func (g *graph) cycle(worst How, machinery bool) []uint32 {
	var best []uint32
	for _, t := range g.stuck {
		begins := func(w Waiting) bool { return machinery || !g.ofLibrary(w.Object.ID) }
		for _, id := range g.nextBy(t.ID, worst, begins) {
			path := g.path(id, worst, func(at uint32) bool { return at == t.ID })
			if path != nil && (best == nil || len(path) < len(best)) {
				best = append([]uint32{t.ID}, path[:len(path)-1]...)
			}
		}
	}
	return best
}

// pathTo returns a path to a stuck task: from the body, or else from who waits for a lock that it holds, or else that task
// alone.
func (g *graph) pathTo(id uint32) []uint32 {
	there := func(at uint32) bool { return at == id }
	body := g.body()
	if p := g.path(body, Made, there); g.isStuck(body) && p != nil {
		return p
	}
	for _, t := range g.stuck {
		if t.ID != id && blocksOnLock(t.Op) && slices.Contains(g.next(t.ID, Queued), id) {
			return []uint32{t.ID, id}
		}
	}
	return []uint32{id}
}

// body returns the task that runs the body of the test: the first one, or the one that it waits for in native code.
func (g *graph) body() uint32 {
	for i := range g.snap.Tasks {
		if t := &g.snap.Tasks[i]; !t.Expected && t.Spawned == nil {
			return t.ID
		}
	}
	return g.snap.Tasks[0].ID
}

// orphan returns a path to a stuck task whose wait nobody alive can end: from the body if there is a way, and else as
// pathTo has it. If left, it is one of which it is known who could have done it and has ended. The path begins with one of stuck.
func (g *graph) orphan(stuck []*engine.TaskState, left bool) []uint32 {
	alone := func(id uint32) bool {
		return len(g.next(id, Made)) == 0 && (!left || slices.ContainsFunc(g.waits[id], func(w Waiting) bool { return len(w.By) > 0 }))
	}
	for _, t := range stuck {
		if p := g.path(t.ID, Made, alone); p != nil {
			if to := g.pathTo(p[len(p)-1]); len(to) > len(p) {
				return to
			}
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

// callsTo returns the calls that led to a function with a sync point, of a stack on which it is.
func callsTo(s *engine.Site, callers []uintptr) []string {
	if len(callers) == 0 {
		return nil
	}
	var out []string
	within := false
	for frames, more := runtime.CallersFrames(callers), true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if within {
			out = append(out, fmt.Sprintf("%s:%d", f.File, f.Line))
		}
		within = within || f.Function == s.Func
	}
	return out
}

func (g *graph) goroutine(id uint32) Goroutine {
	t := g.tasks[id]
	out := Goroutine{
		ID: id, Name: t.Name, Parent: t.Parent, Spawned: t.Spawned, Calls: callsTo(t.Spawned, t.Callers), Born: t.Born,
		Op: t.Op, Site: t.Site, Waits: g.waits[id],
	}
	if want := g.wantOf(t); want != nil {
		out.Op, out.Site = cmp.Or(want.Op, engine.OpAcquire), want.Site
	}
	if out.Site == t.Site {
		out.Within = within(t)
	}
	if t.State == engine.Outside && out.Op != engine.OpRead && out.Op != engine.OpWrite {
		out.Stack = cleanStack(t.Stack)
	}
	inOrder := slices.SortedStableFunc(slices.Values(t.Holds), func(a, b engine.Held) int { return cmp.Compare(a.Step, b.Step) })
	for _, h := range inOrder {
		out.Holds = append(out.Holds, Holding{Object: g.object(h.Object, h.Site, -1), Site: h.Site, Read: h.Read, N: h.N, Keeping: h.Keeping})
	}
	return out
}

// addDebts notes with each goroutine of the knot what it has to give back, for which the one before it waits.
func (v *Verdict) addDebts() {
	for i := range v.Knot {
		if i == len(v.Knot)-1 && !v.Cycle {
			break
		}
		next := &v.Knot[(i+1)%len(v.Knot)]
		for _, w := range v.Knot[i].Waits {
			for _, r := range w.By {
				if r.Task == next.ID && r.How == Owes && w.Op != engine.OpAcquire {
					next.Holds = append(next.Holds, Holding{Object: w.Object, Site: r.Site, Owed: true, Yet: r.Yet})
				}
			}
		}
	}
}

// lost returns the wake-up after a step that was meant for t, met nobody and came before t waited; or nil.
func (g *graph) lost(t *engine.TaskState, after int) *Event {
	for _, w := range t.Waits {
		d := g.objects[w.Object].Dropped
		if d.Task != 0 && (w.Op == engine.OpRecv || w.Op == engine.OpCondWait) && d.Step > after {
			return &Event{Task: d.Task, Op: d.Op, Site: d.Site, Step: d.Step}
		}
	}
	return nil
}

// stepBefore returns the last step of t before the one in which it blocked. A wake-up that met nobody is common and
// harmless: whoever looks at a condition before waiting needs none. One that came after the last thing that t did before
// it waited came after that look.
func (g *graph) stepBefore(t *engine.TaskState) int {
	before := t.Since
	for i := len(g.snap.Steps) - 1; i >= 0; i-- {
		if n := g.number(i); g.snap.Steps[i].Task == t.ID && n < before {
			return n
		}
	}
	return t.Born // it waits first thing
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

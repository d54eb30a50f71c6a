package verdict

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/waitgraph"
)

// explain fills in why nobody can go on.
func explain(v *Verdict, g *graph) {
	snap := g.snap
	if snap.Quiet == trace.Outlived && snap.Cancelled != nil {
		g.stuck = g.survivors()
		g.wait()
	}
	knot := g.model().Explain()
	for _, id := range knot.Path {
		v.Knot = append(v.Knot, g.goroutine(id))
	}
	v.Cycle, v.Idle, v.Lost = knot.Circle, knot.Idle, g.missed(knot)
	v.addFates(g)
	for _, t := range g.stuck {
		if !slices.Contains(knot.Path, t.ID) {
			v.Others = append(v.Others, g.goroutine(t.ID))
		}
	}
	v.addDebts()
	switch returned := snap.Tasks[0].State == trace.Ended; {
	case v.Lost != nil:
		v.Kind = LostWakeup
	case snap.Quiet == trace.LiveTimers && len(v.Knot) == 0 && !returned:
		v.Kind = Livelock // whoever is waited for lives on timers, and gets nowhere
	case returned && !knot.Certain:
		v.Kind = Leak
	default:
		v.Kind = Deadlock
	}
	v.Rule = v.rule(g)
	if v.Kind == Leak || v.Kind == LostWakeup && snap.Tasks[0].State == trace.Ended {
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

// model returns the graph as package waitgraph takes it.
func (g *graph) model() *waitgraph.Graph {
	m := &waitgraph.Graph{Body: g.body(), Over: g.snap.Tasks[0].State == trace.Ended}
	for _, t := range g.stuck {
		out := waitgraph.Goroutine{ID: t.ID, Lock: blocksOnLock(t.Op), Idle: g.idle(t), Missed: g.lost(t, g.stepBefore(t)) != nil}
		for _, w := range g.waits[t.ID] {
			need := waitgraph.Need{Context: g.objects[w.Object.ID].Made.Op == trace.OpContext, Library: g.ofLibrary(w.Object.ID)}
			switch w.Op {
			case trace.OpRecv, trace.OpCondWait:
				need.Comes = true
			case trace.OpRead:
				need.Comes, need.From, need.Back = true, w.Object.ID, g.objects[w.Object.ID].Back
			}
			for _, r := range w.By {
				need.Ends = append(need.Ends, waitgraph.End{By: r.Task, Evidence: r.How, Ended: r.Ended})
			}
			out.Needs = append(out.Needs, need)
		}
		m.Stuck = append(m.Stuck, out)
	}
	return m
}

// idle reports whether a goroutine is a library's own, and waits inside of that.
func (g *graph) idle(t *trace.TaskState) bool {
	return t.State == trace.Blocked && len(t.Wants) == 0 && t.Site != nil && program.InLibrary(t.Site.File) && within(t) == nil &&
		!slices.ContainsFunc(t.Waits, func(w trace.Wait) bool { return !g.ofLibrary(w.Object) })
}

// ofLibrary reports whether an object is a library's own: a library has used it first, or has made streams of it for others to use.
func (g *graph) ofLibrary(object uint32) bool {
	o := g.objects[object]
	return o.Carries || o.First != nil && program.InLibrary(o.First.File)
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

func (g *graph) isStuck(id uint32) bool {
	return slices.ContainsFunc(g.stuck, func(t *trace.TaskState) bool { return t.ID == id })
}

// callsTo returns the calls that led to a function with a sync point, of a stack on which it is, the innermost first.
func callsTo(s *trace.Site, callers []uintptr) (out []RaceFrame) {
	if len(callers) == 0 {
		return nil
	}
	within := false
	for frames, more := runtime.CallersFrames(callers), true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if within {
			out = append(out, RaceFrame{f.Function, fmt.Sprintf("%s:%d", f.File, f.Line)})
		}
		within = within || f.Function == s.Func
	}
	return out
}

func placesOf(calls []RaceFrame) (out []string) {
	for _, c := range calls {
		out = append(out, c.Place)
	}
	return out
}

// takenBy returns where the code under test has called the library that took a lock, and which function of that; nil if it is not known.
func takenBy(h trace.Held) (user *RaceFrame, via string) {
	via = h.Site.Func
	for _, c := range callsTo(h.Site, h.Callers) {
		if file, _ := position(c.Place); !program.InLibrary(file) {
			return &c, via
		}
		via = c.Func
	}
	return nil, ""
}

func (g *graph) goroutine(id uint32) Goroutine {
	t := g.tasks[id]
	out := Goroutine{
		ID: id, Name: t.Name, Parent: t.Parent, Spawned: t.Spawned, Calls: placesOf(callsTo(t.Spawned, t.Callers)), Born: t.Born,
		Op: t.Op, Site: t.Site, Waits: g.waits[id], Nil: nilCases(t),
	}
	if want := g.wantOf(t); want != nil {
		out.Op = cmp.Or(want.Op, trace.OpAcquire)
		if !want.Library || t.Site == nil || t.Site.Func != want.Site.Func {
			out.Site = want.Site // a library says so somewhere before it waits
		}
	}
	if out.Site == t.Site {
		out.Within = within(t)
	}
	if r := g.reach[id]; r != nil && t.Site != nil && g.code.funcs[t.Site.Func] != nil {
		out.Once = r.round < 0
	}
	if g.endless[id] {
		out.Round = t.Site
	}
	if t.State == trace.Outside && out.Op != trace.OpRead && out.Op != trace.OpWrite {
		out.Stack = cleanStack(t.Stack)
	}
	inOrder := slices.SortedStableFunc(slices.Values(t.Holds), func(a, b trace.Held) int { return cmp.Compare(a.Step, b.Step) })
	for _, h := range inOrder {
		holds := Holding{Object: g.object(h.Object, h.Site, -1), Site: h.Site, Read: h.Read, N: h.N, Keeping: h.Keeping,
			Left: g.waitsAt(id, h.Object) && g.returned(t, h.Site)}
		if len(h.Callers) > 0 {
			holds.User, holds.Via = takenBy(h)
		}
		out.Holds = append(out.Holds, holds)
	}
	return out
}

// addFates notes what became of what the last of the knot waits for.
func (v *Verdict) addFates(g *graph) {
	if len(v.Knot) == 0 || v.Cycle || v.Lost != nil {
		return
	}
	last := &v.Knot[len(v.Knot)-1]
	for i := range last.Waits {
		last.Waits[i].Fate = g.fate(g.tasks[last.ID], last.Waits[i])
	}
	if slices.ContainsFunc(last.Nil, func(c string) bool { return strings.HasSuffix(c, ".Done()") }) {
		v.Cancel = g.cancelled(g.tasks[last.ID])
	}
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
				if r.Task == next.ID && r.How == waitgraph.Owes && w.Op != trace.OpAcquire {
					next.Holds = append(next.Holds, Holding{Object: w.Object, Site: r.Site, Owed: true, Yet: r.Yet})
				}
			}
		}
	}
}

// missed returns the wake-up that the last goroutine of an explanation has missed, or nil. If the body has returned, who is left waits
// for more work as a rule, and a wake-up that once met nobody has nothing to do with it.
func (g *graph) missed(knot waitgraph.Explanation) *Event {
	if len(knot.Path) == 0 || knot.Circle || knot.Idle {
		return nil
	}
	last := g.tasks[knot.Path[len(knot.Path)-1]]
	switch {
	case knot.Missed:
		return g.lost(last, g.stepBefore(last))
	case g.snap.Tasks[0].State != trace.Ended:
		if e := g.lost(last, 0); e != nil && !g.looked(last, e) {
			return e
		}
	}
	return nil
}

// looked reports whether t could see, before it waited, what a wake-up was to tell it of: it has taken a lock since that had been taken by who
// woke. What t waited for was not so by then, or no more, as when another has been quicker to take it.
func (g *graph) looked(t *trace.TaskState, wakeUp *Event) bool {
	var theirs []uint32 // locks
	for i := range g.snap.Steps {
		s, n := &g.snap.Steps[i], g.number(i)
		switch {
		case s.Op != trace.OpLock && s.Op != trace.OpRLock:
		case s.Task == wakeUp.Task && n < wakeUp.Step:
			theirs = append(theirs, s.Object)
		case s.Task == t.ID && n < t.Since && max(n, int(s.Until)) > wakeUp.Step && slices.Contains(theirs, s.Object):
			return true
		}
	}
	return false
}

// lost returns the wake-up after a step that was meant for t, met nobody and came before t waited; or nil.
func (g *graph) lost(t *trace.TaskState, after int) *Event {
	for _, w := range t.Waits {
		d := g.objects[w.Object].Dropped
		if d.Task != 0 && (w.Op == trace.OpRecv || w.Op == trace.OpCondWait) && d.Step > after {
			return &Event{Task: d.Task, Op: d.Op, Site: d.Site, Step: d.Step, Object: w.Object}
		}
	}
	return nil
}

// stepBefore returns the last step of t before the one in which it blocked, or if it had to wait there, the step that ended that. A wake-up
// that met nobody is common and harmless: whoever looks at a condition before waiting needs none. One that came after the last thing
// that t did before it waited came after that look.
func (g *graph) stepBefore(t *trace.TaskState) int {
	before := t.Since
	for i := len(g.snap.Steps) - 1; i >= 0; i-- {
		if n := g.number(i); g.snap.Steps[i].Task == t.ID && n < before {
			return max(n, int(g.snap.Steps[i].Until))
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

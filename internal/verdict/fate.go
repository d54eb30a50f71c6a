package verdict

import (
	"slices"

	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/waitgraph"
)

// A Fate is what became of what a goroutine waits for: it was there, and another goroutine has it.
type Fate struct {
	Gave  Event  // the send or the signal
	Got   Event  // who received what was sent, or whom the signal woke, and where that was
	Again bool   // that goroutine waits at the same object again
	Ended bool   // or it has ended
	Late  bool   // of a value: it was gone before the goroutine that waits for it came there for the first time
	Back  *Event // of a value: where it would have been sent back by who received it
}

// fate returns what became of what t waits for, if that is known and explains the wait.
func (g *graph) fate(t *trace.TaskState, w Waiting) *Fate {
	o := g.objects[w.Object.ID]
	if g.snap.Total > len(g.snap.Steps) || o.Closed {
		return nil // it cannot be told what was first
	}
	switch w.Op {
	case trace.OpRecv:
		return g.received(t, o, w)
	case trace.OpCondWait:
		return g.woken(t, o)
	}
	return nil
}

// received returns who has received what t waits for: a value that was the only one, or one that is sent back as a rule.
func (g *graph) received(t *trace.TaskState, o *trace.ObjectState, w Waiting) *Fate {
	var got trace.ObjectUse
	for _, u := range o.Users {
		if u.Op == trace.OpRecv && u.Step > got.Step && !g.waitsAt(u.Task, o.ID) {
			got = u
		}
	}
	var sent []Event
	for i, s := range g.snap.Steps {
		if s.Op == trace.OpSend && s.Object == o.ID && !(g.waitsAt(s.Task, o.ID) && g.tasks[s.Task].Since == g.number(i)) {
			sent = append(sent, Event{Task: s.Task, Op: s.Op, Site: s.Site, Step: g.number(i)})
		}
	}
	if got.Task == 0 || got.Task == t.ID || len(sent) == 0 || o.Length > 0 {
		return nil
	}
	f := &Fate{Gave: sent[len(sent)-1], Got: Event{Task: got.Task, Op: got.Op, Site: got.Site, Step: got.Step}}
	f.Ended = g.tasks[got.Task].State == trace.Ended
	taken := max(f.Gave.Step, got.Step) // all steps are there
	f.Late = !slices.ContainsFunc(g.snap.Steps[:taken], func(s trace.Step) bool { return s.Task == t.ID && comesTo(s, o) })
	for _, by := range w.By {
		if by.Task == got.Task && by.Op == trace.OpSend && f.Ended && by.Site != nil && by.How != waitgraph.Given && f.Gave.Task != got.Task {
			f.Back = &Event{Task: by.Task, Op: by.Op, Site: by.Site}
		}
	}
	if len(sent) > 1 && f.Back == nil {
		return nil // one of many, as a rule
	}
	return f
}

// comesTo reports whether a step is at an object, or at a select that may have a case for it.
func comesTo(s trace.Step, o *trace.ObjectState) bool {
	return s.Object == o.ID || s.Site != nil && slices.ContainsFunc(s.Site.Cases, func(c trace.SiteCase) bool {
		return c.Var == 0 || slices.Contains(o.Vars[:], c.Var)
	})
}

// woken returns whom the last signal at a cond has woken in t's place.
func (g *graph) woken(t *trace.TaskState, o *trace.ObjectState) *Fate {
	signal := -1
	for i, s := range g.snap.Steps {
		if s.Op == trace.OpSignal && s.Object == o.ID {
			signal = i
		}
	}
	if signal < 0 {
		return nil
	}
	by := g.snap.Steps[signal]
	f := &Fate{Gave: Event{Task: by.Task, Op: by.Op, Site: by.Site, Step: g.number(signal)}}
	for i, s := range g.snap.Steps {
		if s.Op == trace.OpCondWait && s.Object == o.ID && int(s.Until) == f.Gave.Step && s.Task != t.ID {
			f.Got = Event{Task: s.Task, Op: s.Op, Site: s.Site, Step: g.number(i)}
			f.Again, f.Ended = g.waitsAt(s.Task, o.ID), g.tasks[s.Task].State == trace.Ended
			return f
		}
	}
	return nil
}

func (g *graph) waitsAt(task, object uint32) bool {
	return slices.ContainsFunc(g.tasks[task].Waits, func(w trace.Wait) bool { return w.Object == object })
}

// nilCases returns the cases of the select that t is blocked in, as the source spells them, whose channels are nil.
func nilCases(t *trace.TaskState) (out []string) {
	if t.State != trace.Blocked || t.Site == nil || len(t.Wants) > 0 {
		return nil
	}
	for i, c := range t.Site.Cases {
		if !slices.ContainsFunc(t.Waits, func(w trace.Wait) bool { return w.Case == i }) {
			out = append(out, c.Op.String()+" "+c.Expr)
		}
	}
	return out
}

// cancelled returns the last cancel of a context that t might have waited for in the place of its own, where that was made; nil if there was
// none. A cancel by the schedule is none.
func (g *graph) cancelled(t *trace.TaskState) *Event {
	for i, s := range slices.Backward(g.snap.Steps) {
		if s.Op == trace.OpCancel && s.Site != nil && (g.snap.Cancelled == nil || g.number(i) != g.snap.Cancelled.Step) && g.couldHave(t, s.Site) {
			return &Event{Task: s.Task, Op: s.Op, Site: s.Site, Step: g.number(i)}
		}
	}
	return nil
}

// couldHave reports whether t may have been given a context that was made at a site, as far as is known: before it began to wait, by itself
// or by one of those it comes from. What others make, they make for themselves as a rule.
func (g *graph) couldHave(t *trace.TaskState, at *trace.Site) bool {
	known := false
	for _, o := range g.objects {
		m := o.Made
		if m.Op != trace.OpContext || m.Site == nil || m.Site.Key != at.Key {
			continue
		}
		known = true
		for from := t; m.Step < t.Since && from != nil; from = g.tasks[from.Parent] {
			if from.ID == m.Task {
				return true
			}
		}
	}
	return !known
}

// closedBy returns where the channel was closed that the goroutine which panicked has sent on, or closed once more; nil if that is not
// known.
func (g *graph) closedBy() *Event {
	culprit := &g.snap.Tasks[g.snap.Culprit]
	var last *trace.Step
	for i := range g.snap.Steps {
		if s := &g.snap.Steps[i]; s.Task == culprit.ID && s.Op != trace.OpExit {
			last = s
		}
	}
	if last == nil || last.Site == nil {
		return nil
	}
	var closed []*trace.ObjectState
	for _, o := range g.objects {
		sends := slices.ContainsFunc(last.Site.Cases, func(c trace.SiteCase) bool { return c.Op == trace.OpSend && slices.Contains(o.Vars[:], c.Var) })
		if o.Kind == trace.Chan && o.Closed && (o.ID == last.Object || last.Object == 0 && sends) {
			closed = append(closed, o)
		}
	}
	if len(closed) != 1 {
		return nil
	}
	for i, s := range g.snap.Steps {
		if s.Op == trace.OpClose && s.Object == closed[0].ID && &g.snap.Steps[i] != last {
			return &Event{Task: s.Task, Op: s.Op, Site: s.Site, Step: g.number(i)}
		}
	}
	return nil
}

// unlocks give a lock back; what is unlocked as a sync.Locker may be of any kind.
var unlocks = []act{{trace.OpUnlock, trace.Mutex}, {trace.OpUnlock, trace.RWMutex}, {trace.OpRUnlock, trace.RWMutex}, {trace.OpUnlock, 0}, {trace.OpRUnlock, 0}}

// returned reports whether the call of the function in which t took a lock has left it locked: it is on t's stack no more, or stands only
// once there, at the same place again. A function that never unlocks leaves that to its callers, unless these come to no unlock either.
func (g *graph) returned(t *trace.TaskState, at *trace.Site) bool {
	if at == nil || t.Stack == "" || at.Var == 0 || g.code.funcs[at.Func] == nil {
		return false
	}
	calls := g.code.calls(t)
	callers := g.code.reached(slices.Clone(calls))
	var here, theirs bool
	see := func(s *trace.Site) {
		here = here || s.Func == at.Func && s.Var == at.Var
		theirs = theirs || slices.Contains(callers, s.Func)
	}
	for _, a := range unlocks {
		for _, v := range g.code.family([]uint64{at.Var}) {
			for _, s := range g.code.doers[doing{a, v}] {
				see(s)
			}
		}
		for _, s := range g.code.others[a] { // of a lock that is not known
			see(s)
		}
	}
	if !here && theirs {
		return false
	}
	on := 0
	for _, fn := range calls {
		if fn == at.Func {
			on++
		}
	}
	return on == 0 || on == 1 && t.Site != nil && t.Site.Func == at.Func && t.Site.Line <= at.Line
}

package verdict

import (
	"cmp"
	"slices"

	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/waitgraph"
)

// graph is the wait-for graph of a snapshot: who waits, and who could end the wait.
//
// Who holds a lock is known. Who could send on a channel, signal a cond or finish for a wait group is written down
// nowhere in a Go program. It is taken from what was seen, and from where the code could do it:
//
//   - a goroutine that did it before, on this object;
//   - one that is or was in a function which does it to a variable or field that may hold the object;
//   - one that began where such a goroutine began, and so probably does the same work;
//   - if there is nobody else, one that did it on another object of that variable;
//   - one that may come to such a function from where it is;
//   - if the waiter's last value stands in a channel, and whoever could have received that has ended, they: what has to be
//     given back is lost with it;
//   - of a context, who made it or the one that it is derived from, and can cancel that.
//
// Among those who close, signal or finish, a goroutine that has received something since it last did so probably still
// has to give that back. That is what a token that travels with the data looks like.
type graph struct {
	snap    *trace.Snapshot
	code    *Code
	tasks   map[uint32]*trace.TaskState
	objects map[uint32]*trace.ObjectState
	stuck   []*trace.TaskState // can never go on, by number
	waits   map[uint32][]Waiting
	inside  map[uint32][]Waiting // by task: how a library has it wait for what it says that it waits for
	endless map[uint32]bool      // those of stuck that go round for ever, woken by timers

	ran   map[uint32]map[string]trace.ObjectUse // by task: functions that it ran, and its last step there
	began map[uint32]*trace.Site                // by task: its first sync point
	byVar map[uint64][]*trace.ObjectState       // objects known by a variable
	sent  map[uint32]sending                    // by task: its last send on a channel that has values in it

	reach map[uint32]*reach // by task that lives
}

// A sending is a send on a channel.
type sending struct {
	trace.ObjectUse
	on *trace.ObjectState
}

// newGraph builds the graph. code may be nil.
func newGraph(snap *trace.Snapshot, code *Code) *graph {
	if code == nil {
		code = NewCode(nil, nil)
	}
	g := &graph{
		snap: snap, code: code, tasks: map[uint32]*trace.TaskState{}, objects: map[uint32]*trace.ObjectState{}, waits: map[uint32][]Waiting{},
		reach: map[uint32]*reach{}, ran: map[uint32]map[string]trace.ObjectUse{}, began: map[uint32]*trace.Site{},
		byVar: map[uint64][]*trace.ObjectState{}, sent: map[uint32]sending{},
	}
	g.readSteps()
	for i := range snap.Objects {
		o := &snap.Objects[i]
		g.objects[o.ID] = o
		for _, v := range o.Vars {
			if v != 0 {
				g.byVar[v] = append(g.byVar[v], o)
			}
		}
		if o.Length == 0 {
			continue
		}
		for _, u := range o.Users {
			if u.Op == trace.OpSend && u.Step > g.sent[u.Task].Step {
				g.sent[u.Task] = sending{u, o}
			}
		}
	}
	started := g.started()
	for i := range snap.Tasks {
		t := &snap.Tasks[i]
		g.tasks[t.ID] = t
		if t.Stack != "" {
			g.reach[t.ID] = code.reachOf(t, started)
		}
		sleeps := t.Op == trace.OpSleep && snap.Quiet != trace.Proved // who sleeps with no timer pending sleeps for ever
		since := t.Since <= snap.Settled && !sleeps
		if t.State == trace.Outside && !t.Expected || t.State == trace.Blocked && (since || g.polls(t)) {
			g.stuck = append(g.stuck, t)
		}
	}
	g.wait()
	if snap.Quiet == trace.Interlocked || snap.Quiet == trace.Awaits {
		g.keepInterlocked()
	}
	return g
}

// wait notes what those who are stuck wait for, and who could end it.
func (g *graph) wait() {
	clear(g.waits)
	g.inside = map[uint32][]Waiting{}
	for _, t := range g.stuck {
		want := g.wantOf(t)
		if want != nil {
			g.waits[t.ID] = append(g.waits[t.ID], g.wanting(t, want))
		}
		for _, w := range t.Waits {
			if want != nil && g.objects[w.Object].Made.Op != trace.OpContext {
				if want.Library && !want.All {
					g.inside[t.ID] = append(g.inside[t.ID], g.waiting(t, w))
				}
				continue // how it waits does not matter
			}
			g.waits[t.ID] = append(g.waits[t.ID], g.waiting(t, w))
		}
	}
}

// interlocked reports whether goroutines wait for each other's locks.
func (g *graph) interlocked() bool { return g.model().Circle(waitgraph.Certain, true) != nil }

// keepInterlocked leaves those stuck that wait for each other's locks, and who waits for one of theirs. The others may
// wait for somebody who goes on.
func (g *graph) keepInterlocked() {
	m := g.model()
	sure := m.Circle(waitgraph.Certain, true)
	for n := 0; n < len(sure); {
		n = len(sure)
		for _, t := range g.stuck {
			if !slices.Contains(sure, t.ID) && slices.ContainsFunc(sure, func(id uint32) bool { return m.Needs(t.ID, id, waitgraph.Certain) }) {
				sure = append(sure, t.ID)
			}
		}
	}
	g.stuck = slices.DeleteFunc(g.stuck, func(t *trace.TaskState) bool { return !slices.Contains(sure, t.ID) })
}

func (g *graph) readSteps() {
	for i, s := range g.snap.Steps {
		if s.Site == nil || s.Op == trace.OpExit || doneElsewhere(s) {
			continue
		}
		if g.began[s.Task] == nil {
			g.began[s.Task] = s.Site
			g.ran[s.Task] = map[string]trace.ObjectUse{}
		}
		g.ran[s.Task][s.Site.Func] = trace.ObjectUse{Task: s.Task, Op: s.Op, Site: s.Site, Step: g.number(i)}
	}
}

// lastOf returns the last sync point that a task has passed: of those outside of libraries, if there is one.
func (g *graph) lastOf(t *trace.TaskState) *trace.Site {
	if t.Last == nil || !program.InLibrary(t.Last.File) {
		return t.Last
	}
	for _, s := range slices.Backward(g.snap.Steps) {
		if s.Task == t.ID && s.Site != nil && !program.InLibrary(s.Site.File) {
			return s.Site
		}
	}
	return t.Last
}

// doneElsewhere reports whether a step is that of a function which the code at its site has only made, or handed on: a cancel function, one
// of sync.OnceFunc and its like, mu.Unlock as a value, what is given to wg.Go. The goroutine that calls it need not have been in the function
// of that site. The timer of a context with a deadline is set where the context is made.
func doneElsewhere(s trace.Step) bool {
	return s.Site.Elsewhere && s.Op != trace.OpTimer || s.Op == trace.OpDone && s.Site.Op == trace.OpGo
}

// number returns the number of the i-th step that was kept.
func (g *graph) number(i int) int { return g.snap.Total - len(g.snap.Steps) + 1 + i }

// object names an object by what the code at a site calls it; at a select by its case.
func (g *graph) object(id uint32, at *trace.Site, selected int) Object {
	o := g.objects[id]
	name := operand(at, selected)
	if o.Kind == trace.Socket || name == "" {
		name = g.nameOf(o)
	}
	return Object{ID: id, Kind: o.Kind, Name: name}
}

// nameOf returns what the code calls an object, wherever it uses it.
func (g *graph) nameOf(o *trace.ObjectState) string {
	if o.Kind == trace.Socket {
		return o.Name // which is written down nowhere in the code
	}
	for _, u := range o.Users {
		if u.Site == nil {
			continue
		}
		if len(u.Site.Cases) == 0 {
			return u.Site.Expr
		}
		for i, c := range u.Site.Cases {
			if slices.Contains(o.Vars[:], c.Var) {
				return operand(u.Site, i)
			}
		}
	}
	return operand(o.First, -1)
}

// operand returns how the source spells what a site works on.
func operand(at *trace.Site, selected int) string {
	switch {
	case at == nil:
		return ""
	case len(at.Cases) == 0:
		return at.Expr
	case selected >= 0 && selected < len(at.Cases):
		return at.Cases[selected].Expr
	}
	return ""
}

// waiting returns a wait of t with those who could end it, the surest first, then by number.
func (g *graph) waiting(t *trace.TaskState, w trace.Wait) Waiting {
	r := releasers{g: g, waiter: t, object: g.objects[w.Object], operand: operand(t.Site, w.Case), how: map[uint32]Releaser{}, strange: map[uint32]bool{}}
	switch r.object.Kind {
	case trace.Mutex, trace.RWMutex, trace.Once:
		r.holders(w.Op)
	default:
		r.family = g.code.family(r.object.Vars[:])
		r.partners(w.Op)
		r.sortOut()
	}
	out := Waiting{Object: g.object(w.Object, t.Site, w.Case), Op: w.Op, Leaves: g.leaves(t, w)}
	for _, rel := range r.how {
		if by := g.tasks[rel.Task]; by.State == trace.Ended {
			rel.Ended, rel.Last = true, g.lastOf(by)
		}
		out.By = append(out.By, rel)
	}
	slices.SortFunc(out.By, func(a, b Releaser) int {
		return cmp.Or(cmp.Compare(a.How, b.How), cmp.Compare(a.Task, b.Task))
	})
	if len(out.By) == 0 {
		for _, p := range partnersOf(w.Op) {
			out.Code = append(out.Code, r.sites(p)...)
		}
	}
	return out
}

// leaves reports whether w is a case of a select by which t leaves the loop around that.
func (g *graph) leaves(t *trace.TaskState, w trace.Wait) bool {
	if t.Site == nil || w.Case < 0 || w.Case >= len(t.Site.Cases) || g.code.funcs[t.Site.Func] == nil {
		return false
	}
	is := func(e program.LoopEnd) bool { return e.Op == w.Op && e.Var != 0 && e.Var == t.Site.Cases[w.Case].Var }
	return slices.ContainsFunc(g.code.funcs[t.Site.Func].Loops, func(l program.Loop) bool {
		return l.From <= t.Site.Line && t.Site.Line <= l.To && slices.ContainsFunc(l.Ends, is)
	})
}

// wantOf returns what t waits for by its own word, nil if it waits for something else, or for the lock of a resource. Where no
// goroutine has what a library gives out, the library's own objects know more: it is still being made, say.
func (g *graph) wantOf(t *trace.TaskState) *trace.Want {
	if len(t.Wants) == 0 || blocksOnLock(t.Op) {
		return nil
	}
	w := &t.Wants[0]
	if w.Library && (w.Op == trace.OpNone && !g.isHeld(w.Object) || g.unserved(w) || calledBack(t, w)) {
		return nil
	}
	return w
}

// calledBack reports whether t is in code under test that the library has called meanwhile, and waits there.
func calledBack(t *trace.TaskState, w *trace.Want) bool {
	calls, i := callsToUser(t)
	return i >= 0 && calls[i].Func != w.Site.Func
}

func (g *graph) isHeld(object uint32) bool {
	return slices.ContainsFunc(g.snap.Tasks, func(t trace.TaskState) bool {
		return slices.ContainsFunc(t.Holds, func(h trace.Held) bool { return h.Object == object })
	})
}

// keeping returns what has to come before a goroutine gives back what it holds of an object.
func (g *graph) keeping(task, object uint32) trace.Keeping {
	for _, h := range g.tasks[task].Holds {
		if h.Object == object {
			return h.Keeping
		}
	}
	return trace.Using
}

// polls reports whether t looks again and again, on timers, for the end of what others hold.
func (g *graph) polls(t *trace.TaskState) bool {
	want := g.wantOf(t)
	return want != nil && want.All && want.Since <= g.snap.Settled
}

// wanting returns what t waits for by its own word.
func (g *graph) wanting(t *trace.TaskState, want *trace.Want) Waiting {
	if want.Op != trace.OpNone {
		return g.waiting(t, trace.Wait{Object: want.Object, Op: want.Op})
	}
	return g.acquisition(t, want)
}

// acquisition returns t's wait for some of a resource. Each of those who hold some of it may give back enough; t itself
// counts if nobody else is left.
func (g *graph) acquisition(t *trace.TaskState, want *trace.Want) Waiting {
	out := Waiting{Object: g.object(want.Object, want.Site, -1), Op: trace.OpAcquire, N: want.N, All: want.All}
	for i := range g.snap.Tasks {
		by := &g.snap.Tasks[i]
		for _, h := range by.Holds {
			if h.Object == want.Object {
				rel := Releaser{Task: by.ID, How: waitgraph.Owes, Op: trace.OpRelease, Site: h.Site, N: h.N, Keeping: h.Keeping}
				if by.State == trace.Ended {
					rel.Ended, rel.Last = true, g.lastOf(by)
				}
				out.By = append(out.By, rel)
			}
		}
	}
	if slices.ContainsFunc(out.By, func(r Releaser) bool { return r.Task != t.ID && !r.Ended }) {
		out.By = slices.DeleteFunc(out.By, func(r Releaser) bool { return r.Task == t.ID })
	}
	return out
}

func set(names []string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

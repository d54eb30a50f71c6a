package verdict

import (
	"cmp"
	"slices"

	"github.com/jostle-dev/jostle/internal/engine"
)

// graph is the wait-for graph of a snapshot: who waits, and who could end the wait.
//
// Who holds a lock is known. Who could send on a channel, signal a cond or finish for a wait group is written down
// nowhere in a Go program. It is taken from what was seen, and from where the code could do it:
//
//   - a goroutine that did it before, on this object;
//   - one that runs a function which does it to the variable or field that the object is known by;
//   - one that began where such a goroutine began, and so probably does the same work;
//   - and, if there is nobody else, one that did it on another object of that variable.
//
// Among those who close, signal or finish, a goroutine that has received something since it last did so probably still
// has to give that back. That is what a token that travels with the data looks like.
type graph struct {
	snap    *engine.Snapshot
	tasks   map[uint32]*engine.TaskState
	objects map[uint32]*engine.ObjectState
	stuck   []*engine.TaskState // can never go on, by number
	waits   map[uint32][]Waiting

	doers map[doing][]string                     // functions that have the operation on the variable
	ran   map[uint32]map[string]engine.ObjectUse // by task: functions that it ran, and its last step there
	began map[uint32]*engine.Site                // by task: its first sync point
	byVar map[uint64][]*engine.ObjectState       // objects known by a variable
}

// A doing is an operation on a variable.
type doing struct {
	op       string // Site.Op
	variable uint64
}

// newGraph builds the graph. sites are the sync points of the code.
func newGraph(snap *engine.Snapshot, sites [][]engine.Site) *graph {
	g := &graph{
		snap: snap, tasks: map[uint32]*engine.TaskState{}, objects: map[uint32]*engine.ObjectState{}, waits: map[uint32][]Waiting{},
		doers: map[doing][]string{}, ran: map[uint32]map[string]engine.ObjectUse{}, began: map[uint32]*engine.Site{},
		byVar: map[uint64][]*engine.ObjectState{},
	}
	g.readSites(sites)
	g.readSteps()
	for i := range snap.Objects {
		o := &snap.Objects[i]
		g.objects[o.ID] = o
		for _, v := range o.Vars {
			if v != 0 {
				g.byVar[v] = append(g.byVar[v], o)
			}
		}
	}
	for i := range snap.Tasks {
		t := &snap.Tasks[i]
		g.tasks[t.ID] = t
		sleeps := t.Op == engine.OpSleep && snap.Quiet != engine.Proved // who sleeps with no timer pending sleeps for ever
		if t.State == engine.Outside && !t.Expected || t.State == engine.Blocked && t.Since <= snap.Settled && !sleeps {
			g.stuck = append(g.stuck, t)
		}
	}
	g.wait()
	if snap.Quiet == engine.Interlocked {
		g.keepInterlocked()
	}
	return g
}

// wait notes what those who are stuck wait for, and who could end it.
func (g *graph) wait() {
	clear(g.waits)
	for _, t := range g.stuck {
		for _, w := range t.Waits {
			g.waits[t.ID] = append(g.waits[t.ID], Waiting{Object: g.object(w.Object, t.Site, w.Case), Op: w.Op, By: g.releasers(t, w)})
		}
	}
}

// keepInterlocked leaves those stuck that wait for each other's locks, and who waits for one of theirs. The others may
// wait for somebody who goes on.
func (g *graph) keepInterlocked() {
	sure := g.cycle(Queued)
	for n := 0; n < len(sure); {
		n = len(sure)
		for _, t := range g.stuck {
			if !slices.Contains(sure, t.ID) && slices.ContainsFunc(g.next(t.ID, Queued), func(id uint32) bool { return slices.Contains(sure, id) }) {
				sure = append(sure, t.ID)
			}
		}
	}
	g.stuck = slices.DeleteFunc(g.stuck, func(t *engine.TaskState) bool { return !slices.Contains(sure, t.ID) })
}

func (g *graph) readSites(sites [][]engine.Site) {
	add := func(op string, variable uint64, fn string) {
		if d := (doing{op, variable}); variable != 0 && !slices.Contains(g.doers[d], fn) {
			g.doers[d] = append(g.doers[d], fn)
		}
	}
	for _, file := range sites {
		for i := range file {
			s := &file[i]
			add(s.Op, s.Var, s.Func)
			for _, c := range s.Cases {
				add(c.Op, c.Var, s.Func)
			}
		}
	}
}

func (g *graph) readSteps() {
	for i, s := range g.snap.Steps {
		if s.Site == nil || s.Op == engine.OpExit {
			continue
		}
		if g.began[s.Task] == nil {
			g.began[s.Task] = s.Site
			g.ran[s.Task] = map[string]engine.ObjectUse{}
		}
		g.ran[s.Task][s.Site.Func] = engine.ObjectUse{Task: s.Task, Op: s.Op, Site: s.Site, Step: g.number(i)}
	}
}

// number returns the number of the i-th step that was kept.
func (g *graph) number(i int) int { return g.snap.Total - len(g.snap.Steps) + 1 + i }

// object names an object by what the code at a site calls it; at a select by its case.
func (g *graph) object(id uint32, at *engine.Site, selected int) Object {
	o := g.objects[id]
	name := operand(at, selected)
	if name == "" {
		name = g.nameOf(o)
	}
	return Object{ID: id, Kind: o.Kind, Name: name}
}

// nameOf returns what the code calls an object, wherever it uses it.
func (g *graph) nameOf(o *engine.ObjectState) string {
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
func operand(at *engine.Site, selected int) string {
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

// releasers returns who could end the wait of t, the surest first, then by number.
func (g *graph) releasers(t *engine.TaskState, w engine.Wait) []Releaser {
	r := releasers{g: g, waiter: t, object: g.objects[w.Object], how: map[uint32]Releaser{}}
	switch r.object.Kind {
	case engine.Mutex, engine.RWMutex, engine.Once:
		r.holders(w.Op)
	default:
		r.partners(w.Op)
	}
	out := make([]Releaser, 0, len(r.how))
	for _, rel := range r.how {
		rel.Ended = g.tasks[rel.Task].State == engine.Ended
		out = append(out, rel)
	}
	slices.SortFunc(out, func(a, b Releaser) int {
		return cmp.Or(cmp.Compare(a.How, b.How), cmp.Compare(a.Task, b.Task))
	})
	return out
}

// releasers collects who could end one wait.
type releasers struct {
	g      *graph
	waiter *engine.TaskState
	object *engine.ObjectState
	how    map[uint32]Releaser
}

// add notes a reason, the surest for each goroutine.
func (r *releasers) add(rel Releaser) {
	if have, ok := r.how[rel.Task]; !ok || rel.How < have.How {
		r.how[rel.Task] = rel
	}
}

// holders adds who has the lock, and the writer who keeps readers out.
func (r *releasers) holders(op engine.Op) {
	for i := range r.g.snap.Tasks {
		t := &r.g.snap.Tasks[i]
		for _, h := range t.Holds {
			// Readers do not keep readers out; the writer in the queue behind them does.
			if h.Object == r.object.ID && !(h.Read && op == engine.OpRLock) {
				r.add(Releaser{Task: t.ID, How: Holds, Op: op, Site: h.Site})
			}
		}
	}
	if p := r.g.tasks[r.object.Pending]; p != nil && p != r.waiter {
		r.add(Releaser{Task: p.ID, How: Queued, Op: p.Op, Site: p.Site})
	}
}

// A partner is an operation that ends a wait.
type partner struct {
	op    engine.Op
	site  string // Site.Op
	gives bool   // it says that something is done with, and hands nothing over
}

// partnersOf returns the operations that end a wait in op.
func partnersOf(op engine.Op) []partner {
	switch op {
	case engine.OpSend:
		return []partner{{engine.OpRecv, "receive", false}}
	case engine.OpRecv:
		return []partner{{engine.OpSend, "send", false}, {engine.OpClose, "close", true}}
	case engine.OpCondWait:
		return []partner{{engine.OpSignal, "CondSignal", true}, {engine.OpBroadcast, "CondBroadcast", true}}
	case engine.OpWait:
		return []partner{{engine.OpDone, "WaitGroupDone", true}}
	}
	return nil
}

// partners adds who could do what ends a wait in op.
func (r *releasers) partners(op engine.Op) {
	elsewhere := map[uint32]Releaser{}
	for _, p := range partnersOf(op) {
		r.partner(p, elsewhere)
	}
	if op == engine.OpWait {
		r.started()
	}
	if !slices.ContainsFunc(r.g.snap.Tasks, func(t engine.TaskState) bool {
		_, ok := r.how[t.ID]
		return ok && t.State != engine.Ended
	}) {
		for _, rel := range elsewhere {
			r.add(rel)
		}
	}
}

// partner adds who could do p. Those who did it on other objects only are put into elsewhere.
func (r *releasers) partner(p partner, elsewhere map[uint32]Releaser) {
	g := r.g
	others := map[uint32]engine.ObjectUse{} // of objects of the same variable
	did := map[uint32]engine.ObjectUse{}
	for _, u := range r.object.Users {
		if u.Op == p.op {
			did[u.Task] = u
		}
	}
	funcs := map[string]bool{}
	for _, v := range r.object.Vars {
		if v == 0 {
			continue
		}
		for _, fn := range g.doers[doing{p.site, v}] {
			funcs[fn] = true
		}
		for _, o := range g.byVar[v] {
			for _, u := range o.Users {
				if u.Op == p.op && u.Step > others[u.Task].Step {
					others[u.Task] = u
				}
			}
		}
	}
	roles := map[*engine.Site]bool{}
	for i := range g.snap.Tasks {
		t := &g.snap.Tasks[i]
		var last engine.ObjectUse
		for fn := range funcs {
			if u := g.ran[t.ID][fn]; u.Step > last.Step {
				last = u
			}
		}
		u, direct := did[t.ID]
		other, isElsewhere := others[t.ID]
		if !direct && !isElsewhere && last.Site == nil {
			continue
		}
		roles[g.began[t.ID]] = true
		if t == r.waiter {
			continue
		}
		site := cmp.Or(u.Site, other.Site, last.Site)
		rel := Releaser{Task: t.ID, How: Could, Op: p.op, Site: site}
		switch {
		case p.gives && t.State != engine.Ended && t.LastRecv > max(last.Step, u.Step, other.Step):
			rel.How = Owes
		case direct:
			rel.How = Used
		case isElsewhere:
			elsewhere[t.ID] = rel
			continue
		}
		r.add(rel)
	}
	delete(roles, nil)
	for i := range g.snap.Tasks {
		t := &g.snap.Tasks[i]
		_, isElsewhere := elsewhere[t.ID]
		if roles[g.began[t.ID]] && t != r.waiter && !isElsewhere && !r.waitsToo(t) {
			r.add(Releaser{Task: t.ID, How: Could, Op: p.op})
		}
	}
}

// waitsToo reports whether t waits for the same object itself.
func (r *releasers) waitsToo(t *engine.TaskState) bool {
	return slices.ContainsFunc(t.Waits, func(w engine.Wait) bool { return w.Object == r.object.ID })
}

// started adds who was started for the wait group: by WaitGroup.Go, or by who added to it, afterwards.
func (r *releasers) started() {
	done := map[uint32]bool{}
	for _, u := range r.object.Users {
		done[u.Task] = done[u.Task] || u.Op == engine.OpDone
	}
	for _, u := range r.object.Users {
		for i := range r.g.snap.Tasks {
			t := &r.g.snap.Tasks[i]
			if t.State == engine.Ended || done[t.ID] {
				continue
			}
			switch {
			case u.Op == engine.OpGo && u.Task == t.ID:
				r.add(Releaser{Task: t.ID, How: Owes, Op: engine.OpDone, Site: u.Site})
			case u.Op == engine.OpAdd && u.Task == t.Parent && t.Born >= r.object.Born && !r.waitsToo(t):
				r.add(Releaser{Task: t.ID, How: Could, Op: engine.OpDone, Site: t.Spawned})
			}
		}
	}
}

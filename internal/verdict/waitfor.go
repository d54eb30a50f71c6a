package verdict

import (
	"cmp"
	"slices"

	"github.com/jostle-dev/jostle/internal/engine"
)

// graph is the wait-for graph of a snapshot. Who holds a lock is known; who could send on a channel, signal a cond or
// finish for a wait group is not written down anywhere in a Go program, and is taken from what was seen: a goroutine
// that did so before, on this object or on one that stands at the same place of the code.
type graph struct {
	snap    *engine.Snapshot
	tasks   map[uint32]*engine.TaskState
	objects map[uint32]*engine.ObjectState
	alike   map[class][]*engine.ObjectState
	stuck   []*engine.TaskState // can never go on, by number
	by      map[uint32][]Waiting
}

// A class holds the objects that a place of the code creates again and again: one token a morsel, one reply a request.
type class struct {
	kind engine.Kind
	key  uint64
}

func classOf(o *engine.ObjectState) class {
	c := class{kind: o.Kind}
	if o.First != nil {
		c.key = o.First.Key
	}
	return c
}

func newGraph(snap *engine.Snapshot) *graph {
	g := &graph{
		snap: snap, tasks: map[uint32]*engine.TaskState{}, objects: map[uint32]*engine.ObjectState{},
		alike: map[class][]*engine.ObjectState{}, by: map[uint32][]Waiting{},
	}
	for i := range snap.Tasks {
		t := &snap.Tasks[i]
		g.tasks[t.ID] = t
		if t.State == engine.Outside || t.State == engine.Blocked && t.Since <= snap.Settled && t.Op != engine.OpSleep {
			g.stuck = append(g.stuck, t)
		}
	}
	for i := range snap.Objects {
		o := &snap.Objects[i]
		g.objects[o.ID] = o
		g.alike[classOf(o)] = append(g.alike[classOf(o)], o)
	}
	for _, t := range g.stuck {
		for _, w := range t.Waits {
			g.by[t.ID] = append(g.by[t.ID], Waiting{Object: g.object(w.Object, t.Op, t.Site), Op: w.Op, By: g.releasers(t, w)})
		}
	}
	return g
}

// object names the object by what the goroutine that does op at a site calls it.
func (g *graph) object(id uint32, op engine.Op, at *engine.Site) Object {
	o := g.objects[id]
	name := operand(op, at)
	for i := 0; name == "" && i < len(o.Users); i++ {
		name = operand(o.Users[i].Op, o.Users[i].Site)
	}
	return Object{ID: id, Kind: o.Kind, Name: name}
}

// operand returns how the source spells what op works on. A select works on several things and names none.
func operand(op engine.Op, at *engine.Site) string {
	if at == nil || op == engine.OpSelect || at.Expr == "select" {
		return ""
	}
	return at.Expr
}

// releasers returns who could end the wait of t, the surest first, then by number.
func (g *graph) releasers(t *engine.TaskState, w engine.Wait) []Releaser {
	o := g.objects[w.Object]
	var out []Releaser
	add := func(r Releaser) {
		other := g.tasks[r.Task]
		r.Ended = other.State == engine.Ended
		if i := slices.IndexFunc(out, func(have Releaser) bool { return have.Task == r.Task }); i < 0 {
			out = append(out, r)
		} else if r.How < out[i].How {
			out[i] = r
		}
	}
	switch o.Kind {
	case engine.Mutex, engine.RWMutex, engine.Once:
		for i := range g.snap.Tasks {
			for _, h := range g.snap.Tasks[i].Holds {
				// Readers do not keep readers out; the writer in the queue behind them does.
				if h.Object == o.ID && !(h.Read && w.Op == engine.OpRLock) {
					add(Releaser{Task: g.snap.Tasks[i].ID, How: Holds, Op: w.Op, Site: h.Site})
				}
			}
		}
		if o.Pending != 0 && o.Pending != t.ID {
			p := g.tasks[o.Pending]
			add(Releaser{Task: p.ID, How: Queued, Op: p.Op, Site: p.Site})
		}
	case engine.WaitGroup:
		g.debtors(t, o, add)
	case engine.Chan, engine.Cond:
		for _, u := range g.users(o, partners(w.Op)...) {
			if u.Task != t.ID {
				add(Releaser{Task: u.Task, How: Used, Op: u.Op, Site: u.Site})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Releaser) int {
		return cmp.Or(cmp.Compare(a.How, b.How), cmp.Compare(a.Task, b.Task))
	})
	return out
}

// partners returns the operations that end a wait in op.
func partners(op engine.Op) []engine.Op {
	switch op {
	case engine.OpSend:
		return []engine.Op{engine.OpRecv}
	case engine.OpRecv:
		return []engine.Op{engine.OpSend, engine.OpClose}
	case engine.OpCondWait:
		return []engine.Op{engine.OpSignal, engine.OpBroadcast}
	}
	return nil
}

// users returns the last uses of o by each task with one of ops. If there are none, those of the objects of its class:
// who sent on the other lanes might have sent on this one.
func (g *graph) users(o *engine.ObjectState, ops ...engine.Op) []engine.ObjectUse {
	match := func(o *engine.ObjectState, out []engine.ObjectUse) []engine.ObjectUse {
		for _, u := range o.Users {
			if slices.Contains(ops, u.Op) {
				out = append(out, u)
			}
		}
		return out
	}
	out := match(o, nil)
	if len(out) == 0 {
		for _, other := range g.alike[classOf(o)] {
			out = match(other, out)
		}
	}
	return out
}

// debtors adds the tasks that o, a wait group with a positive counter, waits for.
func (g *graph) debtors(t *engine.TaskState, o *engine.ObjectState, add func(Releaser)) {
	done := map[uint32]bool{}
	for _, u := range o.Users {
		if u.Op == engine.OpDone {
			done[u.Task] = true
		}
	}
	for _, u := range o.Users {
		switch u.Op {
		case engine.OpGo: // started by WaitGroup.Go
			if g.tasks[u.Task].State != engine.Ended {
				add(Releaser{Task: u.Task, How: Owes, Op: engine.OpDone, Site: u.Site})
			}
		case engine.OpAdd: // started by who added, afterwards, and not done yet
			for i := range g.snap.Tasks {
				child := &g.snap.Tasks[i]
				if child.Parent == u.Task && child.Born >= o.Born && child.State != engine.Ended && !done[child.ID] && g.mayOwe(child, o) {
					add(Releaser{Task: child.ID, How: Used, Op: engine.OpDone, Site: child.Spawned})
				}
			}
		}
	}
	// A token that travels: whoever gave back its like before, and has received something since its last Done.
	last := map[uint32]engine.ObjectUse{}
	for _, other := range g.alike[classOf(o)] {
		for _, u := range other.Users {
			if u.Op == engine.OpDone && u.Task != t.ID && u.Step >= last[u.Task].Step {
				last[u.Task] = u
			}
		}
	}
	for id, u := range last {
		how := Used
		if other := g.tasks[id]; other.State != engine.Ended && other.LastRecv > u.Step {
			how = Owes
		}
		add(Releaser{Task: id, How: how, Op: u.Op, Site: u.Site})
	}
}

// mayOwe reports whether a child of the goroutine that added to o may be the one waited for: not if it waits itself.
func (g *graph) mayOwe(child *engine.TaskState, o *engine.ObjectState) bool {
	return !slices.ContainsFunc(child.Waits, func(w engine.Wait) bool { return w.Object == o.ID })
}

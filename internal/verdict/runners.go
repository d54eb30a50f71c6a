package verdict

import (
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/waitgraph"
)

// runners say what may still come of an execution of which some goroutines run, woken by timers or spinning: who of those who
// wait can never be woken by them, and who of them never ends.
//
// A goroutine may do what stands in the functions that it is in, and in those that it may come to from there. If it is in a
// loop that it leaves only when others let it, and they cannot, that is what stands in the loop and what the loop calls.
type runners struct {
	g        *graph
	hopeless map[uint32]bool       // blocked, and never woken
	endless  map[uint32]*runningIn // never ends
	starts   map[string]bool       // functions that goroutines began with
}

// A runningIn is a goroutine in a loop that it leaves only when others let it.
type runningIn struct {
	loop *program.Loop
	fn   *program.Function
	may  map[string]bool // functions that it may come to in the loop, but for fn itself
}

func newRunners(g *graph) *runners {
	return &runners{g: g, hopeless: map[uint32]bool{}, endless: map[uint32]*runningIn{}, starts: g.started()}
}

// neverEnds reports whether it is known of some goroutines that they never end, although timers go on: they are those who are
// stuck then.
func (r *runners) neverEnds() bool {
	g := r.g
	for _, t := range g.stuck {
		r.hopeless[t.ID] = true
	}
	r.findEndless()
	r.settle()
	blocked := slices.DeleteFunc(slices.Clone(g.stuck), func(t *trace.TaskState) bool { return !r.hopeless[t.ID] })
	switch returned := g.snap.Tasks[0].State == trace.Ended; {
	case len(blocked) > 0:
		g.stuck = blocked
		// Who waits for a goroutine that goes round for ever is stuck too, and explains nothing.
		return true
	case returned:
		g.stuck, g.endless = nil, map[uint32]bool{}
		for i := range g.snap.Tasks {
			if t := &g.snap.Tasks[i]; r.endless[t.ID] != nil {
				g.stuck, g.endless[t.ID] = append(g.stuck, t), true
			}
		}
		g.wait()
	default:
		return false
	}
	return len(g.stuck) > 0
}

// spins reports whether some goroutine spins that never ends.
func (r *runners) spins() bool {
	r.findEndless()
	r.settle()
	return len(r.endless) > 0
}

// findEndless finds those that are in such loops.
func (r *runners) findEndless() {
	for i := range r.g.snap.Tasks {
		t := &r.g.snap.Tasks[i]
		if t.State == trace.Ended || r.hopeless[t.ID] || t.Expected {
			continue
		}
		var inner []string
		for name, line := range r.g.code.lines(t) {
			fn := r.g.code.funcs[name]
			if fn == nil {
				continue
			}
			for j := range fn.Loops { // the outermost of the frame comes first
				if l := &fn.Loops[j]; int(l.From) <= line && line <= int(l.To) {
					r.endless[t.ID] = &runningIn{l, fn, r.inLoop(fn, l, inner)}
					break
				}
			}
			inner = append(inner, name)
		}
	}
}

// inLoop returns the functions that may be run in a loop of fn, and those inner ones in which the goroutine is at present.
func (r *runners) inLoop(fn *program.Function, l *program.Loop, inner []string) map[string]bool {
	from := slices.Clone(inner)
	for i, name := range fn.Calls {
		if fn.Until[i] >= l.From {
			from = append(from, name)
		}
	}
	for _, name := range fn.Runs {
		if lit := r.g.code.funcs[name]; lit != nil && strings.HasPrefix(name, fn.Name+".") && l.From <= lit.From && lit.To <= l.To {
			from = append(from, name)
		}
	}
	from = slices.DeleteFunc(from, func(name string) bool { return name == fn.Name || r.starts[name] })
	return set(r.g.code.closed(from, func(f *program.Function) []string {
		next := slices.Concat(f.Runs, f.Calls)
		return slices.DeleteFunc(next, func(name string) bool { return name == fn.Name || r.starts[name] })
	}))
}

// settle takes back what was taken for hopeless or endless and is not, until nothing changes.
func (r *runners) settle() {
	for changed := true; changed; {
		changed = false
		for id := range r.hopeless {
			if !r.stays(r.g.tasks[id]) {
				delete(r.hopeless, id)
				changed = true
			}
		}
		for id, in := range r.endless {
			if slices.ContainsFunc(in.loop.Ends, func(e program.LoopEnd) bool { return r.mayEnd(r.g.tasks[id], in, e) }) {
				delete(r.endless, id)
				changed = true
			}
		}
	}
}

// stays reports whether nobody can end a wait of t, as far as is known. What a library says that t waits for is no proof alone: a timer
// may take it from who has it.
func (r *runners) stays(t *trace.TaskState) bool {
	wakes := func(w Waiting) bool { return r.mayWake(t, w) }
	return !slices.ContainsFunc(r.g.waits[t.ID], wakes) && !slices.ContainsFunc(r.g.inside[t.ID], wakes)
}

// mayWake reports whether a runner may end a wait of t.
func (r *runners) mayWake(t *trace.TaskState, w Waiting) bool {
	o := r.g.objects[w.Object.ID]
	all := w.Op == trace.OpWait || blocksOnLock(w.Op) && w.Op != trace.OpAcquire || w.All // of those who hold it, or owe it, all have to let go
	if all && slices.ContainsFunc(w.By, func(rel Releaser) bool { return rel.How <= waitgraph.Owes && r.never(rel.Task, w.Op, o) }) {
		return false
	}
	for _, rel := range w.By {
		if rel.How.Strength() <= waitgraph.Possible && !rel.Ended && !r.never(rel.Task, w.Op, o) && !(rel.Task == t.ID && r.hopeless[t.ID]) {
			return true
		}
	}
	if o.Kind == trace.Socket {
		return r.anybodyConnects(w)
	}
	if o.Made.Op == trace.OpTimer {
		return false // it has fired
	}
	if blocksOnLock(w.Op) && len(w.By) > 0 {
		return false // its holder alone gives it back
	}
	if o.Made.Op == trace.OpContext {
		return r.anybodyCancels(r.made(o))
	}
	return r.anybody(w.Op, o.Vars[:])
}

// never reports whether a goroutine can never do what ends a wait in op on o.
func (r *runners) never(task uint32, op trace.Op, o *trace.ObjectState) bool {
	if r.rests(r.g.tasks[task]) {
		return true
	}
	if o.Kind == trace.Socket {
		return r.hopeless[task] // what it does to its socket stands in libraries too
	}
	in := r.endless[task]
	if o.Made.Op == trace.OpContext {
		return r.hopeless[task] || in != nil && !r.cancels(task, r.made(o))
	}
	return r.hopeless[task] || in != nil && !r.does(task, endsOf(op), o.Vars[:])
}

// endsOf returns what ends a wait in op.
func endsOf(op trace.Op) (out []act) {
	for _, p := range partnersOf(op) {
		out = append(out, p.act)
	}
	switch op {
	case trace.OpLock:
		out = unlocks
	case trace.OpRLock:
		out = []act{{trace.OpUnlock, trace.RWMutex}, {trace.OpUnlock, 0}}
	}
	return out
}

// anybody reports whether a goroutine that may still run may come to code that ends a wait in op on what vars may hold.
func (r *runners) anybody(op trace.Op, vars []uint64) bool {
	for i := range r.g.snap.Tasks {
		if t := &r.g.snap.Tasks[i]; r.runs(t) && r.does(t.ID, endsOf(op), vars) {
			return true
		}
	}
	return false
}

// runs reports whether a goroutine may still do something: it lives and is not stuck, or it ran a timer's function, which may
// be run again.
func (r *runners) runs(t *trace.TaskState) bool {
	if t.State == trace.Ended {
		return t.Parent == 0 && t.Spawned != nil
	}
	return !r.hopeless[t.ID] && !r.rests(t)
}

// rests reports whether t waits in package testing for tests that never end.
func (r *runners) rests(t *trace.TaskState) bool {
	return t.Expected && !slices.ContainsFunc(r.g.snap.Tasks, func(test trace.TaskState) bool {
		isTest := test.Parent == 0 && test.Spawned == nil && test.ID > 1
		return isTest && test.State != trace.Ended && !test.Expected && !r.hopeless[test.ID] && r.endless[test.ID] == nil
	})
}

// does reports whether a goroutine may come to an operation of these on what vars may hold.
func (r *runners) does(task uint32, acts []act, vars []uint64) bool {
	family := r.g.code.family(vars)
	for _, a := range acts {
		for _, s := range r.g.code.others[a] {
			if r.reaches(task, s.Func, s.Line) {
				return true
			}
		}
		for _, v := range family {
			for _, s := range r.g.code.doers[doing{a, v}] {
				if r.reaches(task, s.Func, s.Line) {
					return true
				}
			}
		}
	}
	return false
}

// made returns where a context was made, and those that it is derived from.
func (r *runners) made(o *trace.ObjectState) (out []*trace.Site) {
	for ; o != nil; o = r.g.objects[o.From] {
		out = append(out, o.Made.Site)
	}
	return out
}

// anybodyCancels reports whether a goroutine that may still run may come to code that cancels a context which was made at one of these
// sites, as far as is known; where none is given, of any context.
func (r *runners) anybodyCancels(made []*trace.Site) bool {
	return slices.ContainsFunc(r.g.snap.Tasks, func(t trace.TaskState) bool { return r.runs(&t) && r.cancels(t.ID, made) })
}

// cancels reports whether a goroutine may come to code that cancels such a context.
func (r *runners) cancels(task uint32, made []*trace.Site) bool {
	for i := range r.g.code.cancel {
		fn := &r.g.code.cancel[i]
		for j, line := range fn.Cancels {
			if fn.of(j, made) && r.reaches(task, fn.Name, line) {
				return true
			}
		}
	}
	return false
}

// reaches reports whether a goroutine may come to a line of a function.
func (r *runners) reaches(task uint32, fn string, line int32) bool {
	t := r.g.tasks[task]
	if t.State == trace.Ended {
		return slices.Contains(r.g.code.reached(r.ran(t)), fn)
	}
	if in := r.endless[task]; in != nil {
		return in.may[fn] || fn == in.fn.Name && in.loop.From <= line && line <= in.loop.To
	}
	reach := r.g.reach[task]
	return reach.in(fn) || reach != nil && reach.calls[fn]
}

// ran returns the functions that a timer's function is, as far as is known, and those in which it was seen.
func (r *runners) ran(t *trace.TaskState) []string {
	out := []string{t.Spawned.Starts}
	if f := program.FuncAt(r.g.code.files[t.Spawned.File], int(t.Spawned.Line)); f != nil {
		out = append(out, f.Name)
	}
	for name := range r.g.ran[t.ID] {
		out = append(out, name)
	}
	return out
}

// mayEnd reports whether t may leave its loop by e.
func (r *runners) mayEnd(t *trace.TaskState, in *runningIn, e program.LoopEnd) bool {
	switch e.Op {
	case trace.OpAtomic:
		for i := range r.g.snap.Tasks {
			other := &r.g.snap.Tasks[i]
			for _, s := range r.g.code.doers[doing{act{op: e.Op}, e.Var}] {
				if r.runs(other) && (s.Func != in.fn.Name || s.Line != e.Line) && r.reaches(other.ID, s.Func, s.Line) {
					return true
				}
			}
		}
		return false
	case trace.OpContext:
		if made := r.contextOf(t, e); made != nil {
			return r.anybodyCancels(made)
		}
		w := r.waitAt(t, e)
		return r.anybodyCancels(nil) || w != nil && r.mayWake(t, *w)
	}
	if w := r.waitAt(t, e); w != nil && r.mayWake(t, *w) {
		return true
	}
	op := e.Op
	if op == trace.OpTryLock {
		op = trace.OpLock
	}
	return r.anybody(op, []uint64{e.Var})
}

// contextOf returns where the contexts were made whose end t waits for at e; nil if it is not there.
func (r *runners) contextOf(t *trace.TaskState, e program.LoopEnd) (made []*trace.Site) {
	if t.State != trace.Blocked || t.Site == nil {
		return nil
	}
	for _, w := range t.Waits {
		o := r.g.objects[w.Object]
		if o.Made.Op == trace.OpContext && w.Case >= 0 && w.Case < len(t.Site.Cases) && t.Site.Cases[w.Case].Var == e.Var {
			made = append(made, r.made(o)...)
		}
	}
	return made
}

// waitAt returns the wait in which t is that would let it out of its loop by e; nil if it waits for something else.
func (r *runners) waitAt(t *trace.TaskState, e program.LoopEnd) *Waiting {
	if t.State != trace.Blocked || t.Site == nil {
		return nil
	}
	for _, w := range t.Waits {
		if w.Case >= 0 && w.Case < len(t.Site.Cases) && t.Site.Cases[w.Case].Var == e.Var {
			out := r.g.waiting(t, w)
			return &out
		}
	}
	return nil
}

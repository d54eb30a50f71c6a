// Package contrast compares an execution that fails with one that passes: which operations come in another order there, as far as that order
// can matter. It reads plain data.
package contrast

import (
	"cmp"
	"math"
	"slices"

	"github.com/jostle-dev/jostle/internal/trace"
)

// A Run is an execution of which all steps are kept.
type Run struct {
	Steps   []trace.Step
	Tasks   []trace.TaskState
	Objects []trace.ObjectState
}

// A Difference is what an execution that fails does differently from one that passes. Tasks and objects have the numbers of the one that
// fails, steps are counted from 1.
type Difference struct {
	Parts   int        // the first step that is a different one
	There   trace.Step // the step with that number in the execution that passes, if there is one; Task is 0 for a goroutine that is not in both
	Orders  []Order
	Choices []Choice
}

// An Order is two operations of two goroutines on one object: in the run that passes, First comes before Then, and in the one that fails it
// does not.
type Order struct {
	Object      uint32 // 0: a variable that atomic operations are done on
	First, Then Operation
}

// An Operation is one that happens in a run that passes, in the one that fails, or in both.
type Operation struct {
	Task        uint32
	Op          trace.Op
	Site        *trace.Site
	Here, There int  // its step in the run that fails, and in the one that passes; 0: the goroutine does not come to it
	Blocked     bool // it blocks forever in the run that fails

	here, there int // when it takes effect: twice the number of a step, and one more for right after it
}

// A Choice is a select that takes a different case.
type Choice struct {
	Task        uint32
	Site        *trace.Site
	Here, There Case
}

// A Case is what became of a select.
type Case struct {
	Step    int      // of the select
	Op      trace.Op // OpNone: the default, or that it blocks forever
	Object  uint32   // 0: it is not known which of the execution that fails it is
	Own     uint32   // what it is called in its own execution
	Blocked bool
}

// Bounds on what is compared.
const (
	mostOperations = 300 // on one object
	mostOrders     = 2
)

// never is when an operation takes effect that does not happen.
const never = math.MaxInt

// About says what matters of a program to a comparison.
type About struct {
	Objects map[uint32]bool        // that come first among the differences, as the execution that fails numbers them
	Tasks   map[uint32]bool        // likewise, on one object: what they do before or after another goroutine explains how they stand
	Reads   func(*trace.Site) bool // whether the atomic operation there changes nothing
}

// Of compares two executions of one program. ok is false if there is nothing to compare.
func Of(fails, passes Run, about About) (d Difference, ok bool) {
	ps := paths{}
	here, there := ps.read(fails), ps.read(passes)
	n := 0
	for n < min(len(here.deeds), len(there.deeds)) && here.deeds[n].key == there.deeds[n].key && fails.Steps[n].Op == passes.Steps[n].Op {
		n++
	}
	if n == len(here.deeds) && n == len(there.deeds) {
		return Difference{}, false
	}
	objects := there.objectsOf(here)
	d.Parts = n + 1
	if n < len(there.deeds) {
		d.There = *there.deeds[n].Step
		d.There.Task, d.There.Object = here.tasks[there.deeds[n].path], objects[d.There.Object]
	}
	d.Orders = about.orders(here, there, objects, n)
	d.Choices = choices(here, there, objects)
	return d, true
}

// A path identifies a goroutine in all executions by the go statements that lead to it, each with how often it was passed before.
type path struct {
	parent int    // 0 for none
	site   uint64 // trace.Site.Key
	nth    int
}

// paths numbers the paths of all executions that are compared, from 1.
type paths map[path]int

func (ps paths) number(p path) int {
	if _, ok := ps[p]; !ok {
		ps[p] = len(ps) + 1
	}
	return ps[p]
}

// A key identifies an operation in all executions: whose it is, where, and how often that goroutine was there before.
type key struct {
	path   int
	site   uint64 // trace.Site.Key
	chosen bool   // a case of the select, and not the select itself
	nth    int
}

// A deed is a step of an execution.
type deed struct {
	key
	*trace.Step
	number  int
	effect  int // see Operation.here
	blocked bool
}

// A run is an execution that is read for comparison.
type run struct {
	deeds   []deed
	by      map[key]int
	tasks   map[int]uint32 // by path
	objects map[uint32]trace.ObjectState
}

func (ps paths) read(r Run) *run {
	out := &run{deeds: make([]deed, 0, len(r.Steps)), by: map[key]int{}, tasks: map[int]uint32{}, objects: map[uint32]trace.ObjectState{}}
	for _, o := range r.Objects {
		out.objects[o.ID] = o
	}
	of := map[uint32]int{}
	passed := map[path]int{}
	for _, t := range r.Tasks {
		p := path{parent: of[t.Parent], site: t.Spawned.StableKey()}
		p.nth = passed[p]
		passed[path{parent: p.parent, site: p.site}]++
		n := ps.number(p)
		of[t.ID], out.tasks[n] = n, t.ID
	}
	times, selects := map[key]int{}, map[key]int{}
	last := map[uint32]int{}
	for i := range r.Steps {
		s := &r.Steps[i]
		k := key{path: of[s.Task], site: s.Site.StableKey()}
		if s.Site != nil && len(s.Site.Cases) > 0 && s.Op != trace.OpSelect && s.Op != trace.OpExit {
			k.chosen, k.nth = true, selects[key{path: k.path, site: k.site}]
		} else {
			if s.Op == trace.OpExit {
				k.site = 0
			}
			at := k
			k.nth = times[at]
			times[at]++
			selects[key{path: k.path, site: k.site}] = k.nth
		}
		out.by[k] = len(out.deeds)
		last[s.Task] = i
		out.deeds = append(out.deeds, deed{key: k, Step: s, number: i + 1, effect: effect(s, i+1)})
	}
	for _, t := range r.Tasks {
		i, ok := last[t.ID]
		if d := out.deeds; ok && t.State == trace.Blocked && t.Site == d[i].Site {
			d[i].blocked = true
			if d[i].Op != trace.OpCondWait { // a goroutine that waits there has given up the lock, and can be woken
				d[i].effect = never
			}
		}
	}
	return out
}

// effect returns when a step takes effect: for a lock that was waited for, when it was got.
func effect(s *trace.Step, number int) int {
	if s.Until != 0 && s.Op != trace.OpCondWait {
		return 2*int(s.Until) + 1
	}
	return 2 * number
}

// objectsOf returns what the objects of r are called in another execution, as far as the same operation is done on both.
func (r *run) objectsOf(other *run) map[uint32]uint32 {
	objects := map[uint32]uint32{}
	for _, d := range r.deeds {
		i, ok := other.by[d.key]
		if !ok || d.Object == 0 || objects[d.Object] != 0 || other.deeds[i].Op != d.Op {
			continue
		}
		to := other.deeds[i].Object
		if d.chosen && !alike(r.objects[d.Object], other.objects[to]) { // a select may have taken another case there
			continue
		}
		objects[d.Object] = to
	}
	return objects
}

// alike reports whether objects of two executions were first used in one place, under one variable.
func alike(a, b trace.ObjectState) bool {
	return a.First.StableKey() == b.First.StableKey() && a.Vars[0] == b.Vars[0]
}

// A thing is what operations are done on, in the numbers of the execution that fails.
type thing struct {
	object   uint32
	variable uint64 // of atomic operations
}

// orders returns the orders that matter most, of operations of which one comes after the first n steps.
func (about About) orders(here, there *run, objects map[uint32]uint32, n int) []Order {
	things, seen := map[thing][]*Operation{}, map[key]*Operation{}
	see := func(r *run, d *deed, of thing) {
		task := here.tasks[d.path]
		if of == (thing{}) || task == 0 || !ordered(d.Op) {
			return
		}
		o := seen[d.key]
		if o == nil {
			o = &Operation{Task: task, Op: d.Op, Site: d.Site, here: never, there: never}
			seen[d.key] = o
			things[of] = append(things[of], o)
		}
		if r == here {
			o.Here, o.here, o.Blocked = d.number, d.effect, d.blocked
		} else {
			o.There, o.there = d.number, d.effect
		}
	}
	for i := range here.deeds {
		d := &here.deeds[i]
		see(here, d, thingOf(d, d.Object))
	}
	for i := range there.deeds {
		d := &there.deeds[i]
		if at, ok := here.by[d.key]; ok && thingOf(&here.deeds[at], here.deeds[at].Object) != thingOf(d, objects[d.Object]) {
			continue // it is done on something else there
		}
		see(there, d, thingOf(d, objects[d.Object]))
	}
	var out []Order
	for of, all := range things {
		all = slices.DeleteFunc(all, func(o *Operation) bool { return max(o.here, o.there) <= 2*n })
		slices.SortFunc(all, func(a, b *Operation) int {
			return cmp.Or(cmp.Compare(min(a.here, a.there), min(b.here, b.there)), cmp.Compare(max(a.here, a.there), max(b.here, b.there)))
		})
		if o, ok := about.first(of.object, all[:min(len(all), mostOperations)]); ok {
			out = append(out, o)
		}
	}
	rank := func(o Order) int {
		switch {
		case about.Objects[o.Object]:
			return 0
		case o.Object != 0:
			return 1
		}
		return 2
	}
	slices.SortFunc(out, func(a, b Order) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Then.here, b.Then.here), cmp.Compare(a.First.there, b.First.there))
	})
	return out[:min(len(out), mostOrders)]
}

func thingOf(d *deed, object uint32) thing {
	if d.Op == trace.OpAtomic && d.Site != nil {
		return thing{variable: d.Site.Var}
	}
	return thing{object: object}
}

// first returns the change of order among the operations on one object that matters most: the earliest, of those that a goroutine of About
// has a part in if there are such.
func (about About) first(object uint32, all []*Operation) (out Order, ok bool) {
	for _, a := range all {
		for _, b := range all {
			if a.Task == b.Task || a.there >= b.there || !reversed(a, b) || !conflict(a.Op, b.Op) || a.Op == trace.OpAtomic && about.Reads(a.Site) && about.Reads(b.Site) {
				continue
			}
			if !ok || cmp.Or(cmp.Compare(about.rank(*a, *b), about.rank(out.First, out.Then)), cmp.Compare(b.here, out.Then.here), cmp.Compare(a.there, out.First.there)) < 0 {
				out, ok = Order{Object: object, First: *a, Then: *b}, true
			}
		}
	}
	return out, ok
}

// rank orders two operations by whose they are.
func (about About) rank(a, b Operation) int {
	if about.Tasks[a.Task] || about.Tasks[b.Task] {
		return 0
	}
	return 1
}

// reversed reports whether b comes before a in the execution that fails. A writer that waits keeps later readers out.
func reversed(a, b *Operation) bool {
	if a.here == never && b.here == never {
		return a.Op == trace.OpRLock && b.Op == trace.OpLock && b.Here != 0 && b.Here < a.Here
	}
	return b.here < a.here
}

// ordered reports whether the order of an operation among others on the same object may matter.
func ordered(op trace.Op) bool { return conflict(op, op) || op == trace.OpRLock || waits[op] != nil }

// waits are, for operations whose order among themselves does not matter, those of others that it matters with.
var waits = map[trace.Op][]trace.Op{
	trace.OpRLock:     {trace.OpLock, trace.OpTryLock},
	trace.OpTryRLock:  {trace.OpLock, trace.OpTryLock, trace.OpUnlock},
	trace.OpUnlock:    {trace.OpTryLock, trace.OpTryRLock},
	trace.OpRUnlock:   {trace.OpTryLock},
	trace.OpClose:     {trace.OpSend},
	trace.OpWait:      {trace.OpAdd, trace.OpGo},
	trace.OpAdd:       {trace.OpWait},
	trace.OpGo:        {trace.OpWait},
	trace.OpSignal:    {trace.OpCondWait},
	trace.OpBroadcast: {trace.OpCondWait},
}

// conflict reports whether it may matter which of two operations on one object comes first.
func conflict(a, b trace.Op) bool {
	switch {
	case slices.Contains(waits[a], b) || slices.Contains(waits[b], a):
		return true
	case a == b:
		return slices.Contains(rivals, a)
	}
	return slices.Contains(locks, a) && slices.Contains(locks, b)
}

// rivals are operations of which each takes something from the next of its kind, or comes before it in a queue.
var rivals = []trace.Op{
	trace.OpLock, trace.OpTryLock, trace.OpSend, trace.OpRecv, trace.OpClose, trace.OpCondWait, trace.OpOnce, trace.OpAcquire, trace.OpAccept,
	trace.OpAtomic,
}

var locks = []trace.Op{trace.OpLock, trace.OpTryLock}

// choices returns the first select that takes a different case.
func choices(here, there *run, objects map[uint32]uint32) []Choice {
	for i := range here.deeds {
		d := &here.deeds[i]
		if d.Op != trace.OpSelect || d.Site == nil {
			continue
		}
		j, ok := there.by[d.key]
		if !ok {
			continue
		}
		a, b := here.caseOf(d), there.caseOf(&there.deeds[j])
		b.Object = objects[b.Own]
		if a.Op != b.Op || b.Object != 0 && a.Object != b.Object && several(d.Site, a.Op) {
			return []Choice{{Task: d.Task, Site: d.Site, Here: a, There: b}}
		}
	}
	return nil
}

// several reports whether a select has more than one case with an operation. If not, what is done on two objects is one case, and the
// select is on other channels there.
func several(s *trace.Site, op trace.Op) bool {
	n := 0
	for _, c := range s.Cases {
		if c.Op == op {
			n++
		}
	}
	return n > 1
}

// caseOf returns what became of a select.
func (r *run) caseOf(d *deed) Case {
	k := d.key
	k.chosen = true
	c := Case{Step: d.number, Blocked: d.blocked}
	if i, ok := r.by[k]; ok {
		c.Op, c.Object, c.Own = r.deeds[i].Op, r.deeds[i].Object, r.deeds[i].Object
	}
	return c
}

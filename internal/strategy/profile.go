package strategy

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// A Profile is what the plain run says of other executions: how many operations each goroutine did on what several of them use.
// It travels as bytes to each process that searches, so that an execution is the same in all of them.
//
// An object has no name that another execution knows it by. So objects are told apart by class: all that are operated on under one
// variable or field (trace.Site.Var), or at one sync point where that is unknown, are one, and two variables under which one
// object was seen are one class too. A hundred locks that are one field of a hundred values are one class.
type Profile struct {
	tasks   []profiled
	classes []class
	keys    []keyed

	byPath map[uint64]int
	byKey  map[uint64]int
	lately [256]classed // sync points, each by its key
}

// A classed sync point has the classes of its operation, as bits.
type classed struct {
	site    *trace.Site
	classes uint64
}

// A profiled task is one of the plain run.
type profiled struct {
	path   uint64 // see paths
	parent int    // index, -1 for none
	group  int    // number of those that are started at one go statement and run one function
}

// A class is objects of which at least two goroutines use one.
type class struct{ counts []count }

// A count is how many operations a task did on a class.
type count struct{ task, n int }

// A keyed class is a class by a variable, or a sync point, of it.
type keyed struct {
	key   uint64
	class int
}

// Bounds on a profile: it is part of the environment of a process.
const (
	mostTasks   = 1 << 9
	mostClasses = 64
	mostCounts  = 1 << 12
	mostKeys    = 1 << 11
)

// counted are the operations that are counted. Those that give something back are left out, as what they make possible is
// an operation of another goroutine that is counted; and so are those of wait groups, which everybody shares and which order
// next to nothing.
var counted = func() (is [64]bool) {
	for _, op := range []trace.Op{
		trace.OpLock, trace.OpTryLock, trace.OpRLock, trace.OpTryRLock, trace.OpSend, trace.OpRecv, trace.OpClose, trace.OpSelect,
		trace.OpOnce, trace.OpCondWait, trace.OpSignal, trace.OpBroadcast, trace.OpAtomic, trace.OpGet,
		trace.OpAcquire, trace.OpAccept, trace.OpDial, trace.OpRead, trace.OpWrite, trace.OpLoad, trace.OpStore,
	} {
		is[op] = true
	}
	return is
}()

// eachKey calls f with what an operation at s may be done on: one variable, or that of each case of a select.
func eachKey(op trace.Op, s *trace.Site, f func(key uint64)) {
	switch {
	case s == nil || !counted[op]:
	case len(s.Cases) == 0:
		f(cmp.Or(s.Var, s.Key))
	case op == trace.OpSelect: // the case that is taken is a step too
		for _, c := range s.Cases {
			if c.Var != 0 {
				f(c.Var)
			}
		}
	}
}

// A Profiler is the plain run, of which a profile is made.
type Profiler struct {
	Plain
	did  []did // in the order in which each was first done
	at   map[op]int
	seen int // steps
}

// An op is what a task does at a sync point, on an object.
type op struct {
	task, object uint32
	op           trace.Op
	site         *trace.Site
}

// did is an op, and how often it was done.
type did struct {
	op
	n int
}

// Choose is engine.Strategy.
func (r *Profiler) Choose(q *engine.Question) int {
	for s := range q.Steps(r.seen) {
		r.note(s)
	}
	r.seen = q.Done()
	return r.Plain.Choose(q)
}

func (r *Profiler) note(s *trace.Step) {
	if r.at == nil {
		r.at = map[op]int{}
	}
	o := op{s.Task, s.Object, s.Op, s.Site}
	i, known := r.at[o]
	if !known {
		i = len(r.did)
		r.at[o], r.did = i, append(r.did, did{op: o})
	}
	r.did[i].n++
}

// Profile returns the profile of the execution, as it was kept (engine.Limits.Keep).
func (r *Profiler) Profile(snap *trace.Snapshot) *Profile {
	for i := max(r.seen, snap.Total-len(snap.Steps)); i < snap.Total; i++ {
		r.note(&snap.Steps[i-(snap.Total-len(snap.Steps))])
	}
	b := profiler{snap: snap, did: r.did, sets: map[uint64]uint64{}, shared: map[uint64]bool{}}
	b.unite()
	p := &Profile{}
	of := b.tasks(p)
	b.count(p, of)
	p.index()
	return p
}

// A profiler makes a profile.
type profiler struct {
	snap *trace.Snapshot
	did  []did
	sets map[uint64]uint64 // keys of one class, as a forest: the parent of each

	shared map[uint64]bool // by key: several tasks have used an object of it
}

// find returns the key that stands for the class of key.
func (b *profiler) find(key uint64) uint64 {
	for {
		parent, ok := b.sets[key]
		if !ok || parent == key {
			return key
		}
		key = parent
	}
}

func (b *profiler) join(k, l uint64) {
	if k, l = b.find(k), b.find(l); k != l {
		b.sets[max(k, l)] = min(k, l)
	}
}

// unite makes one class of all that one object was seen under, and finds out which are shared.
func (b *profiler) unite() {
	first := make([]uint64, len(b.snap.Objects)+1)
	for _, o := range b.snap.Objects {
		first[o.ID] = b.joinAll(o.Vars)
	}
	users := make([]uint32, len(b.snap.Objects)+1)
	for _, d := range b.did {
		if d.object == 0 || d.site == nil {
			continue
		}
		if len(d.site.Cases) == 0 {
			key := cmp.Or(d.site.Var, d.site.Key)
			first[d.object] = cmp.Or(first[d.object], key)
			b.join(first[d.object], key)
		}
		if user := users[d.object]; user != 0 && user != d.task {
			b.shared[first[d.object]] = true
		}
		users[d.object] = d.task
	}
	for _, w := range b.snap.Words {
		if key := b.joinAll(w.Vars); w.Shared {
			b.shared[key] = true
		}
	}
	for key := range b.shared {
		b.shared[b.find(key)] = true
	}
}

// joinAll makes one class of the keys, of which zeroes are none, and returns one of them.
func (b *profiler) joinAll(keys [4]uint64) uint64 {
	for _, key := range keys[1:] {
		if key != 0 {
			b.join(keys[0], key)
		}
	}
	return keys[0]
}

// tasks fills in p.tasks, and returns by task which of them it counts for: one that is beyond the bound counts for its parent.
func (b *profiler) tasks(p *Profile) (of []int) {
	type kind struct {
		spawned uint64
		name    string
	}
	groups := map[kind]int{}
	var ps paths
	for i, t := range b.snap.Tasks {
		path := ps.add(t.Parent, t.Spawned)
		parent := -1
		if t.Parent > 0 {
			parent = of[t.Parent-1]
		}
		if i >= mostTasks {
			of = append(of, parent)
			continue
		}
		of = append(of, len(p.tasks))
		g := kind{t.Spawned.StableKey(), t.Name}
		if _, ok := groups[g]; !ok {
			groups[g] = len(groups)
		}
		p.tasks = append(p.tasks, profiled{path, parent, groups[g]})
	}
	return of
}

// count fills in p.classes and p.keys.
func (b *profiler) count(p *Profile, of []int) {
	var order []uint64 // of classes, by their first operation
	counts := map[uint64][]count{}
	keys := map[uint64][]uint64{}
	for _, d := range b.did {
		task := of[d.task-1]
		eachKey(d.op.op, d.site, func(key uint64) {
			c := b.find(key)
			if keys[c] == nil {
				order = append(order, c)
			}
			if !slices.Contains(keys[c], key) {
				keys[c] = append(keys[c], key)
			}
			if task < 0 {
				return
			}
			if i := slices.IndexFunc(counts[c], func(c count) bool { return c.task == task }); i >= 0 {
				counts[c][i].n += d.n
			} else {
				counts[c] = append(counts[c], count{task, d.n})
			}
		})
	}
	total := 0
	for _, c := range order {
		if !b.shared[c] {
			continue
		}
		total += len(counts[c])
		if len(p.classes) == mostClasses || total > mostCounts || len(p.keys)+len(keys[c]) > mostKeys {
			return
		}
		for _, key := range keys[c] {
			p.keys = append(p.keys, keyed{key, len(p.classes)})
		}
		p.classes = append(p.classes, class{counts[c]})
	}
}

func (p *Profile) index() {
	p.byPath, p.byKey = map[uint64]int{}, map[uint64]int{}
	for i, t := range p.tasks {
		p.byPath[t.path] = i
	}
	for _, k := range p.keys {
		p.byKey[k.key] = k.class
	}
}

// on returns the classes that op at s is, or may be, done on, as bits.
func (p *Profile) on(op trace.Op, s *trace.Site) (classes uint64) {
	if s == nil || !counted[op] || len(s.Cases) > 0 && op != trace.OpSelect {
		return 0
	}
	c := &p.lately[s.Key%uint64(len(p.lately))]
	if c.site != s {
		*c = classed{s, p.classesOf(op, s)}
	}
	return c.classes
}

func (p *Profile) classesOf(op trace.Op, s *trace.Site) (classes uint64) {
	eachKey(op, s, func(key uint64) {
		if c, ok := p.byKey[key]; ok {
			classes |= 1 << c
		}
	})
	return classes
}

// Encode returns the profile as bytes.
func (p *Profile) Encode() []byte {
	var b []byte
	number := func(n int) { b = binary.AppendUvarint(b, uint64(n)) }
	number(len(p.tasks))
	for _, t := range p.tasks {
		b = binary.LittleEndian.AppendUint64(b, t.path)
		number(t.parent + 1)
		number(t.group)
	}
	number(len(p.classes))
	for _, c := range p.classes {
		number(len(c.counts))
		for _, of := range c.counts {
			number(of.task)
			number(of.n)
		}
	}
	number(len(p.keys))
	for _, k := range p.keys {
		b = binary.LittleEndian.AppendUint64(b, k.key)
		number(k.class)
	}
	return b
}

// MarshalJSON returns what Encode returns, as a string.
func (p *Profile) MarshalJSON() ([]byte, error) { return json.Marshal(p.Encode()) }

// UnmarshalJSON is the inverse of MarshalJSON.
func (p *Profile) UnmarshalJSON(text []byte) error {
	var b []byte
	if err := json.Unmarshal(text, &b); err != nil {
		return err
	}
	decoded, err := DecodeProfile(b)
	if err == nil {
		*p = *decoded
	}
	return err
}

// DecodeProfile returns the profile of which Encode made b.
func DecodeProfile(b []byte) (*Profile, error) {
	d := decoder{b: b}
	p := &Profile{}
	for range d.number() {
		p.tasks = append(p.tasks, profiled{d.word(), d.number() - 1, d.below(mostTasks)})
	}
	for range d.number() {
		var c class
		for range d.number() {
			c.counts = append(c.counts, count{d.below(len(p.tasks)), d.number()})
		}
		p.classes = append(p.classes, c)
	}
	for range d.number() {
		p.keys = append(p.keys, keyed{d.word(), d.below(len(p.classes))})
	}
	if d.bad || len(d.b) > 0 {
		return nil, errors.New("this is no profile of an execution")
	}
	p.index()
	return p, nil
}

// A decoder reads numbers from the front of b, and zeroes once that is not possible.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) number() int {
	n, size := binary.Uvarint(d.b)
	if size <= 0 || n > 1<<30 {
		d.b, d.bad = nil, true
		return 0
	}
	d.b = d.b[size:]
	return int(n)
}

func (d *decoder) below(max int) int {
	n := d.number()
	if n >= max {
		d.b, d.bad = nil, true
		return 0
	}
	return n
}

func (d *decoder) word() uint64 {
	if len(d.b) < 8 {
		d.b, d.bad = nil, true
		return 0
	}
	n := binary.LittleEndian.Uint64(d.b)
	d.b = d.b[8:]
	return n
}

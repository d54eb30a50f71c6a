package predict

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/strategy"
	"github.com/jostle-dev/jostle/internal/trace"
)

// An edge of the lock-order graph: a goroutine took one lock while it held another. Goodlock (Havelund, SPIN 2000) looks for
// cycles of such edges. What cannot come together is left out: edges of one goroutine, edges under a common lock (a gate),
// readers of one lock, and what happens before the other in every run.
type edge struct {
	from, to int   // holds
	under    []int // all holds at the time
}

// Bounds on the search of one execution.
const (
	maxEdges   = 2_000
	maxCycle   = 4
	maxWork    = 50_000
	maxWriters = 64 // of one lock
	repeats    = 3  // how often the same edge counts: the first time may be before others have begun
)

func (e *execution) edges() []edge {
	type place struct {
		task, from, to uint32
		held, taken    *trace.Site
	}
	seen := map[place]int{}
	var out []edge
	for i := range e.holds {
		to := &e.holds[i]
		if tries(to.site) {
			continue
		}
		for _, f := range to.under {
			from := &e.holds[f]
			p := place{to.task, from.object, to.object, from.site, to.site}
			if seen[p]++; from.site == nil || seen[p] > repeats || len(out) >= maxEdges {
				continue
			}
			out = append(out, edge{f, i, to.under})
		}
	}
	return out
}

// apart reports whether two edges can be under way at the same time.
func (e *execution) apart(a, b edge) bool {
	return e.holds[a.to].task != e.holds[b.to].task && !e.gated(a.under, b.under) &&
		e.concurrent(&e.holds[a.from], e.holds[a.to].from, &e.holds[b.from], e.holds[b.to].from)
}

// cycles calls found with each cycle of edges that could be under way at the same time, its first edge being the one of
// the lowest number.
func (e *execution) cycles(edges []edge, found func([]edge)) {
	from := map[uint32][]int{}
	for i, ed := range edges {
		from[e.holds[ed.from].object] = append(from[e.holds[ed.from].object], i)
	}
	work := 0
	var path []edge
	var extend func(first int)
	extend = func(first int) {
		last := path[len(path)-1]
		for _, i := range from[e.holds[last.to].object] {
			if work++; work > maxWork {
				return
			}
			next := edges[i]
			closes := e.holds[next.to].object == e.holds[path[0].from].object
			if i <= first || !conflict(&e.holds[last.to], &e.holds[next.from]) || !closes && len(path)+1 >= maxCycle {
				continue
			}
			if closes && !conflict(&e.holds[next.to], &e.holds[path[0].from]) {
				continue
			}
			if slices.ContainsFunc(path, func(p edge) bool { return !e.apart(p, next) }) {
				continue
			}
			path = append(path, next)
			if closes {
				found(path)
			} else {
				extend(first)
			}
			path = path[:len(path)-1]
		}
	}
	for i, ed := range edges {
		if e.holds[ed.from].object == e.holds[ed.to].object {
			continue
		}
		path = append(path[:0], ed)
		extend(i)
	}
}

// kept calls found with each two edges of goroutines that take more of one resource while they keep some of it.
func (e *execution) kept(edges []edge, found func(a, b edge)) {
	for i, a := range edges {
		o := e.objects[e.holds[a.to].object]
		if o == nil || o.Kind != trace.Resource || e.holds[a.from].object != o.ID {
			continue
		}
		for _, b := range edges[i:] {
			if e.holds[b.from].object == o.ID && e.holds[b.to].object == o.ID && e.holds[a.to].task != e.holds[b.to].task &&
				e.concurrent(&e.holds[a.from], e.holds[a.to].from, &e.holds[b.from], e.holds[b.to].from) {
				found(a, b)
				break
			}
		}
	}
}

// nested calls found with each edge of a reader that comes in once more, where a writer may queue between: it keeps the
// reader out, who keeps the writer out.
func (e *execution) nested(edges []edge, found func(edge, *hold)) {
	writers := map[uint32][]*hold{}
	for i := range e.holds {
		if w := &e.holds[i]; !w.read && len(writers[w.object]) < maxWriters {
			writers[w.object] = append(writers[w.object], w)
		}
	}
	for _, ed := range edges {
		from, to := &e.holds[ed.from], &e.holds[ed.to]
		if from.object != to.object || !from.read || !to.read {
			continue
		}
		for _, w := range writers[to.object] {
			if w.task != to.task && !tries(w.site) && !e.gated(ed.under, w.under) &&
				e.concurrent(from, to.from, w, w.from) {
				found(ed, w)
				break
			}
		}
	}
}

// orders is the lock-order graph of all executions of a test. Locks of different executions are the same if they are known
// by the same variable.
type orders struct {
	executions int
	edges      []sharedEdge
	index      map[sharedEdge]int
	in         []map[int]bool // by edge: executions, as far as they were counted
}

// A sharedEdge is an edge as it means the same in all executions.
type sharedEdge struct {
	path        uint64 // of the goroutine
	from, to    uint64 // variables
	held, taken *trace.Site
	reads       [2]bool
}

// learn adds the edges of an execution and predicts from them.
func (o *orders) learn(e *execution) []Prediction {
	edges := e.edges()
	var out []Prediction
	e.cycles(edges, func(cycle []edge) {
		var places []place
		kind := Order
		for _, ed := range cycle {
			places = append(places, place{e.holds[ed.from].site, e.holds[ed.to].site})
			if o := e.objects[e.holds[ed.from].object]; o != nil && o.Kind == trace.Resource {
				kind = Release // of which there may be enough for all
			}
		}
		p := ordered(places)
		p.Kind = kind
		out = append(out, p)
	})
	e.kept(edges, func(a, b edge) {
		p := ordered([]place{{e.holds[a.from].site, e.holds[a.to].site}, {e.holds[b.from].site, e.holds[b.to].site}})
		p.Kind = Release
		out = append(out, p)
	})
	e.nested(edges, func(ed edge, writer *hold) {
		held, taken := e.holds[ed.from].site, e.holds[ed.to].site
		out = append(out, Prediction{
			Kind: Order, Pauses: []strategy.Pause{{At: taken.StableKey(), Hold: held.StableKey()}},
			Text: fmt.Sprintf("%s is read-locked again by who has it from %s, and %s locks it for writing", name(taken), name(held), name(writer.site)),
			seen: []*trace.Site{taken, held, writer.site},
		})
	})
	return append(out, o.share(e, edges)...)
}

// A place is one edge of a predicted cycle.
type place struct{ held, taken *trace.Site }

// ordered predicts a cycle.
func ordered(places []place) Prediction {
	slices.SortFunc(places, func(a, b place) int {
		return strings.Compare(a.held.String()+a.taken.String(), b.held.String()+b.taken.String())
	})
	p := Prediction{Kind: Order}
	var says []string
	for _, pl := range slices.Compact(slices.Clone(places)) {
		p.Pauses = append(p.Pauses, strategy.Pause{At: pl.taken.StableKey(), Hold: pl.held.StableKey()})
		p.seen = append(p.seen, pl.taken, pl.held)
		says = append(says, fmt.Sprintf("%s is taken with %s held", name(pl.taken), name(pl.held)))
	}
	p.Text = strings.Join(says, ", ")
	if len(says) == 1 {
		p.Text += fmt.Sprintf(", by %d goroutines in a circle", len(places))
	}
	return p
}

const maxShared = 500 // edges

// share adds the edges of an execution to those of the others, and predicts cycles that no single execution has: what keeps
// them apart in those in which they are together is seen there.
func (o *orders) share(e *execution, edges []edge) []Prediction {
	if o.index == nil {
		o.index = map[sharedEdge]int{}
	}
	o.executions++
	paths := e.paths()
	var fresh []int
	for _, ed := range edges {
		from, to := &e.holds[ed.from], &e.holds[ed.to]
		s := sharedEdge{
			path: paths[to.task], from: variable(e.objects[from.object]), to: variable(e.objects[to.object]),
			held: from.site, taken: to.site, reads: [2]bool{from.read, to.read},
		}
		if s.from == 0 || s.to == 0 || s.from == s.to {
			continue
		}
		i, ok := o.index[s]
		if !ok {
			if len(o.edges) >= maxShared {
				continue
			}
			i = len(o.edges)
			o.index[s] = i
			o.edges = append(o.edges, s)
			o.in = append(o.in, map[int]bool{})
			fresh = append(fresh, i)
		}
		o.in[i][o.executions] = true
	}
	var out []Prediction
	for _, i := range fresh {
		for j, b := range o.edges {
			a := o.edges[i]
			if a.path == b.path || a.from != b.to || a.to != b.from || o.together(i, j) || a.reads[0] && b.reads[1] || a.reads[1] && b.reads[0] {
				continue
			}
			out = append(out, ordered([]place{{a.held, a.taken}, {b.held, b.taken}}))
		}
	}
	return out
}

// together reports whether two edges are those of one execution.
func (o *orders) together(a, b int) bool {
	for n := range o.in[a] {
		if o.in[b][n] {
			return true
		}
	}
	return false
}

// paths identifies each goroutine in all executions by the go statements that lead to it.
func (e *execution) paths() map[uint32]uint64 {
	out := map[uint32]uint64{}
	count := map[[2]uint64]int{}
	for i := range e.Tasks {
		t := &e.Tasks[i]
		s := [2]uint64{out[t.Parent], t.Spawned.StableKey()}
		h := fnv.New64a()
		fmt.Fprint(h, s, count[s])
		count[s]++
		out[t.ID] = h.Sum64()
	}
	return out
}

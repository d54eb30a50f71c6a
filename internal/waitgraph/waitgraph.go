// Package waitgraph explains why goroutines can never continue, from what each of them needs and which others could end that. It
// knows nothing of programs: goroutines are numbers.
package waitgraph

import "slices"

// A Graph is the goroutines that can never continue.
type Graph struct {
	Stuck []Goroutine // by number
	Body  uint32      // the goroutine that runs the body of the test
	Over  bool        // the body has returned
}

// A Goroutine has to have one of its needs.
type Goroutine struct {
	ID     uint32
	Needs  []Need
	Lock   bool // what it needs is a lock
	Idle   bool // it is a library's own, and waits inside of that
	Missed bool // the wake-up that it needs came before it waited
}

// A Need is one thing that would let a goroutine continue.
type Need struct {
	Context bool // the end of a context
	Library bool // it is about an object of a library
	Comes   bool // it is for something to come: the goroutine has nothing to hand on
	// Of a read from a connection or a pipe: the direction that it reads from, and the other one, if there is another. No object has the number 0.
	From, Back uint32
	Ends       []End
}

// An End is a goroutine that could see to a need, or could have.
type End struct {
	By       uint32
	Evidence Evidence
	Ended    bool
}

// An Explanation is a path of goroutines of which each needs the next.
type Explanation struct {
	Path []uint32
	// Circle is set if the last of them needs the first. Otherwise no goroutine is left that could see to what the last one needs.
	Circle  bool
	Certain bool // of a circle: there is no doubt about any of its edges
	Missed  bool // the last has missed its wake-up
	Idle    bool // the last reads from a connection that nobody has closed, and nothing is wrong but that
}

// A rule is a kind of explanation.
type rule struct {
	kind     kind
	strength Strength // of a circle: that of its weakest edge
}

type kind uint8

const (
	circle kind = iota
	locked      // a circle in which a lock is waited for
	idle        // a circle by the two ends of a connection that nobody uses any more
	missed      // the way to a goroutine that has missed its wake-up
	held        // the way to one whose needs no goroutine can see to, of which it is known who could have: from the body, if that is stuck
	left        // likewise, from anywhere
	alone       // the way to one whose needs no goroutine was seen to see to
)

// rules are the explanations, the best first.
var rules = [...]rule{
	{circle, Likely}, {idle, Likely}, {missed, 0}, {held, 0}, {locked, Able}, {left, 0}, {circle, Able}, {idle, Able}, {alone, 0}, {circle, Possible}, {idle, Possible},
}

// Explain returns the best explanation. A circle of certain edges is one in any case. What goes on inside of a library explains
// nothing as long as there is something else: its goroutines wait for each other whenever there is nothing to do.
func (g *Graph) Explain() Explanation {
	if c := g.Circle(Certain, true); c != nil {
		return Explanation{Path: c, Circle: true, Certain: true}
	}
	for _, library := range []bool{false, true} {
		for _, r := range rules {
			if e := g.apply(r, library); e.Path != nil {
				return e
			}
		}
	}
	return Explanation{}
}

// apply returns the explanation of a kind; library says whether what is a library's own counts.
func (g *Graph) apply(r rule, library bool) Explanation {
	switch r.kind {
	case circle, locked:
		lock := func(id uint32) bool { return g.find(id).Lock }
		c := g.circle(r.strength, library, func(c []uint32) bool {
			return !g.idle(c) && (r.kind != locked || slices.ContainsFunc(c, lock))
		})
		return Explanation{Path: c, Circle: c != nil}
	case idle:
		c := g.circle(r.strength, library, func(c []uint32) bool { return g.idle(c) })
		if c == nil {
			return Explanation{}
		}
		reads := func(id uint32) bool { return g.find(id).reads() != nil }
		return Explanation{Path: g.pathTo(c[slices.IndexFunc(c, reads)]), Idle: true}
	}
	for _, t := range g.Stuck {
		if t.Idle && !library {
			continue
		}
		switch {
		case r.kind == missed && t.Missed:
			return Explanation{Path: g.pathTo(t.ID), Missed: true}
		case r.kind == missed:
		default:
			p := g.toSink(t.ID, r.kind != alone)
			if p != nil && (r.kind != held || g.Over || g.find(g.Body) == nil || p[0] == g.Body) {
				return Explanation{Path: p}
			}
		}
	}
	return Explanation{}
}

// Circle returns the shortest circle of edges that are at least so strong, from its lowest number on, or nil; of several the one with the
// lowest numbers. One of its edges is about an object of the code under test, unless library is set.
func (g *Graph) Circle(weakest Strength, library bool) []uint32 {
	return g.circle(weakest, library, func([]uint32) bool { return true })
}

// circle is Circle for those that are of some kind.
func (g *Graph) circle(weakest Strength, library bool, is func([]uint32) bool) []uint32 {
	var best []uint32
	for i := range g.Stuck {
		id := g.Stuck[i].ID
		for _, next := range g.next(&g.Stuck[i], weakest, library) {
			path := g.path(next, weakest, func(at *Goroutine) bool { return at.ID == id })
			if path == nil || best != nil && len(path) >= len(best) {
				continue
			}
			if c := append([]uint32{id}, path[:len(path)-1]...); is(c) {
				best = c
			}
		}
	}
	if best == nil {
		return nil
	}
	first := slices.Index(best, slices.Min(best))
	return slices.Concat(best[first:], best[:first])
}

// idle reports whether a circle is only the ends of connections that are still open when the test is over: all of it waits for something
// to come, and either both directions of a connection are read from, or nothing is waited for but connections. Whoever closes one ends it.
func (g *Graph) idle(circle []uint32) bool {
	if !g.Over {
		return false
	}
	all := true
	var from, back []uint32
	for _, id := range circle {
		t := g.find(id)
		if t.Lock || slices.ContainsFunc(t.Needs, func(n Need) bool { return !n.Comes }) {
			return false
		}
		n := t.reads()
		if n == nil {
			all = false
			continue
		}
		from, back = append(from, n.From), append(back, n.Back)
	}
	return len(from) > 0 && (all || slices.ContainsFunc(back, func(b uint32) bool { return b != 0 && slices.Contains(from, b) }))
}

// reads returns the read from a connection that a goroutine waits in; nil if it waits for anything else.
func (t *Goroutine) reads() *Need {
	if len(t.Needs) == 1 && t.Needs[0].From != 0 {
		return &t.Needs[0]
	}
	return nil
}

// Needs reports whether one goroutine needs another, by an edge that is at least so strong.
func (g *Graph) Needs(id, other uint32, weakest Strength) bool {
	t := g.find(id)
	return t != nil && slices.Contains(g.next(t, weakest, true), other)
}

// next returns the goroutines that could see to what one needs, by edges that are at least so strong, and about objects of the code
// under test unless library is set.
func (g *Graph) next(t *Goroutine, weakest Strength, library bool) (out []uint32) {
	for i := range t.Needs {
		n := &t.Needs[i]
		if n.Library && !library {
			continue
		}
		for _, e := range n.Ends {
			if !e.Ended && e.Evidence.Strength() <= weakest && n.counts(e, t) {
				out = append(out, e.By)
			}
		}
	}
	return out
}

// counts reports whether an end counts beside the others. Where a goroutine is known to owe what is needed, no other one does; and
// where one is able to see to it, or was while it lived, none that only may. Who could cancel a context counts if there is nothing else
// to wait for: beside something else it is a way out that is not needed when all goes well. No goroutine cancels what it waits for itself.
func (n *Need) counts(e End, t *Goroutine) bool {
	owed := slices.ContainsFunc(n.Ends, func(e End) bool { return e.Evidence == Owes && !e.Ended })
	able := slices.ContainsFunc(n.Ends, func(e End) bool { return e.Evidence <= Stranded })
	beside := slices.ContainsFunc(t.Needs, func(n Need) bool { return !n.Context })
	switch {
	case owed:
		return e.Evidence <= Owes
	case able:
		return e.Evidence <= Could
	case e.Evidence == Made:
		return !beside && e.By != t.ID
	}
	return true
}

// toSink returns the way from a goroutine to one whose needs no goroutine that lives can see to: from the body if there is a way, and
// else as pathTo has it. If known, it is one of which it is known who could have.
func (g *Graph) toSink(from uint32, known bool) []uint32 {
	p := g.path(from, Possible, func(at *Goroutine) bool {
		ends := slices.ContainsFunc(at.Needs, func(n Need) bool { return len(n.Ends) > 0 })
		return len(g.next(at, Possible, true)) == 0 && (!known || ends)
	})
	if p == nil {
		return nil
	}
	if to := g.pathTo(p[len(p)-1]); len(to) > len(p) {
		return to
	}
	return p
}

// pathTo returns a path to a goroutine: from the body, or else from one that waits for a lock which it holds, or else it alone.
func (g *Graph) pathTo(id uint32) []uint32 {
	if p := g.path(g.Body, Possible, func(at *Goroutine) bool { return at.ID == id }); p != nil {
		return p
	}
	for i := range g.Stuck {
		if t := &g.Stuck[i]; t.ID != id && t.Lock && slices.Contains(g.next(t, Certain, true), id) {
			return []uint32{t.ID, id}
		}
	}
	return []uint32{id}
}

// path returns the shortest path from one goroutine to one that satisfies goal, both included; nil if there is none.
func (g *Graph) path(from uint32, weakest Strength, goal func(*Goroutine) bool) []uint32 {
	came := map[uint32]uint32{from: 0}
	for queue := []uint32{from}; len(queue) > 0; queue = queue[1:] {
		t := g.find(queue[0])
		if t == nil {
			continue // it is not stuck
		}
		if goal(t) {
			var p []uint32
			for at := t.ID; at != 0; at = came[at] {
				p = append(p, at)
			}
			slices.Reverse(p)
			return p
		}
		for _, id := range g.next(t, weakest, true) {
			if _, seen := came[id]; !seen {
				came[id] = t.ID
				queue = append(queue, id)
			}
		}
	}
	return nil
}

func (g *Graph) find(id uint32) *Goroutine {
	i, ok := slices.BinarySearchFunc(g.Stuck, id, func(t Goroutine, id uint32) int { return int(t.ID) - int(id) })
	if !ok {
		return nil
	}
	return &g.Stuck[i]
}

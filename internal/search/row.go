package search

import (
	"slices"
)

// A Row is executions that are numbered from 1, and the plain run, which is number 0. A search has one of walks, of which number n is
// strategy.Mix's n-th, and one for each group of predictions that is looked into, of which number n is the n-th try.
type Row struct {
	ID        int
	Steered   []int // indices of what the tries are for; none for walks
	Shard     Shard
	Displaced int     // what is number n here is called n+Displaced for people
	Next      int     // all before are settled
	Last      int     // before which it ends; 0: never
	Dealt     []*Part // and not passed, in the order of their numbers
}

func (s *Search) row(shard Shard, last int) *Row {
	s.Rows++
	return &Row{ID: s.Rows, Shard: shard, Last: last}
}

// gap returns the first part of the row that is in no Part yet, at most this many executions.
func (r *Row) gap(most int) (first, last int, ok bool) {
	first, last = r.Shard.Next(r.Next), r.Last
	for _, p := range r.Dealt {
		if first < p.First {
			last = p.First
			break
		}
		first = max(first, r.Shard.Next(p.Last))
	}
	if last == 0 {
		last = Endless
	}
	if most = min(most, Endless/r.Shard.Parts()); first+most*r.Shard.Parts() < last {
		last = first + most*r.Shard.Parts()
	}
	return first, last, first < last
}

// left returns how many executions of the row were not dealt yet.
func (r *Row) left() int {
	first, last, ok := r.gap(Endless)
	if !ok {
		return 0
	}
	if r.Last > 0 { // behind what is ahead, too
		last = max(last, r.Last)
		for _, p := range r.Dealt {
			if p.First > first {
				last -= p.Last - p.First
			}
		}
	}
	return max((last-first+r.Shard.Parts()-1)/r.Shard.Parts(), 1)
}

func (r *Row) insert(p *Part) {
	at, _ := slices.BinarySearchFunc(r.Dealt, p.First, func(p *Part, first int) int { return p.First - first })
	r.Dealt = slices.Insert(r.Dealt, at, p)
}

// head returns the part that is to be settled next, nil if that was not dealt yet.
func (r *Row) head() *Part {
	r.pass()
	if len(r.Dealt) > 0 && r.Dealt[0].First <= r.Shard.Next(r.Next) {
		return r.Dealt[0]
	}
	return nil
}

// settle notes that a part has come as far as a number, and no further. The part may be a copy, if the search was kept meanwhile.
func (r *Row) settle(p *Part, reached int) {
	p.Settled, p.Last = true, min(max(reached, p.First), p.Last)
	i := slices.IndexFunc(r.Dealt, func(q *Part) bool { return q.First == p.First })
	switch {
	case i >= 0:
		r.Dealt[i].Settled, r.Dealt[i].Last = true, p.Last
	case p.First <= r.Shard.Next(r.Next): // all others were given up
		r.Next = max(r.Next, p.Last)
	}
	r.pass()
}

// pass goes by what is settled.
func (r *Row) pass() {
	for len(r.Dealt) > 0 && r.Dealt[0].Settled && r.Dealt[0].First <= r.Shard.Next(r.Next) {
		r.Next = max(r.Next, r.Dealt[0].Last)
		r.Dealt = r.Dealt[1:]
	}
}

// over reports whether all of the row is settled.
func (r *Row) over() bool {
	r.pass()
	return r.Last > 0 && len(r.Dealt) == 0 && r.Shard.Next(r.Next) >= r.Last
}

func (r *Row) unsettled() (parts []*Part) {
	for _, p := range r.Dealt {
		if !p.Settled {
			parts = append(parts, p)
		}
	}
	return parts
}

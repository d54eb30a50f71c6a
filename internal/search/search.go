package search

import (
	"github.com/jostle-dev/jostle/internal/predict"
	"github.com/jostle-dev/jostle/internal/strategy"
)

// A Search says which executions of a test come next, in however many processes they run. It begins with the plain run; then come schedules that are
// drawn at random, in the order of their numbers, and before the rest of these, tries of what the executions so far predict.
//
// Where all executions are run in one process, Next and Observe lead through them. Else Deal hands them out in parts, which may run at the
// same time. What these come to is settled in the order of their numbers, so what becomes of the test is the same, however many processes
// take part.
//
// A Search starts nothing and can be kept as it is. It is for one goroutine at a time.
type Search struct {
	Options
	Measures
	Unsteered bool // predictions are not looked into: the engine does not say who runs

	Walks       *Row         // executions of the mix, and the plain run
	Tries       *Row         // executions that are steered into predicted hangs now; nil if no hang is predicted
	Displaced   int          // how many tries have numbers before that of the next walk
	Predictions []*Predicted // so far, at most predict.Most
	Extended    bool         // it has more executions than were asked for

	Rows int       // so far
	Now  Execution // between Next and Observe
}

// New returns a Search that begins with the plain run.
func New(o Options) *Search {
	s := &Search{Options: o}
	s.Begin()
	return s
}

// Begin has the search begin again with the plain run. What was predicted is known.
func (s *Search) Begin() {
	last := s.Schedules
	if s.TriesOnly {
		last = 1
	}
	s.Walks, s.Tries, s.Displaced, s.Extended = s.row(s.Shard, last), nil, 0, false
}

// Restart has the search begin again after the plain run.
func (s *Search) Restart() {
	s.Begin()
	s.Walks.Next = 1
}

// Begun reports whether the plain run was settled.
func (s *Search) Begun() bool { return s.Walks.Next > 0 }

// Over reports whether all executions were settled.
func (s *Search) Over() bool { return s.Tries == nil && s.Walks.over() }

// Extend has the search continue without end when it is over.
func (s *Search) Extend() { s.Walks.Last, s.Extended = 0, true }

// Endless is more than a test has executions.
const Endless = 1 << 30

// Deal returns executions that were not dealt yet, nil if there are none at present: all others depend on what was dealt. most says, of
// how many are left in a row, how many a part has at most.
func (s *Search) Deal(most func(left int) int) *Part {
	s.look()
	for _, r := range s.rows() {
		first, last, ok := r.gap(most(r.left()))
		if !ok {
			continue
		}
		p := &Part{Options: s.Options, Measures: s.Measures, First: first, Last: last, Row: r.ID, Enough: len(s.Predictions) >= predict.Most}
		p.Shard = r.Shard
		for _, i := range r.Steered {
			p.Steer = append(p.Steer, s.Predictions[i].Prediction)
		}
		for _, pr := range s.Predictions {
			p.Predicted = append(p.Predicted, pr.Key())
		}
		p.Displaced = s.Number(p, 1) - 1
		r.insert(p)
		return p
	}
	return nil
}

// rows are those that have executions, in the order in which these come.
func (s *Search) rows() []*Row {
	if s.Tries == nil {
		return []*Row{s.Walks}
	}
	return []*Row{s.Tries, s.Walks}
}

// rowOf returns the row of a part, nil if it was given up.
func (s *Search) rowOf(p *Part) *Row {
	for _, r := range s.rows() {
		if r.ID == p.Row {
			return r
		}
	}
	return nil
}

// Head returns the part that is to be settled next, nil if that was not dealt yet.
func (s *Search) Head() *Part { return s.rows()[0].head() }

// Settle notes that a part has come as far as execution reached, which was not run, and no further. What its executions predict is known by
// then.
func (s *Search) Settle(p *Part, reached int) {
	if r := s.rowOf(p); r != nil {
		r.settle(p, reached)
	}
	s.look()
}

// Drop gives up what was dealt and is not settled, and returns it.
func (s *Search) Drop() (dropped []*Part) {
	for _, r := range s.rows() {
		dropped = append(dropped, r.unsettled()...)
		r.Dealt = nil
	}
	return dropped
}

// Unsettled returns what was dealt and is not settled.
func (s *Search) Unsettled() (parts []*Part) {
	for _, r := range s.rows() {
		parts = append(parts, r.unsettled()...)
	}
	return parts
}

// Number is what execution n of a part is called for people: so many come before it.
func (s *Search) Number(p *Part, n int) int {
	switch {
	case n == 0:
		return 0
	case len(p.Steer) > 0:
		if r := s.rowOf(p); r != nil {
			return n + r.Displaced
		}
		return p.Called(n)
	}
	return n + s.Displaced
}

// An Execution is what comes next where all executions are run in one process.
type Execution struct {
	Part *Part
	N    int // its number in the part
}

// Strategy returns the strategy of the execution.
func (x Execution) Strategy() strategy.Strategy { return x.Part.Execution(x.N) }

// Learns reports whether the execution is looked at for what it predicts.
func (x Execution) Learns() bool { return x.Part.Learns(x.N) }

// Try returns which try of a prediction the execution is, from 0; -1 if it is not steered.
func (x Execution) Try() int {
	if len(x.Part.Steer) == 0 {
		return -1
	}
	return (x.N - 1) / len(x.Part.Steer)
}

// Next returns the next execution, and whether there is one. Before it is called again, Observe is.
func (s *Search) Next() (Execution, bool) {
	if s.Now.Part == nil {
		p := s.Deal(func(int) int { return Endless })
		if p == nil {
			return Execution{}, false
		}
		s.Now = Execution{p, p.Shard.Next(p.First)}
	}
	return s.Now, true
}

// Observe takes note of what the execution that came next predicts. What the plain run measures is known by then.
func (s *Search) Observe(predictions []predict.Prediction) {
	x := s.Now
	for _, p := range predictions {
		s.Predict(p, x.N)
	}
	next, more := x.Part.Next(x.N + 1)
	if s.Now.N = next; !more || x.N == 0 || len(predictions) > 0 {
		s.Now = Execution{}
		s.Settle(x.Part, x.N+1)
	}
}

package search

import (
	"slices"

	"github.com/jostle-dev/jostle/internal/access"
	"github.com/jostle-dev/jostle/internal/predict"
	"github.com/jostle-dev/jostle/internal/strategy"
)

// Options say what is searched. They are the same for all executions of a test.
type Options struct {
	Seed      uint64        `json:",omitempty"` // makes the executions of one test differ from those of another
	Strategy  string        `json:",omitempty"` // name of the one kind of strategy to use; "" for the mix of all
	Schedules int           `json:",omitempty"` // executions, the plain run among them; 0: there is no end
	Shard     Shard         `json:",omitzero"`  // only executions that belong to it
	Spelt     bool          `json:",omitempty"` // schedules are kept as bytes, which cannot say which random values an execution has
	TriesOnly bool          `json:",omitempty"` // after the plain run come only executions that are steered into predicted hangs
	Cancel    bool          `json:",omitempty"` // contexts that the test makes are cancelled
	Faults    bool          `json:",omitempty"` // connections fail
	Places    access.Places `json:",omitzero"`  // at which plain accesses are sync points
}

// Measures are what the plain run says of the executions after it.
type Measures struct {
	Asked   int               `json:",omitempty"` // questions of who runs
	Profile *strategy.Profile `json:",omitempty"` // nil for none
	Cancels int               `json:",omitempty"` // questions of whether a context is cancelled
	Breaks  int               `json:",omitempty"` // questions of whether a connection fails
}

// A Part is executions of a search that one process runs: those of numbers First <= n < Last that belong to the shard. Number 0 is the
// plain run. Each execution is a function of what a Part says, so a Part can be sent to another process as it is.
type Part struct {
	Options
	Measures
	First, Last int
	Displaced   int                  `json:",omitempty"` // execution n is called n+Displaced for people
	Steer       []predict.Prediction `json:",omitempty"` // the executions are tries of these, in turn: execution n is try n-1
	Predicted   []uint64             `json:",omitempty"` // keys of predictions that are known
	Enough      bool                 `json:",omitempty"` // no other prediction will be looked into

	Row     int  `json:",omitempty"` // that it is of
	Settled bool `json:",omitempty"` // before its turn: Last is how far it came
}

// Next returns the first execution of the part from number n on, and whether there is one.
func (p *Part) Next(n int) (int, bool) {
	n = p.Shard.Next(n)
	return n, n < p.Last
}

// Called is what execution n is called for people, as far as that was known when the part was dealt.
func (p *Part) Called(n int) int {
	if n == 0 {
		return 0
	}
	return n + p.Displaced
}

// Into returns the index in Steer of the prediction that execution n > 0 is steered into, -1 if it is not.
func (p *Part) Into(n int) int {
	if len(p.Steer) == 0 || n == 0 {
		return -1
	}
	return (n - 1) % len(p.Steer)
}

// Execution returns the strategy of execution n of the part. That of the plain run is a *strategy.Profiler.
func (p *Part) Execution(n int) strategy.Strategy {
	switch i := p.Into(n); {
	case n == 0:
		return new(strategy.Profiler)
	case i >= 0:
		return strategy.NewSteer(p.Seed, (n-1)/len(p.Steer), p.Steer[i].Pauses)
	}
	s := p.intoRace(n)
	if s == nil {
		s = p.walk(n)
	}
	if p.Cancel && p.Cancels > 0 {
		s = strategy.NewCancel(strategy.NewSource(p.Seed^uint64(n)), s, p.Cancels)
	}
	if p.Faults {
		s = strategy.NewFault(strategy.NewSource(^(p.Seed ^ uint64(n))), s, p.Breaks)
	}
	return s
}

// walk returns the strategy of the mix for execution n > 0.
func (p *Part) walk(n int) strategy.Strategy {
	m := &strategy.Mix{Seed: p.Seed, Only: p.Strategy, Asked: p.Asked, Profile: p.Profile}
	if p.Spelt {
		return m.Walk(n)
	}
	return m.Execution(n)
}

// every fourth execution is steered to a pair of places that may race, each in turn.
const steerEvery = 4

// intoRace returns the strategy of execution n if that is to hold goroutines back where they may race; nil if it is not.
func (p *Part) intoRace(n int) strategy.Strategy {
	pairs := p.Places.Pairs
	if len(pairs) == 0 || n%steerEvery != 0 || p.Strategy != "" {
		return nil
	}
	try := n/steerEvery - 1
	pair := pairs[try%len(pairs)]
	pauses := []strategy.Pause{{At: p.Places.Places[pair.A].Key}, {At: p.Places.Places[pair.B].Key}}
	return strategy.NewSteer(p.Seed, try/len(pairs), pauses)
}

// LearnsAll is how many of the first executions are all looked at for what they predict.
const LearnsAll = 31

// Learns reports whether execution n is looked at for what it predicts: the first ones all are, and then some.
func (p *Part) Learns(n int) bool {
	return len(p.Steer) == 0 && !p.Enough && (n <= LearnsAll || n%8 == 0)
}

// Knows reports whether a prediction is known.
func (p *Part) Knows(pr predict.Prediction) bool { return slices.Contains(p.Predicted, pr.Key()) }

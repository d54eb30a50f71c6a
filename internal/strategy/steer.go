package strategy

import (
	"fmt"

	"github.com/jostle-dev/jostle/internal/engine"
)

// A Pause is a sync point at which goroutines are to be held back, by trace.Site.Key.
type Pause struct {
	At   uint64
	Hold uint64 // only those that hold a lock which they took at this one; 0: all
}

// A Steer takes an execution where a predicted hang would be, as the second phase of DeadlockFuzzer does (Joshi, Park, Sen
// and Naik, PLDI 2009): whoever comes to a sync point of the prediction is held back until nothing else can run, so that the
// others come to theirs. Everything else is as another strategy has it. No pause is for ever: a prediction that cannot come
// true costs an execution and nothing else.
type Steer struct {
	inner  Strategy
	source Source
	pauses []Pause
	always bool
	wants  int // the last that was held back: code that acquires something passes sync points of its own on the way
}

// NewSteer returns the n-th try, n >= 0, of steering into a hang that needs the pauses. The first holds everybody back
// always, in a plain run; the others not always, and in random walks.
func NewSteer(seed uint64, n int, pauses []Pause) *Steer {
	s := &Steer{inner: Plain{}, source: NewSource(seed + uint64(n)*0x9E3779B97F4A7C15), pauses: pauses, always: n == 0}
	if n > 0 {
		s.inner = NewRandomWalk(s.source, walks[n%len(walks)])
	}
	return s
}

// Choose is engine.Strategy.
func (s *Steer) Choose(q *engine.Question) int {
	c := s.inner.Choose(q)
	if q.Kind != engine.Preempt || !s.holds(q) {
		return c
	}
	others := (q.N - 1) / 2
	c = max(c, 1)
	if c <= others {
		c += others
	}
	return c
}

// holds reports whether who is asked is held back.
func (s *Steer) holds(q *engine.Question) bool {
	site := q.Site.StableKey()
	for _, p := range s.pauses {
		if p.At != site {
			id := q.Wants(q.Task, p.At)
			if id <= s.wants {
				continue
			}
			s.wants = id
		}
		if p.Hold == 0 || q.Holds(q.Task, p.Hold) {
			return s.always || s.source.Intn(4) > 0
		}
	}
	return false
}

func (s *Steer) String() string { return fmt.Sprintf("steered, %s", s.inner) }

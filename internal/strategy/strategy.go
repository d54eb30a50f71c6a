// Package strategy holds the ways in which executions are made to differ when no fuzzer decides: one file each, behind
// engine.Strategy. All are deterministic: the same seed and the same program give the same execution.
package strategy

import (
	"fmt"

	"github.com/jostle-dev/jostle/internal/engine"
)

// A Strategy is an engine.Strategy with a name for people.
type Strategy interface {
	engine.Strategy
	fmt.Stringer
}

// aside answers what a strategy has no rule for: at random. Which random values there are is for a sequence to say.
func aside(q *engine.Question, source Source) int {
	if q.Kind == engine.Random {
		return 0
	}
	return source.Intn(q.N)
}

// A sequence is a strategy whose executions get the random values of one sequence. Each execution of a test has its own: a bug
// may need maps in a certain order.
type sequence struct {
	Strategy
	number int
}

// Choose is engine.Strategy.
func (s sequence) Choose(q *engine.Question) int {
	if q.Kind == engine.Random {
		return s.number % q.N
	}
	return s.Strategy.Choose(q)
}

// Plain is the plain run: every question is answered with the first alternative.
type Plain struct{}

// Choose is engine.Strategy.
func (Plain) Choose(*engine.Question) int { return 0 }

func (Plain) String() string { return "plain run" }

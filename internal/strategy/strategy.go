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

// Mix returns the strategy of the n-th execution of a test, n >= 0: the first is the plain run, then random walks and
// PCT take turns, each time with other random values. seed makes one test's executions differ from another's. asked is how many questions of who runs the
// plain run had: PCT spreads its change points over so many.
func Mix(seed uint64, n, asked int) Strategy {
	if n == 0 {
		return Plain{}
	}
	source := NewSource(seed + uint64(n)*0x9E3779B97F4A7C15)
	round := (n - 1) / 2
	if n%2 == 1 {
		return sequence{NewRandomWalk(source, walks[round%len(walks)]), n}
	}
	return sequence{NewPCT(source, depths[round%len(depths)], asked), n}
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

// walks are how many sync points in a row a random walk passes between two preemptions, on average. Some bugs need
// many close together, most are hidden by more than a few.
var walks = [...]int{2, 8, 32, 1, 128}

// depths are the bug depths that PCT aims at, the most common more often.
var depths = [...]int{3, 2, 3, 4, 2, 3, 5, 6}

// Plain is the plain run: every question is answered with the first alternative.
type Plain struct{}

// Choose is engine.Strategy.
func (Plain) Choose(*engine.Question) int { return 0 }

func (Plain) String() string { return "plain run" }

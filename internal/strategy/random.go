package strategy

import (
	"fmt"

	"github.com/jostle-dev/jostle/internal/engine"
)

// A RandomWalk answers every question at random, but for one thing: how often a task is preempted that could go on is set
// beforehand, because a uniform walk hardly ever lets anybody go far.
type RandomWalk struct {
	source Source
	every  int
}

// NewRandomWalk returns a random walk that preempts once in every sync points on average, every >= 1, where others could
// run.
func NewRandomWalk(source Source, every int) *RandomWalk { return &RandomWalk{source, every} }

// walks are how many sync points in a row a random walk passes between two preemptions, on average. Some bugs need
// many close together, most are hidden by more than a few.
var walks = [...]int{2, 8, 32, 1, 128}

func newWalk(_ *Mix, source Source, round int) Strategy {
	return NewRandomWalk(source, walks[round%len(walks)])
}

// heldOnce is one in how many preemptions holds the task back until nothing else can run: a delay without an end.
const heldOnce = 4

// doubtfulOnce is one in how many of the doubtful questions is answered like the others: they are many, and would have a task
// preempted more often than was set.
const doubtfulOnce = 4

// Choose is engine.Strategy.
func (w *RandomWalk) Choose(q *engine.Question) int {
	if !q.Kind.Preempts() {
		return aside(q, w.source)
	}
	if q.Doubtful() && w.source.Intn(doubtfulOnce) != 0 {
		return 0
	}
	if w.source.Intn(w.every+1) != 0 {
		return 0
	}
	others := (q.N - 1) / 2
	c := 1 + w.source.Intn(others)
	if w.source.Intn(heldOnce) == 0 {
		c += others
	}
	return c
}

func (w *RandomWalk) String() string {
	return fmt.Sprintf("random walk, preempting 1 in %d", w.every+1)
}

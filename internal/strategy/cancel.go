package strategy

import (
	"fmt"

	"github.com/jostle-dev/jostle/internal/engine"
)

// A Cancel cancels a context once in an execution, at a sync point that is drawn beforehand from all that the plain run
// passes while there is a context to cancel. Everything else is as another strategy has it.
type Cancel struct {
	Strategy
	source Source
	at     int
	asked  int
}

// NewCancel returns inner, with a context cancelled at one of the first so many questions, at least 1.
func NewCancel(source Source, inner Strategy, questions int) *Cancel {
	return &Cancel{Strategy: inner, source: source, at: source.Intn(max(questions, 1))}
}

// Choose is engine.Strategy.
func (c *Cancel) Choose(q *engine.Question) int {
	if q.Kind != engine.Cancel {
		return c.Strategy.Choose(q)
	}
	c.asked++
	if c.asked-1 != c.at {
		return 0
	}
	return 1 + c.source.Intn(q.N-1)
}

func (c *Cancel) String() string { return fmt.Sprintf("%s, cancelling a context", c.Strategy) }

package strategy

import (
	"fmt"

	"github.com/jostle-dev/jostle/internal/engine"
)

// A once has something happen once in an execution, at a question of a kind that is drawn beforehand from all of the plain run.
// Everything else is as another strategy has it.
type once struct {
	Strategy
	kind   engine.QuestionKind
	what   string
	source Source
	at     int
	asked  int
}

// NewCancel returns inner, with a context cancelled at one of the first so many questions of whether one is.
func NewCancel(source Source, inner Strategy, questions int) Strategy {
	return newOnce(source, inner, engine.Cancel, "cancelling a context", questions)
}

// NewFault returns inner, with a connection that fails at one of the first so many operations of connections.
func NewFault(source Source, inner Strategy, operations int) Strategy {
	return newOnce(source, inner, engine.Broken, "with a fault of the network", operations)
}

func newOnce(source Source, inner Strategy, kind engine.QuestionKind, what string, questions int) *once {
	return &once{Strategy: inner, kind: kind, what: what, source: source, at: source.Intn(max(questions, 1))}
}

// Choose is engine.Strategy.
func (o *once) Choose(q *engine.Question) int {
	if q.Kind != o.kind {
		return o.Strategy.Choose(q)
	}
	o.asked++
	if o.asked-1 != o.at {
		return 0
	}
	return 1 + o.source.Intn(q.N-1)
}

func (o *once) String() string { return fmt.Sprintf("%s, %s", o.Strategy, o.what) }

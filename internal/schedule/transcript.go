package schedule

import "github.com/jostle-dev/jostle/internal/engine"

// A Transcript is a strategy that answers like another, and keeps all questions of an execution with their answers.
type Transcript struct {
	Said  []Said
	inner engine.Strategy
}

// A Said is one question of a Transcript.
type Said struct {
	N, Choice int // alternatives, and which of them was taken
	Done      int // steps before it
}

// NewTranscript returns a Transcript of one execution under inner.
func NewTranscript(inner engine.Strategy) *Transcript { return &Transcript{inner: inner} }

// Choose is engine.Strategy.
func (t *Transcript) Choose(q *engine.Question) int {
	c := t.inner.Choose(q)
	t.Said = append(t.Said, Said{q.N, c, q.Done()})
	return c
}

// A Prefix is a strategy that answers as a Transcript has it, and then like another.
type Prefix struct {
	// Strayed is set if a question had other alternatives than in the transcript: the executions are not of one program.
	Strayed bool
	said    []Said
	then    engine.Strategy
}

// NewPrefix returns the strategy that answers the first questions as they were answered, and all others like then.
func NewPrefix(said []Said, then engine.Strategy) *Prefix { return &Prefix{said: said, then: then} }

// Choose is engine.Strategy.
func (p *Prefix) Choose(q *engine.Question) int {
	if len(p.said) == 0 {
		return p.then.Choose(q)
	}
	s := p.said[0]
	p.said = p.said[1:]
	if s.N != q.N || s.Done != q.Done() {
		p.Strayed = true
	}
	return s.Choice % q.N
}

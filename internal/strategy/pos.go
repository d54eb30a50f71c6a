package strategy

import (
	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// POS is partial order sampling, of Yuan, Yang and Gu, "Partial Order Aware Concurrency Sampling" (CAV 2018): every operation that
// a goroutine is about to do has a random priority, and the highest is done. Then the next of that goroutine gets its own, and
// each of another goroutine that is about to be done on the same object gets another.
//
// It departs from the paper in some things. What a task that has begun or was woken will do is not known: its priority is not drawn
// again for what others do. Two atomic operations on one variable count as dependent whatever they are. Nor is it known of a
// select what it will be done on. After an operation a task is not taken off where it is in doubt whether that could matter. Now and then
// the task that is taken off is held back so that timers may fire before it. An execution that is several times as long as was expected
// continues in turns. And what is no question of who runs is answered at random.
type POS struct {
	source  Source
	next    priorities
	pauses  bool
	fair    int // questions after which all take turns
	asked   int
	inTurns inTurns
}

// NewPOS returns the strategy. The plain run had so many questions of who runs.
func NewPOS(source Source, asked int) *POS {
	return &POS{source: source, next: priorities{source: source}, pauses: source.Intn(4) == 0, fair: 4*asked + 1_000}
}

func newPOS(m *Mix, source Source, _ int) Strategy { return NewPOS(source, m.Asked) }

// Choose is engine.Strategy.
func (p *POS) Choose(q *engine.Question) int {
	if !q.Kind.Preempts() && q.Kind != engine.Next {
		return aside(q, p.source)
	}
	if p.asked++; p.asked > p.fair {
		return p.inTurns.choose(q)
	}
	p.next.meet(q.Tasks())
	if q.Doubtful() {
		return 0
	}
	if q.Op == trace.OpYield {
		p.next.redraw(q.Task)
	}
	best, t := p.next.highest(q, func(*engine.Task) bool { return true })
	p.did(q, t)
	if q.Kind == engine.Preempt && best > 0 && p.pauses && p.source.Intn(4) == 0 {
		best += (q.N - 1) / 2
	}
	return best
}

// did draws again the priorities of t and of all whose operation depends on the one that t does now.
func (p *POS) did(q *engine.Question, t *engine.Task) {
	op := q.Pending(t)
	for _, other := range q.Runnable() {
		if other == t || depend(op, q.Pending(other)) {
			p.next.redraw(other)
		}
	}
}

// depend reports whether the order of two operations may matter.
func depend(a, b engine.Operation) bool {
	return a.On != 0 && a.On == b.On && !(reads[a.Op] && reads[b.Op])
}

var reads = map[trace.Op]bool{trace.OpRLock: true, trace.OpTryRLock: true, trace.OpRUnlock: true}

func (p *POS) String() string { return "POS" }

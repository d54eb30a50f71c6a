package strategy

import (
	"fmt"
	"slices"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// PCT is the scheduler of Burckhardt, Kothari, Musuvathi and Nagarakatte, "A Randomized Scheduler with Probabilistic
// Guarantees of Finding Bugs" (ASPLOS 2010): every task gets a random priority, and of those that can run the one with the
// highest runs. At depth-1 points of the execution, chosen beforehand, whoever runs gets a priority below all others. A
// bug that needs depth ordering constraints in a program of n tasks and k steps is found with a probability of at least
// 1/(n k^(depth-1)).
//
// It departs from the paper in some things. Steps are counted only where more than one task could run, and not at doubtful
// questions: these are many, and would make change points rarer where they matter. A task that yields gets the lowest priority,
// or loops that wait for another would never end. Whoever runs at a change point is, every other time, held back so that timers
// may fire before it. An execution that is several times as long as was expected goes on in turns, or programs that rely on a
// fair scheduler would never end. And what is no question of who runs, the case of a select, is answered at random.
type PCT struct {
	source     Source
	depth      int
	changes    []int // steps, ascending
	fair       int   // step after which everybody has a turn
	steps      int
	priorities []uint64 // by task: the higher runs first
	lowest     uint64
	turns      inTurns
}

// NewPCT returns the strategy for bugs of the given depth, at least 1, in a program of about so many steps.
func NewPCT(source Source, depth, steps int) *PCT {
	p := &PCT{source: source, depth: depth, lowest: 1 << 32, fair: 4*steps + 1_000}
	for range depth - 1 {
		p.changes = append(p.changes, source.Intn(max(steps, 1)))
	}
	slices.Sort(p.changes)
	return p
}

// depths are the bug depths that PCT aims at, the most common more often.
var depths = [...]int{3, 2, 3, 4, 2, 3, 5, 6}

func newPCT(m *Mix, source Source, round int) Strategy {
	return NewPCT(source, depths[round%len(depths)], m.Asked)
}

// Choose is engine.Strategy.
func (p *PCT) Choose(q *engine.Question) int {
	if !q.Kind.Preempts() && q.Kind != engine.Next {
		return aside(q, p.source)
	}
	if p.steps > p.fair {
		return p.turns.choose(q)
	}
	p.meet(q.Tasks())
	if q.Doubtful() {
		return p.highest(q)
	}
	changed := false
	for len(p.changes) > 0 && p.steps >= p.changes[0] {
		p.changes = p.changes[1:]
		p.lower(q.Task)
		changed = true
	}
	p.steps++
	if q.Op == trace.OpYield {
		p.lower(q.Task)
	}
	best := p.highest(q)
	if changed && q.Kind.Preempts() && best > 0 && p.source.Intn(2) == 0 {
		best += (q.N - 1) / 2 // held back, so that even time may pass before it
	}
	return best
}

// highest returns the alternative by which the task with the highest priority runs.
func (p *PCT) highest(q *engine.Question) int {
	best, highest := 0, uint64(0)
	for i, t := range q.Runnable() {
		if pr := p.priorities[t.ID-1]; pr > highest {
			best, highest = i, pr
		}
	}
	return best
}

// meet gives new tasks their priorities.
func (p *PCT) meet(tasks []*engine.Task) {
	for len(p.priorities) < len(tasks) {
		p.priorities = append(p.priorities, 1<<32+p.source.Uint64()>>1)
	}
}

// lower puts t below all others.
func (p *PCT) lower(t *engine.Task) {
	if t != nil {
		p.lowest--
		p.priorities[t.ID-1] = p.lowest
	}
}

func (p *PCT) String() string { return fmt.Sprintf("PCT, depth %d", p.depth) }

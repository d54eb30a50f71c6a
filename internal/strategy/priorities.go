package strategy

import "github.com/jostle-dev/jostle/internal/engine"

// priorities are random numbers of tasks, by which one of those that can run is chosen.
type priorities struct {
	source Source
	of     []uint64 // by task
}

// meet gives new tasks theirs.
func (p *priorities) meet(tasks []*engine.Task) {
	for len(p.of) < len(tasks) {
		p.of = append(p.of, p.source.Uint64())
	}
}

// redraw gives t another one.
func (p *priorities) redraw(t *engine.Task) {
	if t != nil {
		p.of[t.ID-1] = p.source.Uint64()
	}
}

// highest returns the alternative of q by which the task with the highest priority runs of those that may, and that task;
// nil if none may.
func (p *priorities) highest(q *engine.Question, may func(*engine.Task) bool) (best int, task *engine.Task) {
	highest := uint64(0)
	for i, t := range q.Runnable() {
		if (task == nil || p.of[t.ID-1] > highest) && may(t) {
			best, task, highest = i, t, p.of[t.ID-1]
		}
	}
	return best, task
}

// inTurns has the task that has waited longest run, every few steps of an execution that is much longer than expected: by priorities
// alone, a loop that goes round until another goroutine ends it would never end.
type inTurns struct{ steps int }

// choose answers a question of who runs.
func (r *inTurns) choose(q *engine.Question) int {
	r.steps++
	if q.Kind.Preempts() && r.steps%fairSlice == 0 {
		return 1
	}
	return 0
}

const fairSlice = 100

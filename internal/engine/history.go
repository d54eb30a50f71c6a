package engine

import "github.com/jostle-dev/jostle/internal/trace"

// keptSteps bounds the memory of a trace. The hash covers every step all the same.
const keptSteps = 1 << 16

// A history keeps the steps of an execution and a hash of all of them.
type history struct {
	steps       []trace.Step
	n           int
	hash        uint64
	preemptions int
	next        trace.Choice // of the step to come
	off         *trace.Off   // likewise
	offs        []trace.Off  // the last ones
	shown       bool         // steps were copied, which point to them
	orders      trace.Orders
}

func (tr *history) reset() {
	offs := tr.offs[:0]
	if tr.shown {
		offs = nil
	}
	*tr = history{steps: tr.steps[:0], offs: offs, hash: 14695981039346656037}
}

func (tr *history) add(t *Task, op trace.Op, o *Object, s *trace.Site) {
	var id uint32
	if o != nil {
		id = o.ID
	}
	c, off := tr.next, tr.off
	tr.next, tr.off = trace.GoneOn, nil
	if c < trace.Preempted {
		off = nil
	}
	tr.n++
	key := s.StableKey() + uint64(op)
	h := tr.hash
	h = (h ^ (uint64(t.ID) | uint64(op)<<32 | uint64(c)<<40)) * 1099511628211
	h = (h ^ uint64(id)) * 1099511628211
	h = (h ^ key) * 1099511628211
	tr.hash = h ^ h>>32
	if len(tr.steps) < keptSteps {
		tr.steps = append(tr.steps, trace.Step{})
	}
	// Field by field: a whole Step would be put together on the stack, and read from there while its parts are still on their way.
	step := &tr.steps[(tr.n-1)%keptSteps]
	step.Task, step.Object, step.Op, step.Choice, step.Until, step.Site, step.Off = t.ID, id, op, c, 0, s, off
}

// takes notes that t is taken off for the step to come, before it does op or after it.
func (tr *history) takes(t *Task, after bool, op trace.Op, o *Object, s *trace.Site) {
	if len(tr.offs) == cap(tr.offs) {
		tr.offs = make([]trace.Off, 0, min(max(2*cap(tr.offs), leastOffs), mostOffs)) // those of the chunk before stay where steps point to them
	}
	off := trace.Off{Task: t.ID, Op: op, After: after, Site: s}
	if o != nil {
		off.Object = o.ID
	}
	tr.offs = append(tr.offs, off)
	tr.next, tr.off = trace.Preempted, &tr.offs[len(tr.offs)-1]
	tr.preemptions++
}

// Bounds on a chunk of offs.
const leastOffs, mostOffs = 64, 1 << 12

// ended notes that step by, 0 for none, ended the wait in which t has been since step n.
func (tr *history) ended(t *Task, n, by int) {
	if n == 0 || by == 0 || tr.n-n >= keptSteps {
		return
	}
	if s := &tr.steps[(n-1)%keptSteps]; s.Task == t.ID {
		s.Until = uint32(by)
	}
}

// polls reports whether the last n steps, n <= keptSteps, are all of goroutines that look at something and find nothing.
func (tr *history) polls(n int) bool {
	if n > len(tr.steps) {
		return false
	}
	for i := range n {
		switch tr.steps[(tr.n-1-i)%keptSteps].Op {
		case trace.OpAtomic, trace.OpTryLock, trace.OpTryRLock, trace.OpYield, trace.OpContext, trace.OpSelect, trace.OpLoad:
		default:
			return false
		}
	}
	return true
}

// wakes reports whether one of the last n steps, n <= keptSteps, has sent something, written it, or woken who waits at a Cond.
func (tr *history) wakes(n int) bool {
	for i := range min(n, tr.n) {
		switch tr.steps[(tr.n-1-i)%keptSteps].Op {
		case trace.OpSend, trace.OpWrite, trace.OpSignal, trace.OpBroadcast:
			return true
		}
	}
	return false
}

// kept returns the steps that are left, oldest first.
func (tr *history) kept() []trace.Step {
	tr.shown = true
	out := make([]trace.Step, 0, len(tr.steps))
	if tr.n > keptSteps {
		first := tr.n % keptSteps
		return append(append(out, tr.steps[first:]...), tr.steps[:first]...)
	}
	return append(out, tr.steps...)
}

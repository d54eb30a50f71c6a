package engine

import "github.com/jostle-dev/jostle/internal/trace"

// A doubt is an ending that is not believed yet, because some goroutines still run and the execution may end by itself.
type doubt struct {
	snap  *trace.Snapshot // the execution as it stood when it seemed never to end; nil: there is no doubt
	since int             // moves of the clock until then
	moves int             // up to which the execution continues
	steps int             // likewise
}

// stepsPerMove is how many steps count as much as a move of the clock where there is a doubt.
const stepsPerMove = 10

// drop forgets the doubt whether the execution ends for q: something has happened.
func (d *doubt) drop(q trace.Quiet) {
	if d.snap != nil && d.snap.Quiet == q {
		*d = doubt{}
	}
}

// Hurry says that there is no more real time for doubts: the next one ends the execution undecided, see Snapshot.Hurried. Any
// goroutine may call it.
func (x *Execution) Hurry() { x.hurried.Store(true) }

// conclude returns the execution as it stands, ended for q.
func (x *Execution) conclude(q trace.Quiet) *trace.Snapshot {
	x.concluding.Store(true)
	defer x.concluding.Store(false)
	return x.snapshot(q)
}

// interrupt ends an execution of which some could continue, for q or a failure, if that is believed. Who has been blocked since
// the step settled is stuck. It returns nil if the execution continues, and is called again then as long as it seems not to end.
func (x *Execution) interrupt(q trace.Quiet, f trace.Failure, settled int) *trace.Snapshot {
	d := &x.doubt
	continues := d.snap != nil && d.snap.Quiet == q && d.snap.Failure == f
	if continues && x.clock.moves < d.moves && x.trace.n < d.steps && !x.hurried.Load() {
		return nil
	}
	x.settled, x.failure = settled, f
	snap := x.conclude(q)
	x.failure = trace.NoFailure
	if continues {
		snap.Waited, snap.Continued = x.clock.moves-d.since, true
	}
	more := 0
	if x.limits.Doubt != nil {
		more = x.limits.Doubt(snap)
	}
	switch {
	case more > 0 && x.hurried.Load():
		snap.Hurried, snap.Waited = true, 0
	case more > 0:
		steps := more * stepsPerMove
		*d = doubt{snap, x.clock.moves, x.clock.moves + more, x.trace.n + steps}
		x.limits.Steps += steps
		return nil
	case continues:
		d.snap.Waited = snap.Waited
		snap = d.snap
	}
	x.failure, x.stopping = f, f != trace.NoFailure
	return snap
}

package worker

import (
	"slices"
	"testing/synctest"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// A subject is what is run again and again: a test function, or a body.
type subject interface {
	// capture has what is printed kept from now on. What it returns puts an end to that, and returns what was printed.
	capture() (release func() string)
	// attempt returns what one execution is to run. It is called in the execution's bubble.
	attempt() attempt
	// said returns what tells a failure apart by which an execution has ended.
	said(p *Process, o outcome, calls []engine.FailCall) verdict.Said
}

// An attempt is a subject in one execution.
type attempt interface {
	// main is the first goroutine of the execution.
	main()
	// over is called in the bubble when the execution has ended.
	over(x *engine.Execution) ending
}

// A runner runs a subject as executions, one after the other.
type runner struct {
	*Process
	subject subject
	x       *engine.Execution
	limits  engine.Limits
	limit   time.Duration // of real time, for an execution; 0: none
	ignore  []program.Ignore
}

// newRunner returns a runner. It must be called outside of bubbles, in the directory of the package under test.
func (p *Process) newRunner(s subject, limits engine.Limits, limit time.Duration) (*runner, error) {
	ignore, err := inFile()
	if err != nil {
		return nil, err
	}
	p.beforeBubbles()
	limits.Pause, limits.Foreigners = p.pauser.pause, foreigners
	r := &runner{Process: p, subject: s, x: new(engine.Execution), limits: limits, limit: limit, ignore: ignore}
	r.expect(nil)
	return r, nil
}

// expect has the runner believe at once in hangs by these causes, and no others: see doubts.
func (r *runner) expect(causes []uint64) { r.limits.Doubt = newDoubts(r.code, causes).doubt }

// run executes the subject under one schedule. It comes back whatever that does: what blocks or is busy where the engine
// cannot see is left behind, see outcome.stays, and the next execution gets an engine of its own.
func (r *runner) run(s engine.Strategy) outcome {
	defer engine.InTurn()()
	r.parts.take() // of an execution that was given up
	release := r.subject.capture()
	races := r.races.mark()
	engine.CatchFailures()
	limits := r.limits
	if engine.OfMachine {
		limits.Begin = time.Now() // what is outside of the process has that time
	}
	out := r.inBubble(r.x, r.limit, func() outcome {
		a := r.subject.attempt()
		snap := r.x.Run(s, limits, synctest.Wait, a.main)
		end := a.over(r.x)
		if end.failed {
			snap = r.x.Failed(snap)
		}
		out := outcome{Verdict: verdict.Of(snap, r.code()), snap: snap, ending: end}
		out.ignored, out.lacking = r.ignores(out.Verdict), lacking(r.x)
		return out
	})
	if printed := release(); printed != "" {
		out.log = printed
	}
	if out.snap == nil {
		r.x = new(engine.Execution)
	}
	races.attach(&out)
	out.raced = races.since(out.snap == nil)
	r.settle(&out)
	return out
}

// onSockets does one execution with sockets in memory and, if it does what takes those of the machine, once more with those: so what
// an input or a schedule means does not depend on what ran before it.
func onSockets(execute func() outcome) outcome {
	engine.OfMachine = false
	out := execute()
	if out.lacking != "" {
		engine.OfMachine = true
		out = execute()
	}
	return out
}

// settle decides what a failure of the subject's own word counts for.
func (r *runner) settle(out *outcome) {
	calls := engine.FailCalls()
	out.spoken = slices.ContainsFunc(calls, func(c engine.FailCall) bool { return hasFailed(c.T) })
	if out.failed {
		out.Fail()
	}
	out.Said = r.subject.said(r.Process, *out, calls)
	if out.Excused(out.failed) {
		out.Kind, out.failed = verdict.Pass, false
		out.cut = out.snap.Failure != trace.NoFailure
	}
}

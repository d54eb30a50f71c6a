package engine

import "github.com/jostle-dev/jostle/internal/trace"

// AwaitRest parks t until no other task of the execution can run, and only the clock could change that.
func (t *Task) AwaitRest(s *trace.Site) {
	t.Point(trace.OpWait, nil, s)
	t.waitUntil(s, t.x.rests)
}

// GoLast parks t until no other task of the execution can run. If the others keep running for very long t runs all the same, because they may
// wait for it in a loop.
func (t *Task) GoLast(s *trace.Site) {
	x, since := t.x, t.x.trace.n
	t.waitUntil(s, func() bool { return x.rests() || x.trace.n-since > busySteps })
}

// rests reports whether no task can run.
func (x *Execution) rests() bool { return x.runq.n+x.delayed.n == 0 }

// AwaitDescendants parks t until every task that ancestor has started, and every one that these have, has ended.
func (t *Task) AwaitDescendants(ancestor *Task, s *trace.Site) {
	ended := func() bool {
		for _, d := range t.x.tasks {
			if d.state == trace.Ended {
				continue
			}
			for p := d.Parent; p != nil; p = p.Parent {
				if p == ancestor {
					return false
				}
			}
		}
		return true
	}
	if !ended() {
		t.waitUntil(s, ended)
	}
}

// waitUntil parks t until done holds at a moment when nobody can run.
func (t *Task) waitUntil(s *trace.Site, done func() bool) {
	if t.x.unwinding {
		return
	}
	w := t.Waiter()
	w.Poller = PollFunc(func() bool {
		if !done() {
			return false
		}
		t.x.Complete(w, true)
		return true
	})
	t.Wait(&t.x.awaiting, w, nil, trace.OpWait, s)
	t.Block(trace.OpWait, s)
}

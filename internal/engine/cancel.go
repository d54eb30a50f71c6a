package engine

import "github.com/jostle-dev/jostle/internal/trace"

// Who starts goroutines cancels them by a context, and may do so at any moment. With Limits.Cancel the schedule has a say in
// when: at each sync point it may cancel one of the contexts that were offered, as their owner could have done, once in an
// execution. What then does not end was not made to be cancelled.

// An Offer is a context that the schedule may cancel.
type Offer struct {
	cancel func()
	site   *trace.Site
	task   *Task
	step   int
}

// Offer says that cancel ends a context that t has made at s: the schedule may call it. It returns nil where no schedule does.
func (t *Task) Offer(cancel func(), s *trace.Site) *Offer {
	x := t.x
	if !x.limits.Cancel || x.cancelled != nil || x.unwinding {
		return nil
	}
	o := &Offer{cancel, s, t, x.trace.n}
	x.offers = append(x.offers, o)
	return o
}

// Withdraw takes an offer back, which may be nil: its context is cancelled.
func (t *Task) Withdraw(o *Offer) {
	x := t.x
	for i, have := range x.offers {
		if have == o {
			x.offers = append(x.offers[:i], x.offers[i+1:]...)
			return
		}
	}
}

// maybeCancel asks the schedule whether it cancels a context before t does op.
func (x *Execution) maybeCancel(t *Task, op trace.Op, o *Object, s *trace.Site) {
	c := x.ask(Cancel, 1+len(x.offers), t, op, o, s)
	if c == 0 {
		return
	}
	offer := x.offers[c-1]
	x.offers = nil
	x.cancelled = &trace.Cancelling{Task: offer.task.ID, Site: offer.site, Made: offer.step, Step: x.trace.n + 1}
	x.trace.add(t, trace.OpCancel, nil, offer.site)
	x.moved = true
	offer.cancel()
	t.Closed()
}

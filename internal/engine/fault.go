package engine

import "github.com/jostle-dev/jostle/internal/trace"

// A network fails at any moment: a connection is cut, or refused, or nothing comes through for a while. With Limits.Faults the schedule
// has a say in when: at each operation of a connection it may have one of these happen, once in an execution. What then hangs or does
// not end was not made for that.

// Fault returns the fault that hits op, which t does on o: one of the given ones, or most often the zero Fault.
func (t *Task) Fault(faults []trace.Fault, op trace.Op, o *Object, s *trace.Site) trace.Fault {
	x := t.x
	if !x.limits.Faults || x.faulted != nil || x.unwinding {
		return trace.Fault{}
	}
	x.question.faults = faults
	c := x.ask(Broken, 1+len(faults), t, op, o, s)
	if c == 0 {
		return trace.Fault{}
	}
	f := faults[c-1]
	x.trace.add(t, f.Op, o, s)
	x.faulted = &trace.Faulting{Fault: f, Task: t.ID, At: s, During: op, Object: o.ID, Step: x.trace.n}
	x.moved = true
	return f
}

// Faulted reports whether the schedule has had a fault happen.
func (x *Execution) Faulted() bool { return x.faulted != nil }

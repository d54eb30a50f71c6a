package engine

import "time"

// A network fails at any moment: a connection is cut, or refused, or nothing comes through for a while. With Limits.Faults the schedule
// has a say in when: at each operation of a connection it may have one of these happen, once in an execution. What then hangs or does
// not end was not made for that.

// A Fault is something that the network may do.
type Fault struct {
	Op  Op            // OpCut, OpRefuse or OpStall; OpNone for nothing
	For time.Duration // of a stall
}

// A Faulting is a fault that the schedule had happen.
type Faulting struct {
	Fault
	Task   uint32 // that came to do an operation
	At     *Site  // where
	During Op     // which
	Object uint32
	Step   int // of the fault
}

// Fault returns the fault that hits op, which t does on o: one of the given ones, or most often the zero Fault.
func (t *Task) Fault(faults []Fault, op Op, o *Object, s *Site) Fault {
	x := t.x
	if !x.limits.Faults || x.faulted != nil || x.unwinding {
		return Fault{}
	}
	x.question.faults = faults
	c := x.ask(Broken, 1+len(faults), t, op, o, s)
	if c == 0 {
		return Fault{}
	}
	f := faults[c-1]
	x.trace.add(t, f.Op, o, s)
	x.faulted = &Faulting{Fault: f, Task: t.ID, At: s, During: op, Object: o.ID, Step: x.trace.n}
	x.moved = true
	return f
}

// Faulted reports whether the schedule has had a fault happen.
func (x *Execution) Faulted() bool { return x.faulted != nil }

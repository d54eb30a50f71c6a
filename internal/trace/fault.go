package trace

import "time"

// A Cancelling is what became of an offer.
type Cancelling struct {
	Task uint32 // that made the context; 0: the harness
	Site *Site  // where; nil where the test's own is meant
	Made int    // step
	Step int    // after which it was cancelled
}

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

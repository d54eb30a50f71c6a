package corpus

import (
	"fmt"

	"github.com/jostle-dev/jostle/internal/trace"
)

// An Outcome is what one execution of an entry came to.
type Outcome struct {
	Verdict   string // "pass", or another; "" if it was not run
	Cause     uint64
	Steps     uint64 // hash of them
	Orders    trace.Orders
	Decisions int // of its schedule; 0 for an input of a fuzz target, whose bytes are none in particular
	Came      int // of these
	Output    string
}

// pass is the verdict on an execution in which nothing was found.
const pass = "pass"

// A Result is what an outcome means for an entry.
type Result string

// The results.
const (
	OK     Result = "ok"
	Stale  Result = "stale"  // as expected, and it is no longer what it was kept for
	Failed Result = "FAILED" // not as expected
)

// Judge compares an outcome with what is expected of an entry, and says why it is not well, or what there is to say of it
// all the same; "" if nothing is.
func (e *Entry) Judge(o Outcome) (r Result, why string) {
	switch {
	case o.Verdict == "":
		return Failed, "the test did not run"
	case e.Expect == Found && o.Verdict == e.Verdict && (o.Cause == e.Cause || e.Target() != ""):
		if o.Steps != e.Steps {
			return OK, "by other steps"
		}
		return OK, ""
	case e.Expect == Found && o.Verdict == e.Verdict:
		return Failed, fmt.Sprintf("it ends in another %s than the one that it must find", o.Verdict)
	case e.Expect == Found && o.Came < o.Decisions:
		return Failed, fmt.Sprintf("it must find a %s and ends in %s; %s", e.Verdict, o.Verdict, came(o.Came, o.Decisions))
	case e.Expect == Found:
		return Failed, fmt.Sprintf("it must find a %s and ends in %s", e.Verdict, o.Verdict)
	case o.Verdict != pass && o.Verdict == e.Verdict && o.Cause == e.Cause:
		if e.Steps == 0 {
			return Failed, "it is still there: " + o.Verdict
		}
		return Failed, "it is back: " + o.Verdict
	case o.Verdict != pass:
		return Failed, "it was fixed and ends in " + o.Verdict
	case e.Steps == 0:
		return OK, "it passes now: add it again, so that it is known how"
	case o.Steps == e.Steps:
		return OK, ""
	case o.Decisions != e.Of || o.Came < e.Came:
		return Stale, fmt.Sprintf("%s, where %d of %d did", came(o.Came, o.Decisions), e.Came, e.Of)
	case o.Decisions == 0:
		return Stale, "it takes other steps"
	}
	return OK, "by other steps"
}

func came(n, of int) string { return fmt.Sprintf("%d of the %d decisions of its schedule come", n, of) }

// Settle has an entry expect what came of it: how it goes if it goes as expected is what it is kept for from now on.
func (e *Entry) Settle(o Outcome) {
	e.Steps, e.Came, e.Of = 0, 0, 0
	if r, _ := e.Judge(o); r != Failed {
		e.Steps, e.Came, e.Of = o.Steps, o.Came, o.Decisions
	}
}

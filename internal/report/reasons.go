package report

import (
	"fmt"

	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
	"github.com/jostle-dev/jostle/internal/waitgraph"
)

// What is said of each kind of evidence, see waitgraph.Evidence: by because of a goroutine that could end a wait, by nobodyTo and could where
// no goroutine is left that can.

// because says why r could end a wait.
func (t *text) because(r verdict.Releaser, w verdict.Waiting) string {
	who := t.number(r.Task)
	if r.OtherEnd {
		at := ""
		if r.Site != nil {
			at = " (" + t.where(r.Site) + ")"
		}
		return "for " + who + ", which has the other end" + at + t.unless(r.Keeping)
	}
	if r.Site == nil && (r.How == waitgraph.Could || r.How == waitgraph.Might) {
		return fmt.Sprintf("for %s, which does the same work as a goroutine that could %s", who, t.partner(w))
	}
	switch r.How {
	case waitgraph.Holds:
		return "held by " + who
	case waitgraph.Queued:
		return fmt.Sprintf("kept out by %s, which waits to write at %s", who, t.where(r.Site))
	case waitgraph.Owes:
		if adds(r.Site) {
			return fmt.Sprintf("for %s, which has added to %s (%s): nothing in the code does its Done", who, t.object(w.Object), t.where(r.Site))
		}
		if w.Op == trace.OpAcquire {
			return fmt.Sprintf("for %s, which holds %s%s since %s", who, trace.Amount(max(r.N, 1)), t.object(w.Object), t.where(r.Site)) + t.unless(r.Keeping)
		}
		as := "as at "
		if r.Yet {
			as = ""
		}
		return fmt.Sprintf("for %s, which has yet to %s (%s%s)", who, t.deed(r, w), as, t.where(r.Site))
	case waitgraph.Used:
		return fmt.Sprintf("for %s, which did %s (%s)", who, t.deed(r, w), t.where(r.Site))
	case waitgraph.Stranded:
		return fmt.Sprintf("for %s, which could have received what was sent on %s (%s)", who, t.object(r.Via), t.where(r.Site))
	case waitgraph.Might:
		return fmt.Sprintf("for %s, which may come to %s (%s)", who, t.deed(r, w), t.where(r.Site))
	case waitgraph.Made:
		return fmt.Sprintf("for %s, which can cancel the context made at %s", who, t.where(r.Site))
	case waitgraph.Passed:
		return fmt.Sprintf("for %s, which has come past %s", who, t.where(r.Site))
	case waitgraph.Given:
		return fmt.Sprintf("for %s, which was given %s", who, t.object(w.Object))
	case waitgraph.Spent:
		return fmt.Sprintf("for a timer that %s has set or stopped at %s, and that fires no more", who, t.where(r.Site))
	case waitgraph.Never:
		return fmt.Sprintf("for a timer that %s has set so far ahead that it never fires (%s)", who, t.where(r.Site))
	}
	return fmt.Sprintf("for %s, which could %s (%s)", who, t.deed(r, w), t.where(r.Site))
}

// nobodyTo says of a wait of g that no goroutine is left to end it, by those that could have.
func (t *text) nobodyTo(g verdict.Goroutine, w verdict.Waiting) string {
	switch r := w.By[0]; {
	case t.v.Idle:
		return fmt.Sprintf("nobody has closed either end of %s%s", t.object(w.Object), t.connected(w.Object))
	case r.How == waitgraph.Made:
		return fmt.Sprintf("nobody cancels the context that %s belongs to", t.object(w.Object))
	case r.How == waitgraph.Spent:
		return fmt.Sprintf("the timer that %s belongs to fires no more", t.object(w.Object))
	case r.How == waitgraph.Never:
		return fmt.Sprintf("the timer that %s belongs to is set so far ahead that it never fires", t.object(w.Object))
	case r.How == waitgraph.Stranded:
		return fmt.Sprintf("what %s has sent on %s (%s) is still there: nobody is left to receive it, and then to %s",
			t.number(g.ID), t.object(r.Via), t.where(r.Sent), t.deed(r, w))
	}
	return "nobody is left to " + t.partner(w)
}

// could says what a goroutine has to do with a wait that nobody can end any more.
func (t *text) could(r verdict.Releaser) string {
	did := "could have"
	switch r.How {
	case waitgraph.Could:
		if r.Elsewhere {
			did = "did to another one"
		}
	case waitgraph.Stranded:
		did = "could have received that"
	case waitgraph.Holds:
		did = "locked it"
	case waitgraph.Owes:
		if did = "did"; r.Op == trace.OpRelease {
			did = "got it"
		}
	case waitgraph.Used:
		if did = "did"; t.v.Idle {
			did = "wrote to it"
		}
	case waitgraph.Passed:
		if did = "did"; r.Yet {
			did = "would have"
		}
	case waitgraph.Might:
		switch {
		case r.Elsewhere:
			did = "did to another one"
		case r.Ended:
		case r.Site == nil:
			did = "does the same work"
		default:
			did = "may come to it"
		}
	case waitgraph.Made:
		did = "made it"
	case waitgraph.Given:
		did = "was given it"
	case waitgraph.Spent:
		did = "set or stopped it"
	case waitgraph.Never:
		did = "set it"
	}
	if r.OtherEnd && !r.Ended {
		did = "has the other end"
	}
	if r.Site != nil {
		did += " at " + t.where(r.Site)
	}
	switch {
	case t.v.Idle && !r.Ended:
		did += ", and waits itself"
	case r.Ended && r.Last != nil && r.Last != r.Site && r.How != waitgraph.Holds:
		did += ", and ended after " + t.where(r.Last)
	case r.Ended:
		did += ", and has ended"
	case r.How == waitgraph.Passed:
		did += ", and is past that"
	}
	return did + t.unless(r.Keeping)
}

// spent reports whether w is a wait for a timer.
func spent(w verdict.Waiting) bool {
	return len(w.By) > 0 && (w.By[0].How == waitgraph.Spent || w.By[0].How == waitgraph.Never)
}

// timely says what to change where g waits for a timer that does not come.
func (t *text) timely(g verdict.Goroutine, w verdict.Waiting) string {
	if r := w.By[0]; r.How == waitgraph.Never {
		return fmt.Sprintf("The timer that %s waits for is set so far ahead, at %s, that %s waits for ever. If something else is to end that, %s",
			t.number(g.ID), t.where(r.Site), t.number(g.ID), selectToo(g, "receive"))
	}
	return fmt.Sprintf("The timer that %s waits for fires once, and never after it was stopped. Receive from it at one place only, and not after Stop.", t.number(g.ID))
}

package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// fate returns what became of what the last of the explanation waits for, with the wait; nil if that is not known.
func (t *text) fate() (*verdict.Fate, verdict.Waiting) {
	if len(t.v.Knot) == 0 {
		return nil, verdict.Waiting{}
	}
	for _, w := range t.v.Knot[len(t.v.Knot)-1].Waits {
		if w.Fate != nil {
			return w.Fate, w
		}
	}
	return nil, verdict.Waiting{}
}

func (t *text) isGone() bool {
	f, _ := t.fate()
	return f != nil
}

// gone says in half a sentence who has what a goroutine waits for.
func (t *text) gone(f *verdict.Fate, name func(uint32) string) string {
	who := name(f.Got.Task)
	switch {
	case f.Gave.Op == trace.OpSignal:
		return "waits for a signal, and " + who + " got it"
	case f.Back != nil:
		return "waits for what " + who + " has received and not sent back"
	case f.Gave.Task == f.Got.Task:
		return "waits for what " + who + " has sent and received itself"
	}
	return "waits for what " + who + " has received"
}

// became says what became of what was waited for, as a sentence without a full stop.
func (t *text) became(f *verdict.Fate) string {
	gave, got := t.number(f.Gave.Task), t.number(f.Got.Task)
	if f.Gave.Op == trace.OpSignal {
		s := fmt.Sprintf("the signal of %s (step %d, %s) woke %s, which waited at %s", gave, f.Gave.Step, t.where(f.Gave.Site), got, t.where(f.Got.Site))
		switch {
		case f.Again:
			s += " and waits again"
		case f.Ended:
			s += " and has ended"
		}
		return s
	}
	s := fmt.Sprintf("what %s sent (step %d, %s) was received by %s (%s)", gave, f.Gave.Step, t.where(f.Gave.Site), got, t.where(f.Got.Site))
	if f.Ended {
		s += ", which has ended"
	}
	if f.Late {
		s += fmt.Sprintf(", before %s came to wait for it", t.number(t.v.Knot[len(t.v.Knot)-1].ID))
	}
	return s
}

// keepFor says what to change where another goroutine has what is waited for.
func (t *text) keepFor(f *verdict.Fate, w verdict.Waiting) string {
	last := t.v.Knot[len(t.v.Knot)-1]
	switch {
	case f.Gave.Op == trace.OpSignal && f.Again:
		return fmt.Sprintf("The signal at %s woke %s, whose condition was not true then, and it waits again: the wake-up is spent. Use a Cond for each condition, or Broadcast.",
			t.where(f.Gave.Site), t.number(f.Got.Task))
	case f.Gave.Op == trace.OpSignal:
		return fmt.Sprintf("The signal at %s wakes one goroutine that waits at %s, and %s waits too. If the condition is for all who wait, use Broadcast; else signal once for each.",
			t.where(f.Gave.Site), t.object(w.Object), t.number(last.ID))
	case f.Back != nil:
		return fmt.Sprintf("%s received what it would send back at %s, and ended without that. See that it comes there on every way out, by defer for instance.",
			t.number(f.Got.Task), t.where(f.Back.Site))
	case f.Gave.Task == f.Got.Task:
		return fmt.Sprintf("%s received at %s what it had sent at %s for another goroutine. Use one channel for the message and another for the answer.",
			t.number(f.Got.Task), t.where(f.Got.Site), t.where(f.Gave.Site))
	}
	if f.Late {
		return fmt.Sprintf("One value was sent on %s, and %s received it. If it is for all who receive there, whenever they come, close the channel in its place; if it is for those who are there, %s must not begin to wait after it: see under a lock whether it was sent.",
			t.object(w.Object), t.number(f.Got.Task), t.number(last.ID))
	}
	return fmt.Sprintf("One value was sent on %s, and %s received it. If it is for all who receive there, close the channel in its place; else let only one goroutine receive from it.",
		t.object(w.Object), t.number(f.Got.Task))
}

// never says of the cases of a select whose channels are nil that they never come.
func (t *text) never(margin string, g verdict.Goroutine) {
	for _, c := range g.Nil {
		why := ""
		if strings.HasSuffix(c, ".Done()") {
			why = ": nothing can cancel that context"
		}
		t.item(margin, " ✗ ", "the case %s can never come, its channel is nil%s", c, why)
	}
	if c := t.v.Cancel; c != nil {
		t.para(margin+"   ", "%s cancelled another one (step %d), made at %s", t.number(c.Task), c.Step, t.where(c.Site))
	}
}

// useOther says what to change where a case that is to end a wait has a nil channel; "" if there is none.
func (t *text) useOther(g verdict.Goroutine) string {
	i := slices.IndexFunc(g.Nil, func(c string) bool { return strings.HasSuffix(c, ".Done()") })
	if i < 0 {
		return ""
	}
	done := strings.TrimPrefix(g.Nil[i], "receive ")
	like := ", as that of context.Background() is,"
	if strings.HasPrefix(done, "context.") {
		like = ""
	}
	s := fmt.Sprintf("%s is nil at %s%s and ends no wait. ", done, t.whereIn(g), like)
	if t.v.Cancel != nil {
		return s + fmt.Sprintf("Select on the Done of the context that is cancelled, made at %s.", t.where(t.v.Cancel.Site))
	}
	return s + "Select on the Done of a context that is cancelled."
}

// closed says who has closed the channel that a goroutine panicked at.
func (t *text) closed() {
	if c := t.v.Closed; c != nil {
		t.b.WriteByte('\n')
		left := fmt.Sprintf("  closed by %s (step %d)  %s  ", t.name(c.Task), c.Step, t.at(c.Site))
		t.line("%s%s", left, head(t.source(c.Site, ""), t.o.Width-columns(left)))
	}
}

// closeOnce says what to change where a closed channel is sent on or closed.
func (t *text) closeOnce() string {
	c := t.v.Closed
	if strings.HasPrefix(t.v.Value, "close of") {
		return fmt.Sprintf("The channel was closed at %s already. Let one goroutine alone close it, or close it by a sync.Once.", t.where(c.Site))
	}
	if t.name(c.Task) == t.v.Who {
		return fmt.Sprintf("%s has closed the channel itself, at %s, and sends on it afterwards. Close it after the last send, or leave it open, and close another channel that says it is over.",
			t.number(c.Task), t.where(c.Site))
	}
	return fmt.Sprintf("%s closes the channel at %s while others may still send on it. Close it when all who send have ended, after a Wait for them for instance; or leave it open, and close another channel on which they select to stop them.",
		t.number(c.Task), t.where(c.Site))
}

package report

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
	"github.com/jostle-dev/jostle/internal/waitgraph"
)

// Advice returns which change would end what a verdict is about; "" if there is nothing to say.
func Advice(v *verdict.Verdict, o Options) string {
	if !v.Found() {
		return ""
	}
	return (&text{v: v, o: o, unclear: unclear(v), sources: map[string][]string{}, whole: map[string]bool{}}).change()
}

// advice says which change would end the hang.
func (t *text) advice() {
	if a := t.change(); a != "" {
		t.section("what to change")
		t.para("  ", "%s", a)
		if g, l := t.staying(); l != "" {
			t.para("  ", "%s was started in code that is not of this module. If it is meant to stay, say so, with a reason, in %s/ignore:", t.number(g), finding.Dir)
			t.line("  %s", l)
		}
	}
}

// staying returns a leaked goroutine which code outside of the module has started, and the line of a package's file that says that it is
// meant to stay; "" if there is none.
func (t *text) staying() (task uint32, line string) {
	if t.v.Kind != verdict.Leak {
		return 0, ""
	}
	for _, g := range slices.Concat(t.v.Knot, t.v.Others) {
		fn, file := g.StartedBy()
		if fn != "" && !t.ours(file) {
			return g.ID, "leak " + fn + " …"
		}
	}
	return 0, ""
}

// where is at, short where the report has the whole path elsewhere.
func (t *text) where(s *trace.Site) string {
	if s == nil {
		return "-"
	}
	return t.brief(fmt.Sprintf("%s:%d", s.File, s.Line))
}

// whereIn is where for the line from which a goroutine has come to where it blocks.
func (t *text) whereIn(g verdict.Goroutine) string {
	if u := g.User(); u != nil {
		return t.brief(u.Place)
	}
	return t.where(g.Site)
}

// taken is where for what a goroutine holds: if a library has taken it for the code under test, the line that called that.
func (t *text) taken(h verdict.Holding) string {
	if h.User != nil {
		return t.brief(h.User.Place)
	}
	return t.where(h.Site)
}

// brief is place, short where the report has the whole path elsewhere.
func (t *text) brief(position string) string {
	file, _, _ := cutLine(position)
	elsewhere := t.o.Base == "" || t.whole[file]
	at := t.place(position)
	if t.o.Full || t.o.Base != "" && !filepath.IsAbs(at) || !elsewhere {
		return at
	}
	return shortened(at, 0)
}

func (t *text) change() string {
	v := t.v
	if kept := t.giveBack(); kept != "" {
		return kept
	}
	if f, w := t.fate(); f != nil {
		return t.keepFor(f, w)
	}
	switch {
	case v.Lost != nil:
		return t.keepWakeup()
	case v.Idle:
		last := v.Knot[len(v.Knot)-1]
		o := t.waitsOn(last, 0).Object
		return fmt.Sprintf("Close one end of %s%s, when it is needed no more: on every path, by defer for instance. As long as it is open, %s waits for what may come.",
			t.object(o), t.connected(o), t.number(last.ID))
	case v.Live() && v.Kind == verdict.Leak:
		const end = "What the test has started must end when it does: cancel it, close what it reads from, and wait for it."
		if t.inHTTP() {
			return end + " A client that does not read and close the body of a response keeps its connection, and two goroutines with it."
		}
		return end
	case v.Live() && v.Kind == verdict.Stall:
		return "Nothing shows that it would never end: it may be slow, or wait for somebody outside who does not answer. See what the goroutines above wait for."
	case v.Live():
		return "Each goroutine above waits for another of them. See which of them holds, or has yet to send, what the next one waits for, and let go of it before waiting."
	case v.Kind == verdict.Race, len(v.Conflicts) > 0 && (v.Kind == verdict.Panic || v.Kind == verdict.Assertion):
		return "Let one lock guard every access, or hand the value over: what comes before a send, an unlock or a Done is ordered before what comes after the receive, lock or Wait that it leads to."
	case v.Closed != nil:
		return t.closeOnce()
	case t.outlived() != "":
		return fmt.Sprintf("%s goes on when %s has ended, and uses its T. What a test starts must have ended when it returns: end it, and wait for it, in the test or in a Cleanup.", v.Who, t.outlived())
	case v.Kind == verdict.Livelock:
		return "If it should have ended: see above which goroutines go round. If it is only long: make the input smaller, so that an execution has a few thousand steps."
	case v.Kind == verdict.Stall:
		return "The goroutine above was busy without a sync point, or blocked in a system call, the network or cgo. Such code cannot be explored: keep it out of the target, or put something in its place."
	case v.Rule == verdict.ReleaseFirst:
		return t.releaseFirst()
	case v.Rule == verdict.OneOrder:
		return t.oneOrder()
	case v.Rule == verdict.Propagate:
		return t.signal()
	case v.Rule == verdict.Cancel:
		return t.wayOut()
	}
	return ""
}

// inHTTP reports whether one of the goroutines that are stuck is in package net/http.
func (t *text) inHTTP() bool {
	return slices.ContainsFunc(slices.Concat(t.v.Knot, t.v.Others), func(g verdict.Goroutine) bool {
		return strings.Contains(g.Stack, "net/http.") || strings.Contains(g.Name, "net/http.")
	})
}

func (t *text) keepWakeup() string {
	lost := t.v.Lost
	last, _ := t.missed()
	came := fmt.Sprintf("The %s at %s met nobody: %s waited only afterwards, at %s. ",
		lost.Op, t.where(lost.Site), t.number(last.ID), t.whereIn(last))
	if lost.Op == trace.OpSend {
		return came + "A send that is given up when nobody receives loses the wake-up. Give the channel capacity 1, so that it is kept until it is looked for."
	}
	return came + "A Cond remembers nothing: change the condition with its lock held, and check it in a loop, with the lock held, before each Wait."
}

// missed returns the goroutine that has missed its wake-up, the last of the knot, and the wait that it came too late for.
func (t *text) missed() (verdict.Goroutine, verdict.Waiting) {
	last := t.v.Knot[len(t.v.Knot)-1]
	for _, w := range last.Waits {
		if w.Object.ID == t.v.Lost.Object {
			return last, w
		}
	}
	return last, t.waitsOn(last, 0)
}

func (t *text) releaseFirst() string {
	if !t.v.Cycle {
		return t.release()
	}
	if g := t.v.Knot[0]; len(t.v.Knot) == 1 && len(g.Waits) > 0 {
		if i := slices.IndexFunc(g.Holds, func(h verdict.Holding) bool { return h.Left }); i >= 0 {
			return fmt.Sprintf("%s locked %s at %s, and has left that code without unlocking it. Unlock on every way out, by defer for instance.",
				t.number(g.ID), t.object(g.Holds[i].Object), t.taken(g.Holds[i]))
		}
		return fmt.Sprintf("%s needs more of %s at %s than there is beside what it holds itself. Take all at once, or give back before taking more.",
			t.number(g.ID), t.object(g.Waits[0].Object), t.whereIn(g))
	}
	var say []string
	for i, g := range t.v.Knot {
		before := t.v.Knot[(i+len(t.v.Knot)-1)%len(t.v.Knot)]
		for _, h := range g.Holds {
			for _, w := range before.Waits {
				if w.Object.ID != h.Object.ID || g.Op == trace.OpLock || g.Op == trace.OpRLock || g.Op == trace.OpAcquire {
					continue
				}
				what := fmt.Sprintf("%s %s (taken at %s)", letGo(h.Object), t.object(h.Object), t.taken(h))
				if next, ok := t.next(i); ok && h.Owed && h.Site != nil && h.Site.Op == trace.OpGo && next != g.ID { // WaitGroup.Go does the Done
					on, _ := edge(g, next)
					blocked := t.v.Knot[(i+1)%len(t.v.Knot)]
					say = append(say, fmt.Sprintf("%s gives back %s only when it ends: %s must %s before it blocks at %s.",
						t.number(g.ID), t.object(h.Object), t.number(next), t.partner(on), t.whereIn(blocked)))
					continue
				}
				if h.Owed {
					as := "as at"
					if h.Yet {
						as = "at"
					}
					what = fmt.Sprintf("give back %s, %s %s,", t.object(h.Object), as, t.where(h.Site))
					if adds(h.Site) {
						what = fmt.Sprintf("do the Done for what it has added to %s at %s", t.object(h.Object), t.where(h.Site))
					}
				}
				say = append(say, fmt.Sprintf("%s must %s before it blocks at %s: %s, which needs it first, is on the way to ending that wait.",
					t.number(g.ID), what, t.whereIn(g), t.number(before.ID)))
			}
		}
	}
	return strings.Join(say, " ")
}

// release is releaseFirst where no circle keeps the lock: whoever has it has ended, or waits for what nobody does.
func (t *text) release() string {
	for _, g := range t.v.Knot {
		for _, w := range g.Waits {
			for _, r := range w.By {
				switch {
				case r.How != waitgraph.Holds && w.Op != trace.OpAcquire:
				case r.Ended:
					return fmt.Sprintf("%s has ended and did not %s %s, taken at %s. Do that on every way out, by defer for instance.",
						t.name(r.Task), letGo(w.Object), t.object(w.Object), t.at(r.Site))
				default:
					return fmt.Sprintf("%s has to %s %s, taken at %s, before it waits for something else: who needs it waits as long as that does.",
						t.name(r.Task), letGo(w.Object), t.object(w.Object), t.at(r.Site))
				}
			}
		}
	}
	return ""
}

// letGo says how what a goroutine holds is let go.
func letGo(o verdict.Object) string {
	if o.Kind == trace.Resource {
		return "give back"
	}
	return "unlock"
}

func (t *text) oneOrder() string {
	v := t.v
	if len(v.Knot) == 1 {
		g := v.Knot[0]
		if len(g.Waits) == 0 {
			return ""
		}
		w, by := edge(g, g.ID)
		if by != nil && starts(*by) {
			return fmt.Sprintf("%s waits at %s before it starts the goroutine that would %s, at %s. Start it first%s.",
				t.number(g.ID), t.whereIn(g), t.deed(*by, w), t.where(by.Site), outOfLoop(g))
		}
		if g.Op == trace.OpWait && by != nil && by.Site != nil {
			return fmt.Sprintf("%s waits at %s before it comes to what it waits for, at %s: the Wait is too early. Put it after all of that, out of the loop if it is in one.",
				t.number(g.ID), t.whereIn(g), t.where(by.Site))
		}
		if g.Op != trace.OpOnce && g.Op != trace.OpLock && g.Op != trace.OpRLock {
			return fmt.Sprintf("%s waits at %s for what only it would do later itself. Let another goroutine wait, or do that first.", t.number(g.ID), t.whereIn(g))
		}
		if g.Op == trace.OpOnce {
			return fmt.Sprintf("The function that %s runs calls it again, at %s, and waits for itself to end. Call what it needs directly.", t.object(g.Waits[0].Object), t.whereIn(g))
		}
		return fmt.Sprintf("%s locks %s at %s while it holds it: Go's locks are not reentrant. Split the function in one that locks and one that expects the lock held.",
			t.number(g.ID), t.object(g.Waits[0].Object), t.whereIn(g))
	}
	for _, g := range v.Knot {
		for _, w := range g.Waits {
			for _, h := range g.Holds {
				if h.Object.ID == w.Object.ID && h.Read && w.Op == trace.OpRLock {
					return fmt.Sprintf("%s read-locks %s at %s while it has it read-locked since %s. A writer that comes between waits for the first and keeps the second out. Lock once, and pass on that it is locked.",
						t.number(g.ID), t.object(w.Object), t.whereIn(g), t.taken(h))
				}
			}
		}
	}
	if g := v.Knot[0]; g.Op == trace.OpAcquire && slices.ContainsFunc(g.Holds, func(h verdict.Holding) bool { return h.Object.ID == g.Waits[0].Object.ID }) {
		return fmt.Sprintf("Each keeps what it has of %s while it waits for more. Take all that is needed at once, or give back before taking more.", t.object(g.Waits[0].Object))
	}
	var say []string
	for i, g := range v.Knot {
		before := v.Knot[(i+len(v.Knot)-1)%len(v.Knot)]
		for _, h := range g.Holds {
			for _, w := range before.Waits {
				if w.Object.ID == h.Object.ID && len(g.Waits) > 0 {
					say = append(say, fmt.Sprintf("%s takes %s (%s), then %s (%s)", t.number(g.ID), t.object(h.Object), t.taken(h), t.object(g.Waits[0].Object), t.whereIn(g)))
				}
			}
		}
	}
	const most = 3
	if len(say) > most {
		say = append(say[:most], "and so on")
	}
	if len(say) > 0 {
		return strings.Join(say, "; ") + ". Choose one order and keep it everywhere, or release the first before taking the second."
	}
	if slices.ContainsFunc(v.Knot, func(g verdict.Goroutine) bool { return g.Op == trace.OpRead || g.Op == trace.OpWrite }) {
		return "Each of these waits for what another of them writes or reads, and comes to its own part only afterwards. Let one goroutine read and another write, or agree on who begins."
	}
	return "Each of these waits at one end of a channel, or for the end of another, and comes to the other end only afterwards. Let one of them serve both at a time (select), or take from its input before it waits at its output."
}

// outOfLoop adds what else may be changed where a wait for the end of goroutines stands before the start of the next one.
func outOfLoop(g verdict.Goroutine) string {
	if g.Op == trace.OpWait {
		return ", and wait after the loop if they are started in one"
	}
	return ""
}

func (t *text) signal() string {
	last := t.v.Knot[len(t.v.Knot)-1]
	atCond := func(g verdict.Goroutine) bool { return g.Op == trace.OpCondWait }
	if i := slices.IndexFunc(t.v.Knot, atCond); i >= 0 && !atCond(last) { // in a circle
		last = t.v.Knot[i]
	}
	switch {
	case len(last.Waits) == 0:
		return ""
	case last.Op == trace.OpAcquire && !t.v.Cycle:
		return fmt.Sprintf("Nobody has any of %s, and %s is not given what it asks for: it is more than there is now, or was granted to nobody. Ask for no more than there will ever be, and let whoever changes how much there is wake all who wait.",
			t.object(last.Waits[0].Object), t.number(last.ID))
	case t.v.Cycle && !slices.ContainsFunc(t.v.Knot, atCond):
		return "All workers wait for work that stands in the queue behind them. Run such work in the worker that needs it, or start another for as long as one waits."
	}
	return fmt.Sprintf("The goroutine that makes the condition true for which %s waits at %s must signal %s before it blocks or ends, on every path.",
		t.number(last.ID), t.whereIn(last), t.object(last.Waits[0].Object))
}

// nilChannel returns what the code calls the channel that g waits at, if that is nil and g waits for nothing else; "" if it is not.
func nilChannel(g verdict.Goroutine) string {
	switch {
	case len(g.Waits) > 0 || g.Site == nil:
		return ""
	case len(g.Nil) > 0:
		_, ch, _ := strings.Cut(g.Nil[0], " ")
		return ch
	case g.Op == trace.OpSend || g.Op == trace.OpRecv:
		return g.Site.Expr
	}
	return ""
}

func (t *text) wayOut() string {
	g := t.v.Knot[len(t.v.Knot)-1]
	waits := g.Waits
	if g.Round != nil {
		waits = t.besideTimers(g)
	}
	if g.Round != nil && len(waits) == 0 {
		return fmt.Sprintf("Give the loop at %s a way out: a select on the timer and on %s, which is closed or cancelled when the owner goes.", t.where(g.Round), doneAt(g.Round))
	}
	if other := t.useOther(g); other != "" {
		for _, w := range waits {
			if see := t.closer(g, w); see != "" && t.v.Cancel == nil {
				return see
			}
		}
		return other
	}
	if g.Stack != "" {
		return fmt.Sprintf("Give %s a way out of the code that its stack shows: close what it reads or writes when its partner goes.", t.number(g.ID))
	}
	if ch := nilChannel(g); ch != "" {
		return fmt.Sprintf("%s is nil when %s comes to it at %s: it was never made, or it was set to nil while %s had yet to use it. Make it before %s is started, and change the variable no more.",
			ch, t.number(g.ID), t.whereIn(g), t.number(g.ID), t.number(g.ID))
	}
	if len(g.Waits) == 0 {
		return fmt.Sprintf("Give %s a way out at %s: a select with %s.", t.number(g.ID), t.whereIn(g), doneAt(g.Site))
	}
	for _, w := range waits { // of several the code's first is as a rule what it is there for
		if len(w.By) > 0 && w.By[0].How == waitgraph.Stranded {
			r := w.By[0]
			return fmt.Sprintf("%s must take what is left in %s before it stops receiving at %s, on every path, or somebody else must take it, and do what is owed for it.",
				t.name(r.Task), t.object(r.Via), t.where(r.Site))
		}
		if len(w.By) > 0 && w.By[0].How == waitgraph.Made && w.By[0].Task == g.ID {
			return fmt.Sprintf("%s itself made the context that it waits for, at %s. Another goroutine must cancel it, or the context that it is derived from, on every path.",
				t.number(g.ID), t.where(w.By[0].Site))
		}
		if len(w.By) > 0 && w.By[0].How == waitgraph.Made {
			return fmt.Sprintf("Nobody cancels the context that %s waits for. Call the cancel function that came with it at %s on every path, by defer for instance.", t.number(g.ID), t.where(w.By[0].Site))
		}
		if len(w.By) > 0 && w.By[0].How == waitgraph.Passed && w.By[0].Op == trace.OpClose {
			return fmt.Sprintf("%s would close %s at %s, and had come past that before %s waited. What comes so late must not wait: look whether it is over under the lock that guards what is closed there.",
				t.name(w.By[0].Task), t.object(w.Object), t.where(w.By[0].Site), t.number(g.ID))
		}
		if see := t.closer(g, w); see != "" {
			return see
		}
	}
	for _, leaves := range []bool{true, false} {
		for _, w := range waits {
			if send := t.sender(g, w); send != "" && w.Leaves == leaves {
				return send
			}
		}
	}
	w := waits[0]
	if i := slices.IndexFunc(waits, func(w verdict.Waiting) bool { return !spent(w) }); i >= 0 {
		w = waits[i] // whoever waits for something beside a timer
	}
	if g.Round != nil && w.Op == trace.OpRecv {
		return fmt.Sprintf("%s goes round until %s is closed, and nothing was seen that closes it. Close it when the owner goes.", t.number(g.ID), t.object(w.Object))
	}
	if spent(w) {
		return t.timely(g, w)
	}
	switch w.Op {
	case trace.OpSend:
		return "Receive until the sender is done, give the channel room for all that is sent, or " + selectToo(g, "send")
	case trace.OpRecv:
		return "Close the channel when nothing more is sent, on every path, or " + selectToo(g, "receive")
	case trace.OpRead:
		made := t.connected(w.Object)
		if made != "" {
			made += ","
		}
		return fmt.Sprintf("Close the other end of %s%s when nothing more comes, on every path, or let the read have a deadline.", t.object(w.Object), made)
	case trace.OpWrite:
		return fmt.Sprintf("Read what comes from %s until its writer is done, on every path, or close that end; or let the write have a deadline.", t.object(w.Object))
	case trace.OpAccept:
		return fmt.Sprintf("Close the listener at %s when nothing more is to be served, on every path.", t.object(w.Object))
	case trace.OpDial:
		return fmt.Sprintf("Accept from %s as long as other goroutines dial it, or close the listener.", t.object(w.Object))
	case trace.OpWait:
		return "Do the Done on every path, also when what it stands for is dropped or its owner quits."
	}
	return "Unlock on every path, by defer for instance."
}

// closer says who would close the channel that g receives from in w; "" if that is not known.
func (t *text) closer(g verdict.Goroutine, w verdict.Waiting) string {
	if w.Op != trace.OpRecv {
		return ""
	}
	const see = "%s ends when %s is closed, as %s %s at %s. See that it comes there on every path, by defer for instance."
	if i := slices.IndexFunc(w.Code, func(s *trace.Site) bool { return s.Op == trace.OpClose }); i >= 0 {
		return fmt.Sprintf(see, t.number(g.ID), t.object(w.Object), declared(w.Code[i]), "would", t.where(w.Code[i]))
	}
	i := slices.IndexFunc(w.By, func(r verdict.Releaser) bool { return r.Ended && r.Site != nil && r.Site.Op == trace.OpClose })
	switch {
	case i < 0:
		return ""
	case w.By[i].Elsewhere:
		return fmt.Sprintf(see, t.number(g.ID), t.object(w.Object), declared(w.By[i].Site), "would", t.where(w.By[i].Site))
	}
	return fmt.Sprintf(see, t.number(g.ID), t.object(w.Object), t.name(w.By[i].Task), "could have", t.where(w.By[i].Site))
}

// sender says who would send on the channel that g receives from in w, where nobody ever has; "" if that is not known. Where g leaves its
// loop by that, or is in none, who has sent it to another one shows where it would come from, and so does the code.
func (t *text) sender(g verdict.Goroutine, w verdict.Waiting) string {
	if w.Op != trace.OpRecv || slices.ContainsFunc(w.By, func(r verdict.Releaser) bool { return r.How == waitgraph.Used }) {
		return ""
	}
	then := "goes on"
	if w.Leaves {
		then = "ends"
	}
	const see = "%s %s when something is sent on %s, as %s %s at %s. See that it comes there on every path."
	sends := func(s *trace.Site) bool {
		return s != nil && (s.Op == trace.OpSend || slices.ContainsFunc(s.Cases, func(c trace.SiteCase) bool { return c.Op == trace.OpSend }))
	}
	i := slices.IndexFunc(w.By, func(r verdict.Releaser) bool {
		return r.Ended && r.How == waitgraph.Could && r.Op == trace.OpSend && sends(r.Site)
	})
	if i >= 0 && w.By[i].Yet {
		return fmt.Sprintf(see, t.number(g.ID), then, t.object(w.Object), t.name(w.By[i].Task), "would have", t.where(w.By[i].Site))
	}
	var at *trace.Site
	if i >= 0 && w.By[i].Elsewhere {
		at = w.By[i].Site
	} else if i := slices.IndexFunc(w.Code, sends); i >= 0 {
		at = w.Code[i]
	}
	if at == nil || !w.Leaves && !g.Once {
		return ""
	}
	return fmt.Sprintf(see, t.number(g.ID), then, t.object(w.Object), declared(at), "would", t.where(at))
}

// selectToo says how what g waits in may be given up: by a context, if one is at hand there.
func selectToo(g verdict.Goroutine, what string) string {
	if g.Site != nil && g.Site.Context != "" && g.User() == nil {
		return fmt.Sprintf("let the %s select on %s.Done() too.", what, g.Site.Context)
	}
	return fmt.Sprintf("give it a way to be cancelled: let the %s select on a channel too that is closed when its owner goes.", what)
}

// doneAt names what a select at s could have a case for, to be ended by others.
func doneAt(s *trace.Site) string {
	if s != nil && s.Context != "" {
		return s.Context + ".Done()"
	}
	return "a done channel, or the Done of a context"
}

package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/contrast"
	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// A Story is what other executions say of a finding's.
type Story struct {
	Passing    *verdict.Verdict // the nearest that passes, or leaves goroutines behind and no more, where what was found is worse; nil if none was seen
	Difference contrast.Difference

	Step  int  // since which no continuation passes; 0: no schedule does
	Tried int  // continuations
	All   bool // there are no others
}

// nearest says what Passing is: "run that passes".
func (s *Story) nearest() string {
	if s.Passing != nil && s.Passing.Kind == verdict.Leak {
		return "run that only leaks"
	}
	return "run that passes"
}

// difference says what is in another order in the nearest run that passes.
func (t *text) difference() {
	s := t.o.Story
	if s == nil {
		return
	}
	told := t.contrast(s)
	if s.Step == 0 {
		told = []string{upper(t.unpassed(s)) + "."}
	}
	for i, sentence := range told {
		if i == 0 {
			t.b.WriteByte('\n')
		}
		t.para("  ", "%s", sentence)
	}
}

// contrast returns the difference in sentences.
func (t *text) contrast(s *Story) []string {
	if s.Passing == nil {
		return nil
	}
	there := fmt.Sprintf("In the nearest %s, ", s.nearest())
	d := s.Difference
	orders, choices := t.own(d)
	choices = slices.DeleteFunc(slices.Clone(choices), func(c contrast.Choice) bool { // which is on other channels there, of the same names
		return t.takes(c.There, c.Site, s.Passing) == t.takes(c.Here, c.Site, t.v)
	})
	var out []string
	for _, o := range orders {
		out = append(out, t.order(o))
	}
	if len(choices) > 0 && (len(out) == 0 || orders[0].Object == 0) {
		out = append([]string{t.choice(choices[0])}, out...)
	}
	if len(out) == 0 {
		return t.parting(d)
	}
	out = out[:min(len(out), 2)]
	out[0] = there + out[0] + "."
	if len(out) > 1 {
		out[1] = "And there, " + out[1] + "."
	}
	return out
}

// own returns the differences without those that are inside of libraries, of objects that the explanation is not about: who logs first
// is another order too. If there are no others, it returns all.
func (t *text) own(d contrast.Difference) ([]contrast.Order, []contrast.Choice) {
	about := t.v.KnotObjects()
	library := func(s *trace.Site) bool { return s != nil && program.InLibrary(s.File) }
	orders := slices.DeleteFunc(slices.Clone(d.Orders), func(o contrast.Order) bool {
		return library(o.First.Site) && library(o.Then.Site) && !about[o.Object]
	})
	choices := slices.DeleteFunc(slices.Clone(d.Choices), func(c contrast.Choice) bool { return library(c.Site) })
	if len(orders)+len(choices) == 0 {
		return d.Orders, d.Choices
	}
	return orders, choices
}

// unpassed says since when no continuation was seen that passes, without a full stop.
func (t *text) unpassed(s *Story) string {
	switch {
	case s.Step == 0 && s.All && s.Tried == 1:
		return "it ends so under every schedule: there is only this one"
	case s.Step == 0 && s.All:
		return fmt.Sprintf("no schedule ends well: all %d were tried", s.Tried)
	case s.Step == 0:
		return fmt.Sprintf("no schedule was found that ends well: %d more were tried", s.Tried)
	}
	said := fmt.Sprintf("from here on none of %d continuations tried ended well", s.Tried)
	switch {
	case s.All && s.Tried == 1:
		said = "from here on it can only end this way"
	case s.All:
		said = fmt.Sprintf("from here on nothing ends well: all %d continuations were tried", s.Tried)
	}
	here, there := t.v.Steps[s.Step-t.number0()], s.Difference.There
	if s.Difference.Parts == s.Step && there.Task != 0 && there.Task != here.Task {
		said += fmt.Sprintf("; in the %s, %s runs here", s.nearest(), t.number(there.Task))
	}
	return said
}

// parting says what is the first thing that is different, where no order of operations says more.
func (t *text) parting(d contrast.Difference) []string {
	i := d.Parts - t.number0()
	if d.There.Task == 0 || i < 0 || i >= len(t.v.Steps) {
		return nil
	}
	does := func(s trace.Step) string {
		switch {
		case s.Op == trace.OpExit:
			return t.who(s.Task) + " ends"
		case s.Object == 0 && s.Op != trace.OpAtomic:
			return t.who(s.Task) + " comes to " + t.operation(s) + t.atSite(s.Site)
		}
		return t.does(contrast.Operation{Task: s.Task, Op: s.Op, Site: s.Site}, s.Object)
	}
	here, there := does(t.v.Steps[i]), does(d.There)
	if here == there {
		return nil
	}
	return []string{fmt.Sprintf("In the nearest %s, %s in step %d; here %s then.", t.o.Story.nearest(), there, d.Parts, here)}
}

// order says of two operations in which order they come.
func (t *text) order(o contrast.Order) string {
	first, then := t.does(o.First, o.Object), t.does(o.Then, o.Object)
	if t.doesTo(o.First.Op, o.Object, o.First.Site) == t.doesTo(o.Then.Op, o.Object, o.Then.Site) {
		then = t.who(o.Then.Task) + " does" + t.atOperation(o.Then, o.Object)
	}
	s := first
	if o.Then.There == 0 {
		if o.First.Here == 0 || o.First.Blocked {
			return fmt.Sprintf("%s; here %s", first, then)
		}
		what := t.operation(trace.Step{Task: o.Then.Task, Object: o.Object, Op: o.Then.Op, Site: o.Then.Site})
		return s + fmt.Sprintf(" and %s does not come to %s%s; here it does, and first", t.who(o.Then.Task), what, t.atOperation(o.Then, o.Object))
	}
	s += " before " + then
	switch {
	case o.First.Here == 0:
		return s + "; here " + t.who(o.Then.Task) + " is first"
	case o.First.Blocked && t.v.Hang():
		return s + fmt.Sprintf("; here %s is first, and %s waits for ever", t.who(o.Then.Task), t.who(o.First.Task))
	}
	return s + "; here after"
}

// choice says which case a select takes.
func (t *text) choice(c contrast.Choice) string {
	return fmt.Sprintf("the select of %s%s %s; here it %s", t.who(c.Task), t.atSite(c.Site), t.takes(c.There, c.Site, t.o.Story.Passing), t.takes(c.Here, c.Site, t.v))
}

func (t *text) takes(c contrast.Case, s *trace.Site, in *verdict.Verdict) string {
	switch {
	case c.Op != trace.OpNone && c.Object != 0:
		return t.doesTo(c.Op, c.Object, s)
	case c.Op != trace.OpNone:
		return deeds[c.Op] + " " + in.ObjectName(c.Own)
	case c.Blocked && t.v.Hang():
		return "waits for ever"
	case c.Blocked:
		return "waits"
	}
	return "takes its default"
}

// does says that a goroutine does something, and where.
func (t *text) does(o contrast.Operation, object uint32) string {
	return t.who(o.Task) + " " + t.doesTo(o.Op, object, o.Site) + t.atOperation(o, object)
}

// who names a goroutine: by its number if the explanation has its name.
func (t *text) who(task uint32) string {
	for _, g := range t.v.Knot {
		if g.ID == task {
			return t.number(task)
		}
	}
	return t.name(task)
}

func (t *text) atOperation(o contrast.Operation, object uint32) string {
	if o.Site == nil {
		return ""
	}
	return " (" + t.atStep(o.Task, object, o.Site) + ")"
}

func (t *text) atSite(s *trace.Site) string {
	if s == nil {
		return ""
	}
	return " (" + t.at(s) + ")"
}

// doesTo says what a goroutine does on an object.
func (t *text) doesTo(op trace.Op, object uint32, s *trace.Site) string {
	if op == trace.OpAtomic {
		return "does " + t.call(s)
	}
	name := t.v.ObjectName(object)
	if s != nil && len(s.Cases) == 0 && s.Expr != "" {
		name = s.Expr
	}
	name = t.numbered(name, object)
	if op == trace.OpRLock || op == trace.OpTryRLock {
		return deeds[op] + " " + name + " for reading"
	}
	return cmp.Or(deeds[op], "comes to "+op.String()+strings.TrimRight(" "+preposition[op], " ")) + " " + name
}

// call returns an atomic operation as the source has it, if that is to be had.
func (t *text) call(s *trace.Site) string {
	line := t.source(s, "")
	from := strings.Index(line, s.Expr+".")
	if s.Expr == "" || from < 0 {
		return "an atomic operation on " + s.Expr
	}
	depth := 0
	for i, c := range line[from:] {
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return line[from : from+i+1]
			}
		}
	}
	return "an atomic operation on " + s.Expr
}

// deeds are the operations, as what a goroutine does.
var deeds = map[trace.Op]string{
	trace.OpLock: "locks", trace.OpRLock: "locks", trace.OpTryLock: "tries to lock", trace.OpTryRLock: "tries to lock",
	trace.OpUnlock: "unlocks", trace.OpRUnlock: "unlocks", trace.OpSend: "sends on", trace.OpRecv: "receives from", trace.OpClose: "closes",
	trace.OpAdd: "adds to", trace.OpDone: "is done with", trace.OpYield: "yields", trace.OpSelect: "comes to", trace.OpSleep: "sleeps", trace.OpGo: "starts a goroutine of", trace.OpWait: "waits for", trace.OpCondWait: "waits at", trace.OpSignal: "signals",
	trace.OpBroadcast: "wakes all at", trace.OpOnce: "comes to", trace.OpAcquire: "acquires", trace.OpAccept: "accepts from",
}

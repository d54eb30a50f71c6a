package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// maxShown bounds the steps that are shown.
const maxShown = 28

// interleaving shows the steps that matter: those of the knot on what it is tied with, and every one that the schedule
// forced.
func (t *text) interleaving() {
	steps := t.v.Steps
	if len(steps) == 0 {
		return
	}
	tasks, objects := t.involved()
	first := t.v.Total - len(steps) + 1
	last := map[uint32]int{}
	for i, s := range steps {
		last[s.Task] = i
	}
	var shown []string
	for i, s := range steps {
		forced := s.Choice >= engine.Preempted
		if forced && (i > 0 || first == 1) {
			shown = append(shown, t.preemption(steps, i))
		}
		if !t.o.Full && !forced && !(tasks[s.Task] && (objects[s.Object] || len(tasks) == 1)) {
			continue
		}
		line := fmt.Sprintf("  %6d  %-24s %-30s %s", first+i, clip(t.name(s.Task), 24), clip(t.operation(s), 30), t.at(s.Site))
		if i == last[s.Task] && t.blocksThere(s) {
			line += "  <- blocks"
		}
		shown = append(shown, line)
	}
	if len(shown) == 0 {
		return
	}
	which := "steps that matter, of "
	if t.o.Full {
		which = "all that is kept of "
	}
	t.section("how it came to that (" + which + fmt.Sprint(t.v.Total) + ")")
	if cut := len(shown) - maxShown; cut > 0 && !t.o.Full {
		t.line("          ... %d earlier", cut)
		shown = shown[cut:]
	}
	for _, l := range shown {
		t.line("%s", l)
	}
}

// Bounds on what is shown of those that go round.
const (
	roundSteps  = 1_000 // looked at
	roundPlaces = 8     // of each goroutine
)

// rounds shows what the goroutines of a livelock do again and again.
func (t *text) rounds() {
	steps := t.v.Steps[max(0, len(t.v.Steps)-roundSteps):]
	type place struct {
		task uint32
		what string
	}
	var places []place
	times := map[place]int{}
	for _, s := range steps {
		p := place{s.Task, fmt.Sprintf("%-30s %s", clip(t.operation(s), 30), t.at(s.Site))}
		if times[p]++; times[p] == 1 {
			places = append(places, p)
		}
	}
	slices.SortStableFunc(places, func(a, b place) int { return cmp.Compare(a.task, b.task) })
	t.section(fmt.Sprintf("who goes round (in the last %d steps of %d)", len(steps), t.v.Total))
	shown := 0
	for i, p := range places {
		if i == 0 || places[i-1].task != p.task {
			t.line("  %s", t.name(p.task))
			shown = 0
		}
		if shown++; shown <= roundPlaces {
			t.line("  %6d x  %s", times[p], p.what)
		}
	}
}

// involved returns the goroutines of the explanation and the objects that they hold or wait for. Of a verdict without
// a knot all goroutines and objects are.
func (t *text) involved() (tasks, objects map[uint32]bool) {
	tasks, objects = map[uint32]bool{}, map[uint32]bool{}
	for i, g := range t.v.Knot {
		tasks[g.ID] = true
		for _, w := range g.Waits {
			if next, ok := t.next(i); !ok || slices.ContainsFunc(w.By, func(r verdict.Releaser) bool { return r.Task == next }) {
				objects[w.Object.ID] = true
			}
		}
		for _, h := range g.Holds {
			objects[h.Object.ID] = true
		}
	}
	if t.v.Lost != nil {
		tasks[t.v.Lost.Task] = true
	}
	if len(t.v.Knot) > 0 {
		return tasks, objects
	}
	for _, s := range t.v.Steps {
		tasks[s.Task], objects[s.Object] = true, true
	}
	return tasks, objects
}

// next returns the goroutine for which the i-th of the knot waits.
func (t *text) next(i int) (uint32, bool) {
	switch {
	case i+1 < len(t.v.Knot):
		return t.v.Knot[i+1].ID, true
	case t.v.Cycle:
		return t.v.Knot[0].ID, true
	}
	return 0, false
}

// preemption says whom the schedule took off in favour of step i, and where.
func (t *text) preemption(steps []engine.Step, i int) string {
	task := uint32(1) // the body, which alone can have run before the first step
	if i > 0 {
		task = steps[i-1].Task
	}
	before := t.pending(steps, i, task)
	verb := "preempted"
	if steps[i].Choice == engine.Delayed {
		verb = "delayed"
	}
	return fmt.Sprintf("       >  %s is %s before %s", t.name(task), verb, before)
}

// pending returns what task does next after step i, or is blocked in.
func (t *text) pending(steps []engine.Step, i int, task uint32) string {
	for _, s := range steps[i:] {
		if s.Task == task {
			return t.operation(s) + " at " + t.at(s.Site)
		}
	}
	for _, gs := range [][]verdict.Goroutine{t.v.Knot, t.v.Others} {
		for _, g := range gs {
			if g.ID == task {
				return t.doing(g) + " at " + t.at(g.Site)
			}
		}
	}
	return "its next step"
}

func (t *text) operation(s engine.Step) string {
	switch {
	case s.Op == engine.OpExit || s.Site == nil:
		return s.Op.String()
	case len(s.Site.Cases) == 0:
		return s.Op.String() + " " + t.numbered(s.Site.Expr, s.Object)
	case s.Object != 0:
		return s.Op.String() + " " + t.numbered(t.v.ObjectName(s.Object), s.Object)
	}
	var cases []string
	for _, c := range s.Site.Cases {
		cases = append(cases, c.Op+" "+c.Expr)
	}
	return "select: " + strings.Join(cases, " | ")
}

// blocksThere reports whether s is the operation that its goroutine is blocked in.
func (t *text) blocksThere(s engine.Step) bool {
	for _, gs := range [][]verdict.Goroutine{t.v.Knot, t.v.Others} {
		for _, g := range gs {
			if g.ID == s.Task {
				return g.Site == s.Site && g.Op == s.Op
			}
		}
	}
	return false
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

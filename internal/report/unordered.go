package report

import (
	"fmt"
	"slices"

	"github.com/jostle-dev/jostle/internal/trace"
)

// unorderedShown bounds the pairs of accesses that are shown.
const unorderedShown = 2

// unordered shows plain accesses that came in the one order and could have come in the other: those that the schedule has put in an order
// last.
func (t *text) unordered() {
	for _, c := range t.conflicts() {
		t.section("two accesses of the same memory that nothing orders")
		var rows []stepRow
		for _, a := range []trace.Touch{c.First, c.Second} {
			number := ""
			if a.Step > 0 {
				number = fmt.Sprint(a.Step)
			}
			rows = append(rows, stepRow{number: number, who: t.name(a.Task), what: t.operation(trace.Step{Op: a.Op, Site: a.Site}), at: t.at(a.Site)})
		}
		t.steps(rows)
		t.para("  ", "The second was about to be done when the first came.")
	}
}

// conflicts returns the pairs of accesses that are shown: of two that are about the same places the last one.
func (t *text) conflicts() (shown []trace.Conflict) {
	for _, c := range slices.Backward(t.v.Conflicts) {
		same := func(d trace.Conflict) bool { return d.First.Site == c.First.Site && d.Second.Site == c.Second.Site }
		if len(shown) < unorderedShown && !slices.ContainsFunc(shown, same) {
			shown = append(shown, c)
		}
	}
	slices.Reverse(shown)
	return shown
}

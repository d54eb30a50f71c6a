package verdict

import (
	"slices"

	"github.com/jostle-dev/jostle/internal/trace"
)

// Fail turns the verdict on an execution whose test says that it has failed into that failure. What the test then leaves behind is a
// part of it: as a rule it has given up before it came to end what it had started, and where it has not, the leak is found in an
// execution that does not fail. A hang that is proved of goroutines that wait for each other may be why it failed, and stays what
// it is.
func (v *Verdict) Fail() {
	switch {
	case v.Kind == Leak && v.Cancelled == nil:
		v.Left = slices.Concat(v.Knot, v.Others)
	case v.Kind != Pass:
		return
	}
	v.Kind, v.Rule, v.Evidence = Assertion, 0, "the test says so"
	v.noKnot()
}

func (v *Verdict) noKnot() { v.Knot, v.Others, v.Cycle, v.Idle, v.Lost = nil, nil, false, false, nil }

// spare takes from a leak goroutines that are not to be told of, but where others wait for them. It is a pass if none is left, and
// evidence says why.
func (v *Verdict) spare(spared func(id uint32) bool, evidence string) {
	knot := len(v.Knot) > 0 && !slices.ContainsFunc(v.Knot, func(g Goroutine) bool { return !spared(g.ID) })
	v.Others = slices.DeleteFunc(v.Others, func(g Goroutine) bool { return spared(g.ID) })
	switch {
	case len(v.Knot) > 0 && !knot:
	case len(v.Others) == 0:
		v.Kind, v.Rule, v.Evidence = Pass, 0, evidence
		v.noKnot()
	case knot:
		v.Knot, v.Others = v.Others[:1:1], v.Others[1:]
		v.Kind, v.Cycle, v.Idle, v.Lost, v.Rule = Leak, false, false, nil, Cancel
	}
}

// spareProcess takes from what is left goroutines that live as long as the process, as they are meant to.
func (v *Verdict) spareProcess(snap *trace.Snapshot) {
	v.spare(func(id uint32) bool { return snap.Tasks[id-1].Process }, "only goroutines are left that were begun once for the whole process")
}

// spareSkipped takes from a leak what tests and subtests have started that then skipped themselves: they gave up before they came to
// end it.
func (v *Verdict) spareSkipped(snap *trace.Snapshot) {
	gaveUp := map[uint32]bool{}
	for i := range snap.Tasks { // parents come first
		t := &snap.Tasks[i]
		gaveUp[t.ID] = t.GaveUp || gaveUp[t.Parent]
	}
	v.spare(func(id uint32) bool { return gaveUp[id] }, "what was left behind was started by a test that skips itself")
}

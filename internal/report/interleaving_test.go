package report

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// Where a test has failed by its own word, the steps that are shown are of the goroutine that said so, and not of what went on afterwards.
func TestStepsOfWhatFailed(t *testing.T) {
	site := func(line int32, fn string) *trace.Site {
		return &trace.Site{File: "/src/m/m_test.go", Line: line, Func: fn, Op: trace.OpLock, Expr: "mu"}
	}
	step := func(task, object uint32, line int32, fn string) trace.Step {
		return trace.Step{Task: task, Op: trace.OpLock, Object: object, Site: site(line, fn)}
	}
	v := &verdict.Verdict{
		Kind: verdict.Assertion,
		Said: verdict.Said{Calls: []verdict.RaceFrame{{Func: "m.check", Place: "/src/m/m_test.go:30"}, {Func: "m.TestF", Place: "/src/m/m_test.go:9"}}},
		Steps: []trace.Step{
			step(3, 1, 40, "m.tick"), step(2, 2, 3, "m.TestF"), step(3, 2, 41, "m.tick"), step(2, 3, 4, "m.TestF"), step(2, 4, 5, "m.TestF"),
			step(2, 5, 6, "m.TestF"), step(3, 1, 40, "m.tick"), step(3, 4, 41, "m.tick"), step(3, 3, 41, "m.tick"),
		},
	}
	v.Total = len(v.Steps)
	x := &text{v: v}
	assert.Equal(t, map[int]string{1: "", 2: "", 3: "", 4: ""}, x.matters())
	v.Said.Calls = nil // nothing says whose word it was
	assert.Equal(t, map[int]string{3: "", 8: ""}, x.matters())
}

// Where the schedule took a goroutine off at a lock is shown if another goroutine that the report speaks of has to do with that lock.
func TestWhereItWasTakenOff(t *testing.T) {
	site := func(line int32, fn string) *trace.Site {
		return &trace.Site{File: "/src/m/m.go", Line: line, Func: fn, Op: trace.OpLock, Expr: "mu"}
	}
	step := func(task, object uint32, off *trace.Off) trace.Step {
		return trace.Step{Task: task, Op: trace.OpLock, Object: object, Site: site(int32(task), "m.f"), Off: off}
	}
	off := func(task, object uint32) *trace.Off {
		return &trace.Off{Task: task, Op: trace.OpLock, Object: object, Site: site(int32(task), "m.f")}
	}
	v := &verdict.Verdict{
		Kind: verdict.Leak, Rule: verdict.Cancel,
		Knot:  []verdict.Goroutine{{ID: 2, Op: trace.OpLock, Site: site(2, "m.f")}},
		Steps: []trace.Step{step(4, 7, nil), step(3, 5, off(2, 5)), step(3, 5, off(4, 7)), step(3, 6, off(2, 6)), step(2, 5, nil)},
		Tasks: []trace.TaskState{{ID: 1}, {ID: 2, Site: site(2, "m.f")}, {ID: 3}, {ID: 4}},
	}
	v.Total = len(v.Steps)
	shown := func(s *Story) []bool {
		x := &text{v: v, o: Options{Story: s}}
		in := x.castOf(x.matters())
		var out []bool
		for _, s := range v.Steps {
			if s.Off != nil {
				out = append(out, in.touches(s.Off))
			}
		}
		return out
	}
	assert.Equal(t, []bool{false, false, false}, shown(nil), "nothing is said of g3 or g4")
	assert.Equal(t, []bool{true, false, true}, shown(&Story{Step: 2}), "from its step on nothing ends well")
}

// Where no goroutine is stuck, what others do to the same atomic variable is shown, and where the schedule took a goroutine off there.
func TestAtomicsOfWhatFailed(t *testing.T) {
	site := func(line int32, variable uint64) *trace.Site {
		return &trace.Site{File: "/src/m/m_test.go", Line: line, Func: "m.f", Op: trace.OpAtomic, Expr: "n", Var: variable}
	}
	step := func(task uint32, line int32, variable uint64) trace.Step {
		return trace.Step{Task: task, Op: trace.OpAtomic, Site: site(line, variable)}
	}
	unlock := trace.Step{Task: 3, Op: trace.OpUnlock, Object: 1, Site: site(9, 0)}
	v := &verdict.Verdict{
		Kind: verdict.Assertion, Steps: []trace.Step{step(2, 1, 7), unlock, step(3, 2, 7), step(3, 3, 8), step(2, 4, 7)},
	}
	v.Total = len(v.Steps)
	v.Steps[2].Choice, v.Steps[2].Off = trace.Preempted, &trace.Off{Task: 2, Op: trace.OpAtomic, Site: site(4, 7)}
	x := &text{v: v}
	notes := x.matters()
	assert.Equal(t, map[int]string{0: "", 2: "", 4: ""}, notes)
	in := x.castOf(notes)
	assert.True(t, in.touches(v.Steps[2].Off))
	assert.False(t, in.touches(&trace.Off{Task: 3, Op: trace.OpAtomic, Site: site(3, 8)}))
}

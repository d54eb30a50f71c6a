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
			step(3, 1, 40, "m.tick"), step(3, 4, 41, "m.tick"),
		},
	}
	v.Total = len(v.Steps)
	x := &text{v: v}
	assert.Equal(t, map[int]string{1: "", 2: "", 3: "", 4: ""}, x.matters())
	v.Said.Calls = nil // nothing says whose word it was
	assert.Equal(t, map[int]string{4: "", 6: ""}, x.matters())
}

package fuzz

import (
	"testing"

	"github.com/jostle-dev/jostle/harness"
	"github.com/jostle-dev/jostle/pipeline"
)

// What breaks rules 1 and 2 is predicted from executions that do not hang, and Check steers into it: it finds within a few
// executions what random schedules find within some hundred. Of the right twins nothing that is predicted comes true.
func TestPredicted(t *testing.T) {
	tests := []struct {
		name string
		body func(pipeline.Twin) func(harness.T, struct{})
	}{
		{"prefetch", prefetch},
		{"two budgets", twoFormats},
		{"group cache", groupCache},
	}
	for _, tt := range tests {
		check := func(t *testing.T, twin pipeline.Twin, options ...harness.Option) {
			harness.Check(t, func(t harness.T) { tt.body(twin)(t, struct{}{}) }, append(options, harness.Schedules(few))...)
		}
		t.Run(tt.name+" right", func(t *testing.T) { check(t, pipeline.Right) })
		t.Run(tt.name+" broken", func(t *testing.T) { check(t, pipeline.Broken, harness.Want(harness.Deadlock, 0)) })
	}
}

const few = 30 // executions, the plain one among them

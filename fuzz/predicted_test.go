package fuzz

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/harness"
	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	"github.com/jostle-dev/jostle/internal/predict"
	"github.com/jostle-dev/jostle/internal/strategy"
	"github.com/jostle-dev/jostle/pipeline"
)

// ofBubble is a T whose context belongs to the bubble of an execution.
type ofBubble struct {
	testing.TB
	ctx context.Context
}

func (t ofBubble) Context() context.Context { return t.ctx }

// What breaks rules 1 and 2 is predicted from executions that do not hang, and confirmed by steering into it. Of the right
// twins nothing that is predicted comes true.
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
		for _, twin := range []pipeline.Twin{pipeline.Right, pipeline.Broken} {
			t.Run(fmt.Sprintf("%s %v", tt.name, twin), func(t *testing.T) {
				run := func(s engine.Strategy) *engine.Snapshot {
					return enginetest.Run(t, new(engine.Execution), s, engine.Limits{Keep: true}, func() {
						ctx, cancel := context.WithCancel(context.Background())
						defer cancel()
						tt.body(twin)(ofBubble{t, ctx}, struct{}{})
					})
				}
				snap := run(strategy.Plain{})
				require.Equal(t, engine.AllEnded, snap.Quiet, "the plain run does not hang")
				hung, tries := 0, 0
				for _, p := range predict.NewDetector().Learn(snap) {
					for n := range 12 {
						tries++
						switch run(strategy.NewSteer(1, n, p.Pauses)).Quiet {
						case engine.Proved, engine.LiveTimers, engine.Interlocked:
							if hung++; hung == 1 {
								t.Logf("confirmed by execution %d: %s: %s", tries, p.Kind, p.Text)
							}
						}
					}
				}
				t.Logf("%d of %d steered executions hang", hung, tries)
				assert.Equal(t, twin == pipeline.Broken, hung > 0)
			})
		}
	}
}

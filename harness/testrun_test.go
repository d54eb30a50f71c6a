package harness

import (
	"os"
	"os/signal"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/session"
	"github.com/jostle-dev/jostle/internal/strategy"
	"github.com/jostle-dev/jostle/internal/verdict"
	"github.com/jostle-dev/jostle/perturb"
)

// runOnce runs a test function as one execution.
func runOnce(t *testing.T, body func(*testing.T)) testOutcome {
	t.Helper()
	before := plan
	plan = new(session.Plan)
	defer func() { plan = before }()
	r, err := newTestRunner(t, body)
	require.NoError(t, err)
	return r.run(strategy.Plain{})
}

// What a test leaves behind takes nothing away from what it says itself.
func TestFailureOfATestThatLeavesSomething(t *testing.T) {
	leave := func() {
		c := make(chan int)
		perturb.Go(func() { perturb.Recv(c, at(1, "c")) }, at(2, "func"))
	}
	out := runOnce(t, func(t *testing.T) {
		leave()
		t.Fail()
	})
	assert.True(t, out.failed)
	out = runOnce(t, func(*testing.T) { leave() })
	assert.False(t, out.failed)
	assert.True(t, out.left())
}

// Signals can be asked for in an execution: the runtime's own channels for them belong to no bubble.
func TestSignals(t *testing.T) {
	out := runOnce(t, func(*testing.T) {
		c := make(chan os.Signal, 1)
		signal.Notify(c, os.Interrupt)
		signal.Stop(c)
	})
	assert.Equal(t, verdict.Pass, out.Kind, out.output)
}

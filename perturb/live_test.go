package perturb_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/perturb"
)

var liveSites = [...]perturb.Site{{Op: "MutexLock", Func: "f", Var: 77, Key: 1}, {Op: "MutexUnlock", Func: "f", Var: 77, Key: 2}}

// lockUnlock passes 40 sync points in a live run, and returns where it was delayed.
func lockUnlock(t *testing.T, p engine.LivePlan) []engine.Delay {
	t.Helper()
	l := engine.StartLive(p)
	require.NotNil(t, l)
	defer l.Stop()
	var mu sync.Mutex
	for range 20 {
		perturb.MutexLock(&mu, &liveSites[0])
		perturb.MutexUnlock(&mu, &liveSites[1])
	}
	assert.Equal(t, 40, l.Passed())
	return l.Made()
}

var _ = perturb.Instrumented(liveSites[:])

func TestLiveDelays(t *testing.T) {
	assert.Empty(t, lockUnlock(t, engine.LivePlan{Points: 40}), "seed 0 delays nothing")
	var drawn []engine.Delay
	for seed := uint64(1); len(drawn) < 2; seed += 2 {
		drawn = lockUnlock(t, engine.LivePlan{Seed: seed, Points: 40})
	}
	assert.Equal(t, drawn, lockUnlock(t, engine.LivePlan{Seed: 99, Points: 40, Delays: drawn}), "whatever the seed, those of a plan are made, and no others")
	paused := lockUnlock(t, engine.LivePlan{Seed: 1, Delays: []engine.Delay{}, At: []uint64{2}, Pause: time.Microsecond})
	require.GreaterOrEqual(t, len(paused), 4)
	for i, d := range paused[:4] {
		assert.Equal(t, engine.Delay{Site: &liveSites[1], Nth: i, For: time.Microsecond}, d)
	}
}

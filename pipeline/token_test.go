package pipeline

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWaitGroupWaitsForEveryToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g WaitGroup
		require.NoError(t, g.Wait(t.Context()), "a group that never had a token is idle")

		first, second := g.Token(), g.Token()
		wait := start(func() error { return g.Wait(t.Context()) })
		also := start(func() error { return g.Wait(t.Context()) })
		first.Release()
		first.Release() // counts once
		wait.blocked(t)
		second.Release()
		wait.returns(t, nil)
		also.returns(t, nil)

		third := g.Token()
		again := start(func() error { return g.Wait(t.Context()) })
		again.blocked(t)
		third.Release()
		again.returns(t, nil)
	})
}

func TestWaitGroupCountsClones(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g WaitGroup
		token := g.Token()
		clone := token.Clone()
		wait := start(func() error { return g.Wait(t.Context()) })
		token.Release()
		wait.blocked(t)
		clone.Release()
		wait.returns(t, nil)
		assert.Panics(t, func() { token.Clone() })
		assert.NotPanics(t, func() { (*WaitToken)(nil).Release() })
		require.NoError(t, g.Wait(t.Context()), "the failed clone must not be counted")
	})
}

func TestWaitGroupWaitEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g WaitGroup
		token := g.Token()
		ctx, cancel := cancellable(t)
		wait := start(func() error { return g.Wait(ctx) })
		wait.blocked(t)
		cancel()
		wait.returns(t, errTest)

		token.Release()
		assert.NoError(t, g.Wait(ctx), "an idle group is worth more than an ended context")
	})
}

package pipeline

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func acquire(t *testing.T, b *Budget, n int64) call {
	return start(func() error { return b.Acquire(t.Context(), n) })
}

func TestNewBudgetRaisesWhatIsTooSmall(t *testing.T) {
	for _, tt := range []struct{ size, floor, wantSize, wantFloor int64 }{
		{10, 4, 10, 4},
		{4, 10, 10, 10},
		{0, 0, 1, 1},
		{-3, -5, 1, 1},
	} {
		b := NewBudget(tt.size, tt.floor)
		assert.Equal(t, tt.wantSize, b.Size())
		assert.Equal(t, tt.wantFloor, b.Floor())
	}
}

func TestBudgetGrantsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(4, 4)
		require.NoError(t, b.Acquire(t.Context(), 3))
		large := acquire(t, b, 4)
		large.blocked(t)
		small := acquire(t, b, 1)
		small.blocked(t) // there is room for it, but it does not overtake
		b.Release(3)
		large.returns(t, nil)
		small.blocked(t)
		b.Release(4)
		small.returns(t, nil)
	})
}

func TestBudgetServesSeveralAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(4, 4)
		require.NoError(t, b.Acquire(t.Context(), 4))
		first := acquire(t, b, 2)
		first.blocked(t)
		second := acquire(t, b, 2)
		second.blocked(t)
		third := acquire(t, b, 1)
		third.blocked(t)
		b.Release(4)
		first.returns(t, nil)
		second.returns(t, nil)
		third.blocked(t)
	})
}

func TestBudgetResize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(8, 2)
		require.NoError(t, b.Acquire(t.Context(), 6))
		b.Resize(0)
		assert.EqualValues(t, 2, b.Size(), "not below the floor")
		next := acquire(t, b, 2)
		b.Release(4)
		next.blocked(t) // what is still in use is all there may be
		b.Release(2)
		next.returns(t, nil)

		// A request above the floor is at the mercy of the size, and so is all that stands behind it.
		tooLarge := acquire(t, b, 3)
		tooLarge.blocked(t)
		behind := acquire(t, b, 1)
		b.Release(2)
		tooLarge.blocked(t)
		behind.blocked(t)
		b.Resize(4)
		tooLarge.returns(t, nil)
		behind.returns(t, nil)
	})
}

func TestBudgetWaitEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(2, 2)
		require.NoError(t, b.Acquire(t.Context(), 1))
		ctx, cancel := cancellable(t)
		given := start(func() error { return b.Acquire(ctx, 2) })
		given.blocked(t)
		behind := acquire(t, b, 1)
		behind.blocked(t)
		cancel()
		given.returns(t, errTest)
		behind.returns(t, nil) // it is content with less than the one before it
		b.Release(2)
		require.NoError(t, b.Acquire(t.Context(), 2), "the request that was withdrawn has taken nothing")
	})
}

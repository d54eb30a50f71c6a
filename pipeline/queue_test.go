package pipeline

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestQueueDeliversAllBeforeItsEnd(t *testing.T) {
	const values = 1000
	q := NewQueue[int](3, Right)
	pushed := start(func() error {
		defer q.Close()
		for i := range values {
			if err := q.Push(t.Context(), i); err != nil {
				return err
			}
		}
		return nil
	})
	for i := range values {
		v, err := q.Pop(t.Context())
		require.NoError(t, err)
		require.Equal(t, i, v)
	}
	_, err := q.Pop(t.Context())
	assert.Equal(t, ErrClosed, err)
	assert.NoError(t, <-pushed.done)
}

// In both twins: the broken one loses a value only if the close comes in the middle of a Pop.
func TestQueueClosedWithValuesInIt(t *testing.T) {
	for _, twin := range []Twin{Right, Broken} {
		t.Run(twin.String(), func(t *testing.T) {
			q := NewQueue[string](2, twin)
			require.NoError(t, q.Push(t.Context(), "a"))
			require.NoError(t, q.Push(t.Context(), "b"))
			q.Close()
			for _, want := range []string{"a", "b"} {
				v, err := q.Pop(t.Context())
				require.NoError(t, err)
				assert.Equal(t, want, v)
			}
			_, err := q.Pop(t.Context())
			assert.Equal(t, ErrClosed, err)
		})
	}
}

func TestQueuePopWakes(t *testing.T) {
	tests := []struct {
		name string
		wake func(q *Queue[int], cancel func())
		want error
	}{
		{"push", func(q *Queue[int], _ func()) { _ = q.Push(context.Background(), 1) }, nil},
		{"close", func(q *Queue[int], _ func()) { q.Close() }, ErrClosed},
		{"cancel", func(_ *Queue[int], cancel func()) { cancel() }, errTest},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := cancellable(t)
				q := NewQueue[int](1, Right)
				pop := start(func() error { _, err := q.Pop(ctx); return err })
				pop.blocked(t)
				tt.wake(q, cancel)
				pop.returns(t, tt.want)
			})
		})
	}
}

func TestQueuePushBlocksWhenFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := cancellable(t)
		q := NewQueue[int](1, Right)
		require.NoError(t, q.Push(ctx, 1))
		push := start(func() error { return q.Push(ctx, 2) })
		push.blocked(t)
		_, err := q.Pop(ctx)
		require.NoError(t, err)
		push.returns(t, nil)

		push = start(func() error { return q.Push(ctx, 3) })
		push.blocked(t)
		cancel()
		push.returns(t, errTest)
	})
}

package pipeline

import (
	"context"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLinearizerOrdersManyLanes(t *testing.T) {
	const values = 2000
	for _, lanes := range []int{1, 2, 5} {
		random := rand.New(rand.NewPCG(1, uint64(lanes)))
		share := make([][]uint64, lanes)
		for seq := range uint64(values) {
			i := random.IntN(lanes)
			share[i] = append(share[i], seq)
		}
		l := NewLinearizer[uint64](lanes, 4)
		calls := make([]call, lanes)
		for i := range calls {
			calls[i] = start(func() error {
				lane := l.Lane(i)
				defer lane.Close()
				for _, seq := range share[i] {
					if err := lane.Insert(t.Context(), seq, seq); err != nil {
						return err
					}
				}
				return nil
			})
		}
		for seq := range uint64(values) {
			v, err := l.Next(t.Context())
			require.NoError(t, err)
			require.Equal(t, seq, v)
		}
		_, err := l.Next(t.Context())
		assert.Equal(t, ErrClosed, err)
		_, err = l.Next(t.Context())
		assert.Equal(t, ErrClosed, err, "the end is reported for good")
		for _, c := range calls {
			assert.NoError(t, <-c.done)
		}
	}
}

func TestLinearizerWaitsForEveryOpenLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLinearizer[string](3, 2)
		require.NoError(t, l.Lane(0).Insert(t.Context(), 1, "b"))
		l.Lane(2).Close() // an empty closed lane is not waited for
		next := func() call {
			return start(func() error { _, err := l.Next(t.Context()); return err })
		}
		first := next()
		first.blocked(t)
		require.NoError(t, l.Lane(1).Insert(t.Context(), 0, "a"))
		first.returns(t, nil)

		second := next()
		second.blocked(t) // lane 0 has a head, but lane 1 could still deliver a smaller one
		l.Lane(1).Close()
		second.returns(t, nil)
	})
}

func TestLinearizerEqualSequenceNumbers(t *testing.T) {
	l := NewLinearizer[string](2, 2)
	require.NoError(t, l.Lane(1).Insert(t.Context(), 7, "lane 1"))
	require.NoError(t, l.Lane(0).Insert(t.Context(), 7, "lane 0"))
	require.NoError(t, l.Lane(0).Insert(t.Context(), 7, "lane 0 again"))
	l.Lane(0).Close()
	l.Lane(1).Close()
	for _, want := range []string{"lane 0", "lane 0 again", "lane 1"} {
		v, err := l.Next(t.Context())
		require.NoError(t, err)
		assert.Equal(t, want, v)
	}
}

func TestLinearizerInsertBlocksWhenFull(t *testing.T) {
	tests := []struct {
		name string
		wake func(l *Linearizer[int], cancel func())
		want error
	}{
		{"quit", func(l *Linearizer[int], _ func()) { l.Quit() }, ErrGone},
		{"cancel", func(_ *Linearizer[int], cancel func()) { cancel() }, errTest},
		{"next", func(l *Linearizer[int], _ func()) { _, _ = l.Next(context.Background()) }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := cancellable(t)
				l := NewLinearizer[int](1, 2)
				for i := range 2 {
					require.NoError(t, l.Lane(0).Insert(ctx, uint64(i), i))
				}
				insert := start(func() error { return l.Lane(0).Insert(ctx, 2, 2) })
				insert.blocked(t)
				tt.wake(l, cancel)
				insert.returns(t, tt.want)
			})
		})
	}
}

func TestLinearizerNextEndsWithContextAndLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLinearizer[string](2, 1)
		require.NoError(t, l.Lane(0).Insert(t.Context(), 0, "a"))
		ctx, cancel := cancellable(t)
		next := start(func() error { _, err := l.Next(ctx); return err })
		next.blocked(t)
		cancel()
		next.returns(t, errTest)

		require.NoError(t, l.Lane(1).Insert(t.Context(), 1, "b"))
		v, err := l.Next(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "a", v)
	})
}

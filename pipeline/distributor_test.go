package pipeline

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDistributorDeliversEachValueOnce(t *testing.T) {
	const values = 2000
	for _, lanes := range []int{1, 2, 4} {
		d := NewDistributor(lanes, 4, func(int) { assert.Fail(t, "a value was destroyed") }, Right)
		got := make([][]int, lanes)
		calls := make([]call, lanes)
		for i := range lanes {
			calls[i] = start(func() error {
				for {
					v, err := d.Lane(i).Receive(t.Context())
					if err != nil {
						return err
					}
					got[i] = append(got[i], v)
				}
			})
		}
		for v := range values {
			require.NoError(t, d.Send(t.Context(), v))
		}
		d.Close()
		for i, c := range calls {
			assert.Equal(t, ErrClosed, <-c.done)
			assert.True(t, slices.IsSorted(got[i]), "a lane keeps the order of its values")
		}
		all := slices.Concat(got...)
		slices.Sort(all)
		require.Len(t, all, values)
		for v := range values {
			require.Equal(t, v, all[v])
		}
	}
}

func TestDistributorFillsLanesEvenly(t *testing.T) {
	d := NewDistributor(4, 5, func(int) {}, Right)
	for v := range 12 {
		require.NoError(t, d.Send(t.Context(), v))
	}
	for i := range 4 {
		assert.Equal(t, 3, d.Lane(i).length(), "lane %d", i)
	}
}

func TestDistributorPrefersShorterLane(t *testing.T) {
	d := NewDistributor(2, 4, func(int) {}, Right)
	for v := range 4 {
		require.NoError(t, d.Send(t.Context(), v))
	}
	for range 2 {
		_, err := d.Lane(1).Receive(t.Context())
		require.NoError(t, err)
	}
	for v := range 2 {
		require.NoError(t, d.Send(t.Context(), v))
	}
	assert.Equal(t, 2, d.Lane(0).length(), "round robin alone would give each lane one")
	assert.Equal(t, 2, d.Lane(1).length())
}

func TestDistributorSendBlocksOnlyWhenAllAreFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewDistributor(3, 2, func(int) {}, Right)
		for v := range 6 {
			require.NoError(t, d.Send(t.Context(), v))
		}
		send := start(func() error { return d.Send(t.Context(), 6) })
		send.blocked(t)
		_, err := d.Lane(2).Receive(t.Context())
		require.NoError(t, err)
		send.returns(t, nil)
		assert.Equal(t, 2, d.Lane(2).length())

		ctx, cancel := cancellable(t)
		send = start(func() error { return d.Send(ctx, 7) })
		send.blocked(t)
		cancel()
		send.returns(t, errTest)
	})
}

func TestDistributorLosesReceivers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g WaitGroup
		d := NewDistributor(2, 1, (*WaitToken).Release, Right)
		for range 2 {
			require.NoError(t, d.Send(t.Context(), g.Token()))
		}
		mine := g.Token()
		send := start(func() error { return d.Send(t.Context(), mine) })
		send.blocked(t)
		d.Lane(0).Quit()
		send.blocked(t) // there is one lane left that could get room
		d.Lane(1).Quit()
		send.returns(t, ErrGone)

		wait := start(func() error { return g.Wait(t.Context()) })
		wait.blocked(t) // what was not sent is the sender's
		mine.Release()
		wait.returns(t, nil)
	})
}

func TestDistributorLaneReceiverWakes(t *testing.T) {
	tests := []struct {
		name string
		wake func(d *Distributor[int], cancel func())
		want error
	}{
		{"send", func(d *Distributor[int], _ func()) { _ = d.Send(context.Background(), 1) }, nil},
		{"close", func(d *Distributor[int], _ func()) { d.Close() }, ErrClosed},
		{"cancel", func(_ *Distributor[int], cancel func()) { cancel() }, errTest},
	}
	for _, twin := range []Twin{Right, Broken} {
		for _, tt := range tests {
			t.Run(twin.String()+"/"+tt.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := cancellable(t)
					d := NewDistributor(1, 1, func(int) {}, twin)
					receive := start(func() error { _, err := d.Lane(0).Receive(ctx); return err })
					receive.blocked(t)
					tt.wake(d, cancel)
					receive.returns(t, tt.want)
				})
			})
		}
	}
}

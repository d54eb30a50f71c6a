package pipeline

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// counting delivers n morsels without rows and then err.
func counting(n uint64, err error) pull {
	var seq uint64
	return func(context.Context) (Morsel, error) {
		if seq == n {
			return Morsel{}, err
		}
		seq++
		return Morsel{Seq: seq - 1}, nil
	}
}

func TestFeedBeginsPhaseWhenTheLastIsConsumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := newPhase(2, Right)
		fed := start(func() error { return feed(t.Context(), counting(5, ErrClosed), first) })
		var phases [][]uint64
		for p := first; p != nil; {
			var seqs []uint64
			var held []Morsel
			for m := range p.morsels {
				seqs = append(seqs, m.Seq)
				held = append(held, m)
			}
			phases = append(phases, seqs)
			for _, m := range held {
				fed.blocked(t)
				m.Release()
			}
			p = p.await()
		}
		fed.returns(t, nil)
		assert.Equal(t, [][]uint64{{0, 1}, {2, 3}, {4}}, phases)
	})
}

// A task that was busy elsewhere while phases came and went must still find its way to the end.
func TestPhaseListWaitsForStragglers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := newPhase(1, Right)
		fed := start(func() error { return feed(t.Context(), counting(3, ErrClosed), first) })
		for p := first; p != nil; p = p.await() {
			for m := range p.morsels {
				m.Release()
			}
		}
		fed.returns(t, nil)
		phases := 0
		for p := first; p != nil; p = p.await() {
			_, open := <-p.morsels
			assert.False(t, open)
			phases++
		}
		assert.Equal(t, 4, phases, "three with a morsel each, and the one in which the end was found")
	})
}

func TestFeedEndsPhasesWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := cancellable(t)
		first := newPhase(4, Right)
		fed := start(func() error { return feed(ctx, counting(100, ErrClosed), first) })
		held := <-first.morsels
		fed.blocked(t)
		cancel()
		fed.returns(t, errTest)
		require.Nil(t, first.await(), "those who wait for the next phase learn that there is none")
		held.Release()
	})
}

func TestFeedReturnsErrorOfItsSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := newPhase(4, Right)
		fed := start(func() error { return feed(t.Context(), counting(1, errTest), first) })
		m := <-first.morsels
		m.Release()
		fed.returns(t, errTest)
		require.Nil(t, first.await())
	})
}

// What comes with a token of an earlier task's is released as soon as the phase has it.
func TestFeedReleasesEarlierToken(t *testing.T) {
	var g WaitGroup
	first := newPhase(2, Right)
	given := false
	next := func(context.Context) (Morsel, error) {
		if given {
			return Morsel{}, ErrClosed
		}
		given = true
		return Morsel{consume: g.Token()}, nil
	}
	fed := start(func() error { return feed(t.Context(), next, first) })
	m := <-first.morsels
	assert.NoError(t, g.Wait(t.Context()))
	m.Release()
	assert.NoError(t, <-fed.done)
}

// Both twins notice a context that has ended before the send; only the right one also notices it during the send.
func TestHandOutLooksAtContext(t *testing.T) {
	for _, twin := range []Twin{Right, Broken} {
		t.Run(twin.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := cancellable(t)
				p := newPhase(2, twin)
				taken := start(func() error { return p.handOut(ctx, Morsel{Seq: 7}) })
				assert.EqualValues(t, 7, (<-p.morsels).Seq)
				taken.returns(t, nil)

				left := start(func() error { return p.handOut(ctx, Morsel{}) })
				left.blocked(t)
				cancel()
				if twin == Right {
					left.returns(t, errTest)
				} else {
					left.blocked(t)
					<-p.morsels
					left.returns(t, nil)
				}
				late := start(func() error { return p.handOut(ctx, Morsel{}) })
				late.returns(t, errTest)
			})
		})
	}
}

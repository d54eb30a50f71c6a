package pipeline

import (
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParkerSleepsUntilReady(t *testing.T) {
	for _, twin := range []Twin{Right, Broken} {
		t.Run(twin.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := NewParker(twin)
				var ready atomic.Bool
				var looks atomic.Int32
				park := start(func() error {
					return p.Park(t.Context(), func() bool { looks.Add(1); return ready.Load() })
				})
				park.blocked(t)
				p.Unpark()
				park.blocked(t)
				assert.EqualValues(t, 2, looks.Load(), "every wake-up is followed by one look")
				ready.Store(true)
				park.blocked(t)
				p.Unpark()
				park.returns(t, nil)
			})
		})
	}
}

func TestParkerKeepsWakeUpSentBeforeSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewParker(Right)
		var looks int
		err := p.Park(t.Context(), func() bool {
			looks++
			if looks == 1 {
				// What another goroutine may do between the look and the sleep.
				p.Unpark()
				p.Unpark()
			}
			return looks == 2
		})
		require.NoError(t, err)
	})
}

func TestParkerReadyBeforeContext(t *testing.T) {
	ctx, cancel := cancellable(t)
	cancel()
	p := NewParker(Right)
	assert.NoError(t, p.Park(ctx, func() bool { return true }))
	assert.Equal(t, errTest, p.Park(ctx, func() bool { return false }))
}

func TestParkerSleepEndsWithContext(t *testing.T) {
	for _, twin := range []Twin{Right, Broken} {
		t.Run(twin.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := NewParker(twin)
				ctx, cancel := cancellable(t)
				park := start(func() error { return p.Park(ctx, func() bool { return false }) })
				park.blocked(t)
				cancel()
				park.returns(t, errTest)
			})
		})
	}
}

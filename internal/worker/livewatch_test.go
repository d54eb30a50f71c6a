package worker

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/goroutines"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// leftBy runs a body as the test of a live run, and judges what it has left behind.
func leftBy(t *testing.T, body func(end <-chan int)) *verdict.Verdict {
	t.Helper()
	before := map[uint64]bool{}
	for _, g := range verdict.ReadLive(goroutines.Stacks()) {
		before[g.ID] = true
	}
	l := engine.StartLive(engine.LivePlan{})
	require.NotNil(t, l)
	defer l.Stop()
	end := make(chan int)
	defer close(end)
	body(end)
	return (&liveWatch{live: l, world: newWorld(), before: before}).left()
}

// What can still run when the test returns is not judged before it has ended or come to rest.
func TestLeftRunning(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // no goroutine has begun when the test returns
	v := leftBy(t, func(end <-chan int) { go func() { <-end }() })
	require.Equal(t, verdict.Leak, v.Kind)
	assert.Len(t, v.Others, 1)

	v = leftBy(t, func(<-chan int) { go func() {}() })
	assert.Equal(t, verdict.Pass, v.Kind)
	assert.Equal(t, "live: the test has returned, and has left nothing behind", v.Evidence)
}

// What sleeps is given until the last timer of the test, if that is soon.
func TestLeftSleeping(t *testing.T) {
	sleep := func(d time.Duration) { engine.TimerOutside(nil, d, false); time.Sleep(d) }
	v := leftBy(t, func(end <-chan int) {
		go func() { sleep(50 * time.Millisecond); <-end }()
		time.Sleep(time.Millisecond)
	})
	assert.Equal(t, verdict.Leak, v.Kind)

	v = leftBy(t, func(<-chan int) {
		go func() { // it continues after that
			for range 100 {
				sleep(20 * time.Millisecond)
			}
		}()
		time.Sleep(time.Millisecond)
	})
	assert.Equal(t, verdict.Pass, v.Kind)
	assert.Equal(t, "live: the test has returned, and what it has left behind is not stuck", v.Evidence)
}

// What a goroutine may end that goes on by timers is no leak.
func TestLeftWaking(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds of real time")
	}
	over := make(chan int)
	defer close(over)
	v := leftBy(t, func(end <-chan int) {
		go func() { <-end }()
		go func() {
			for {
				select {
				case <-over:
					return
				default:
					engine.TimerOutside(nil, 20*time.Millisecond, false)
					time.Sleep(20 * time.Millisecond)
				}
			}
		}()
		time.Sleep(time.Millisecond)
	})
	assert.Equal(t, verdict.Pass, v.Kind)
	assert.Equal(t, "live: the test has returned, and what it has left behind may be ended by a goroutine that a timer wakes", v.Evidence)
}

// What never comes to rest is given a second.
func TestLeftBusy(t *testing.T) {
	began := time.Now()
	v := leftBy(t, func(end <-chan int) {
		go func() {
			for {
				select {
				case <-end:
					return
				default:
					runtime.Gosched()
				}
			}
		}()
	})
	assert.Equal(t, verdict.Pass, v.Kind)
	assert.Greater(t, time.Since(began), liveGrace)
}

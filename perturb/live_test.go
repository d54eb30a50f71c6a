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

// A wake-up is missed if it came after the goroutine that waits had taken the lock, and met nobody: then nobody had the lock who
// did it. One that came before was there to be seen.
func TestLiveMissed(t *testing.T) {
	site := func(op string) *perturb.Site { return &perturb.Site{Op: op, Func: "f", Expr: "c"} }
	wake, wait := site("CondBroadcast"), site("CondWait")
	run := func(l sync.Locker, between, later func(*sync.Cond)) []engine.Missed {
		live := engine.StartLive(engine.LivePlan{})
		require.NotNil(t, live)
		defer live.Stop()
		c := sync.NewCond(l)
		other := func(f func(*sync.Cond)) {
			done := make(chan struct{})
			go func() { f(c); close(done) }()
			<-done
		}
		waiting, ended := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(ended)
			perturb.LockerLock(l, site("LockerLock"))
			other(between)
			close(waiting)
			perturb.CondWait(c, wait)
			perturb.LockerUnlock(l, site("LockerUnlock"))
		}()
		<-waiting
		l.Lock()   // the goroutine waits now: else it would hold the lock
		l.Unlock() //lint:ignore SA2001 that it could be taken is what counts
		later(c)
		missed := live.Missed()
		for {
			select {
			case <-ended:
				assert.Empty(t, live.Missed(), "nobody waits any more")
				return missed
			default:
				c.Broadcast()
			}
		}
	}
	none := func(*sync.Cond) {}
	broadcast := func(c *sync.Cond) { perturb.CondBroadcast(c, wake) }
	for range 2 {
		missed := run(new(sync.Mutex), broadcast, none)
		require.Len(t, missed, 1)
		assert.Equal(t, engine.OpBroadcast, missed[0].Op)
		assert.Same(t, wake, missed[0].Site)
		assert.Same(t, wait, missed[0].Wait)
		assert.NotEqual(t, missed[0].By, missed[0].Goroutine)
		assert.Contains(t, missed[0].Name, "TestLiveMissed.")
	}
	assert.Len(t, run(new(sync.RWMutex), func(c *sync.Cond) { perturb.CondSignal(c, wake) }, none), 1)
	assert.Empty(t, run(new(sync.Mutex), none, none), "there was none")
	assert.Empty(t, run(new(sync.Mutex), broadcast, broadcast), "the second wakes it")
	assert.Empty(t, run(&ownLocker{}, broadcast, none), "when it was locked is not known")

	live := engine.StartLive(engine.LivePlan{})
	require.NotNil(t, live)
	defer live.Stop()
	var mu sync.Mutex
	c := sync.NewCond(&mu)
	broadcast(c)
	waiting := make(chan struct{})
	go func() {
		perturb.MutexLock(&mu, &liveSites[0])
		close(waiting)
		perturb.CondWait(c, wait)
		mu.Unlock()
	}()
	<-waiting
	mu.Lock()
	assert.Empty(t, live.Missed(), "it came before the goroutine had the lock")
	c.Broadcast()
	mu.Unlock()
}

// An ownLocker is of a type that has Lock and Unlock itself.
type ownLocker struct{ mu sync.Mutex }

func (l *ownLocker) Lock()   { l.mu.Lock() }
func (l *ownLocker) Unlock() { l.mu.Unlock() }

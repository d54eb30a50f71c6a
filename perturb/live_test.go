package perturb_test

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/goroutines"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
	"github.com/jostle-dev/jostle/perturb"
)

var liveSites = [...]perturb.Site{{Op: trace.OpLock, Kind: trace.Mutex, Name: "MutexLock", Func: "f", Var: 77, Key: 1}, {Op: trace.OpUnlock, Kind: trace.Mutex, Name: "MutexUnlock", Func: "f", Var: 77, Key: 2}}

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
	site := func(name string) *perturb.Site { return &perturb.Site{Name: name, Func: "f", Expr: "c"} }
	wake, wait := site("CondBroadcast"), site("CondWait")
	run := func(l sync.Locker, between, later func(*sync.Cond)) []trace.Missed {
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
		assert.Equal(t, trace.OpBroadcast, missed[0].Op)
		assert.Same(t, wake, missed[0].Site)
		assert.Same(t, wait, missed[0].Wait)
		assert.NotEqual(t, missed[0].By, missed[0].Goroutine)
		assert.Contains(t, goroutines.RunByCallers(missed[0].Callers), "TestLiveMissed.")
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

// A goroutine that receives from the channel of a timer or ticker will be woken, as long as that is still to fire and nothing stops it.
func TestLiveTimers(t *testing.T) {
	live := engine.StartLive(engine.LivePlan{})
	require.NotNil(t, live)
	defer live.Stop()
	s := &perturb.Site{Op: trace.OpRecv, Kind: trace.Chan, Name: "receive", Func: "f"}
	end := make(chan int)
	var all sync.WaitGroup
	defer all.Wait()
	defer close(end)
	blocked := func(wait func()) uint64 {
		number := make(chan uint64)
		all.Go(func() { number <- goroutineNumber(); wait() })
		id := <-number
		require.Eventually(t, func() bool {
			return slices.ContainsFunc(verdict.ReadLive(goroutines.Stacks()), func(g verdict.Live) bool { return g.ID == id && g.Blocked() })
		}, 10*time.Second, time.Millisecond)
		return id
	}
	among := func(c <-chan time.Time) func() {
		return func() { perturb.Select(s, perturb.NoDefault, perturb.OnRecv(c), perturb.OnRecv(end)) }
	}

	ticker := perturb.TimeNewTicker(time.Hour, s)
	assert.True(t, live.Ticking())
	assert.WithinDuration(t, time.Now().Add(time.Hour), live.Timer(), time.Minute)
	ticks := blocked(among(ticker.C))
	other := blocked(func() { perturb.Recv(end, s) })
	assert.True(t, live.Woken(ticks))
	assert.False(t, live.Woken(other))
	perturb.TickerStop(ticker, s)
	assert.False(t, live.Woken(ticks), "it was stopped")
	assert.False(t, live.Ticking())
	assert.False(t, live.Timer().After(time.Now()))
	perturb.TickerReset(ticker, 20*time.Millisecond, s)
	require.Eventually(t, func() bool { return !live.Woken(ticks) }, 10*time.Second, time.Millisecond, "it has received")
	assert.True(t, live.Ticking(), "and there will be more")
	ticker.Stop() // by code left native: that is not known
	assert.True(t, live.Ticking())

	timer := perturb.TimeNewTimer(time.Hour, s)
	waits := blocked(among(timer.C))
	assert.True(t, live.Woken(waits))
	perturb.TimerReset(timer, time.Millisecond, s)
	require.Eventually(t, func() bool { return !live.Woken(waits) }, 10*time.Second, time.Millisecond)
	fired := blocked(among(timer.C))
	assert.False(t, live.Woken(fired), "it fires once")
	after := perturb.TimeAfter(20*time.Millisecond, s)
	received := blocked(func() { perturb.Recv(after, s); <-end })
	require.Eventually(t, func() bool { return !live.Woken(received) }, 10*time.Second, time.Millisecond)

	later := perturb.TimeAfterFunc(time.Hour, func() {}, s)
	assert.True(t, live.Timer().After(time.Now()))
	perturb.TimerStop(later, s)
	assert.False(t, live.Timer().After(time.Now()))
}

// goroutineNumber returns the number of the calling goroutine that stacks have.
func goroutineNumber() (id uint64) {
	stack := make([]byte, 64)
	if _, err := fmt.Sscanf(string(stack[:runtime.Stack(stack, false)]), "goroutine %d ", &id); err != nil {
		panic(err)
	}
	return id
}

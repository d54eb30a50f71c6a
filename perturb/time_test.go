package perturb_test

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	"github.com/jostle-dev/jostle/internal/trace"
	. "github.com/jostle-dev/jostle/perturb"
)

func TestTimers(t *testing.T) {
	const s = time.Second
	programs := []enginetest.Program{
		{
			Name: "sleepers wake in the order of their time",
			Body: func(log *enginetest.Log) {
				together(
					func() { TimeSleep(2*s, site); log.Add("2") },
					func() { TimeSleep(1*s, site); log.Add("1") },
					func() { TimeSleep(-1, site); log.Add("0") },
				)
			},
			Departures: 3,
			Want:       []string{"0 1 2"},
		},
		{
			Name: "who wakes at one moment goes on in any order",
			Body: func(log *enginetest.Log) {
				together(
					func() { TimeSleep(s, site); log.Add("a") },
					func() { TimeSleep(s, site); log.Add("b") },
				)
			},
			Departures: 3,
			Want:       []string{"a b", "b a"},
		},
		{
			Name: "no time-out while there is work in time",
			Body: func(log *enginetest.Log) {
				c := make(chan int)
				Go(func() { TimeSleep(1*s, site); To(c, site).Send(1) }, site)
				log.Add("%d", Select(site, false, OnRecv(TimeAfter(2*s, site)), OnRecv(c)))
			},
			Want: []string{"1"},
		},
		{
			Name: "a time-out at the moment of the work",
			Body: func(log *enginetest.Log) {
				c := make(chan int, 1)
				Go(func() { TimeSleep(s, site); To(c, site).Send(1) }, site)
				log.Add("%d", Select(site, false, OnRecv(TimeAfter(s, site)), OnRecv(c)))
			},
			Want: []string{"0", "1"},
		},
		{
			Name: "a goroutine that is held back for longer than a short time-out",
			Body: func(log *enginetest.Log) {
				c := make(chan int, 1)
				Go(func() { To(c, site).Send(1) }, site)
				log.Add("%d", Select(site, false, OnRecv(TimeAfter(time.Millisecond, site)), OnRecv(c)))
			},
			Departures: 3,
			Want:       []string{"0", "1"},
		},
		{
			Name: "nobody is held back for longer than a long one",
			Body: func(log *enginetest.Log) {
				c := make(chan int, 1)
				Go(func() { To(c, site).Send(1) }, site)
				log.Add("%d", Select(site, false, OnRecv(TimeAfter(s, site)), OnRecv(c)))
			},
			Want: []string{"1"},
		},
		{
			Name: "stopped timers do not fire",
			Body: func(log *enginetest.Log) {
				timer := TimeNewTimer(s, site)
				f := TimeAfterFunc(s, func() { log.Add("fired") }, site)
				log.Add("%t %t", TimerStop(timer, site), TimerStop(f, site))
				TimeSleep(2*s, site)
				log.Add("%t %d", TimerStop(timer, site), Select(site, true, OnRecv(timer.C)))
			},
			Want: []string{"true true false -1"},
		},
		{
			Name: "a timer fires at its time and not before, however often one looks at the clock",
			Body: func(log *enginetest.Log) {
				for range 1000 {
					TimeNow()
				}
				then := TimeNow().Add(s / 100)
				a := Recv(TimeNewTimer(TimeUntil(then), site).C, site)
				log.Add("%t", a.Before(then))
				then = TimeNow().Add(s / 100)
				ctx, cancel := ContextWithTimeout(context.Background(), TimeUntil(then), site)
				defer cancel()
				Recv(ctx.Done(), site)
				log.Add("%t", TimeNow().Before(then))
				now := TimeNow()
				ctx, cancel = ContextWithDeadline(context.Background(), now, site)
				defer cancel()
				log.Add("%v", ctx.Err())
			},
			Want: []string{"false false context deadline exceeded"},
		},
		{
			Name: "who yields between pieces of work is in time",
			Body: func(log *enginetest.Log) {
				done := make(chan int)
				late := TimeAfter(30*s, site)
				Go(func() {
					pieces := make([]Site, 3)
					for i := range 50 {
						TimeNow()
						AtomicLast(i, &pieces[i%3])
						for range 100 {
							RuntimeGosched(site)
						}
					}
					Close(done, site)
				}, site)
				log.Add("%d", Select(site, false, OnRecv(late), OnRecv(done)))
			},
			Departures: 1,
			Want:       []string{"1"},
			Virtual:    true,
		},
		{
			Name: "a timer set again",
			Body: func(log *enginetest.Log) {
				start := time.Now()
				timer := TimeNewTimer(s, site)
				log.Add("%t", TimerReset(timer, 3*s, site))
				Recv(timer.C, site)
				log.Add("%v", time.Since(start).Round(time.Millisecond))
				log.Add("%t", TimerReset(timer, s, site))
				Recv(timer.C, site)
				log.Add("%v", time.Since(start).Round(time.Millisecond))
			},
			Want: []string{"true 3s false 4s"},
		},
		{
			// Since Go 1.23 no old tick is left in the channel.
			Name: "a timer that has fired unseen, and is set again",
			Body: func(log *enginetest.Log) {
				start := time.Now()
				timer := TimeNewTimer(s, site)
				TimeSleep(2*s, site)
				Select(site, true, OnRecv[int](nil), OnSend[int](nil).Value(1))
				TimerReset(timer, 3*s, site)
				Recv(timer.C, site)
				log.Add("%v", time.Since(start).Round(time.Millisecond))
			},
			Want: []string{"5s"},
		},
		{
			Name: "functions of timers run beside the rest, in the order of their time",
			Body: func(log *enginetest.Log) {
				c := make(chan int)
				TimeAfterFunc(2*s, func() { log.Add("second"); To(c, site).Send(1) }, site)
				TimeAfterFunc(1*s, func() { log.Add("first"); To(c, site).Send(1) }, site)
				Recv(c, site)
				Recv(c, site)
			},
			Want: []string{"first second"},
		},
		{
			Name: "a ticker drops what nobody takes",
			Body: func(log *enginetest.Log) {
				start := time.Now()
				tick := TimeNewTicker(s, site)
				TimeSleep(3500*time.Millisecond, site)
				for range 3 {
					Recv(tick.C, site)
					log.Add("%v", time.Since(start).Round(time.Millisecond))
				}
				TickerReset(tick, 2*s, site)
				Recv(tick.C, site)
				log.Add("%v", time.Since(start).Round(time.Millisecond))
				TickerStop(tick, site)
				log.Add("%d", Select(site, false, OnRecv(TimeAfter(9*s, site)), OnRecv(tick.C)))
			},
			Want: []string{"3.5s 4s 5s 7s 0"},
		},
		{
			Name: "a ticker that nobody stops",
			Body: func(log *enginetest.Log) {
				c := TimeTick(s, site)
				for range 3 {
					Recv(c, site)
				}
				log.Add("3")
			},
			Want: []string{"3"},
		},
		{
			Name: "polling ends when the clock moves",
			Body: func(log *enginetest.Log) {
				start := time.Now()
				for time.Since(start) < s {
					RuntimeGosched(site)
				}
				log.Add("late")
				Go(func() { TimeSleep(s, site) }, site)
				for time.Since(start) < 2*s {
					RuntimeGosched(site)
				}
				log.Add("later")
			},
			Departures: 1,
			Want:       []string{"late later"},
			Controlled: true,
		},
	}
	for i := range programs {
		programs[i].Virtual = true
	}
	enginetest.RunPrograms(t, programs)
}

// What happens between two looks at the clock takes time: in a bubble by itself it takes none.
func TestReadings(t *testing.T) {
	got := enginetest.Outcomes(t, 0, func(log *enginetest.Log) {
		a := TimeNow()
		b := TimeNow()
		log.Add("%t %t %t", b.After(a), TimeSince(b) > 0, TimeUntil(b) < 0)
	})
	assert.Equal(t, []string{"true true true"}, got)
}

// holding holds back every goroutine that may be, and lets time pass before it.
type holding struct{}

func (holding) Choose(q *engine.Question) int {
	if q.Kind == engine.Moment && q.Task != nil {
		return 1
	}
	if q.Kind.Preempts() {
		return q.N - 1
	}
	return 0
}

// To hold goroutines back for milliseconds does not take the seconds of a time-out, however much they have to do.
func TestDelaysDoNotAddUp(t *testing.T) {
	log := &enginetest.Log{}
	enginetest.Run(t, new(engine.Execution), holding{}, engine.Limits{Steps: 1_000_000}, func() {
		c, start := make(chan int, 1), TimeNow()
		Go(func() {
			for n := range 20_000 {
				To(c, site).Send(n)
			}
		}, site)
		Go(func() {
			for range 20_000 {
				Recv(c, site)
			}
			log.Add("done after %t", TimeSince(start) > time.Second)
		}, site)
		for range 10_000 {
			TimeSleep(time.Millisecond, site)
			if log.String() != "" {
				return
			}
		}
		log.Add("given up")
	})
	assert.Equal(t, "done after false", log.String())
}

// A test of two million steps that gives itself a minute keeps it, and who waits for a flag that is set after some seconds
// gets there in not many more.
func TestClockOfBusyTasks(t *testing.T) {
	work := func(until func(n int) bool) {
		c := make(chan int, 1)
		for n := 0; !until(n); n++ {
			To(c, site).Send(n)
			Recv(c, site)
		}
	}
	log, _ := plain(t, 3_000_000, func(log *enginetest.Log) {
		done, late := make(chan int), TimeAfter(time.Minute, site)
		Go(func() {
			work(func(n int) bool { return n == 1_000_000 })
			Close(done, site)
		}, site)
		log.Add("%d", Select(site, false, OnRecv(late), OnRecv(done)))
	})
	assert.Equal(t, "1", log)

	log, snap := plain(t, 3_000_000, func(log *enginetest.Log) {
		var stop atomic.Bool
		Go(func() {
			TimeSleep(5*time.Second, site)
			stop.Store(true)
		}, site)
		work(func(int) bool { return stop.Load() })
		log.Add("stopped")
	})
	assert.Equal(t, "stopped", log)
	assert.Less(t, snap.Total, 2_000_000)

	// What is renewed every 5 ms is renewed before 50 ms have passed.
	log, _ = plain(t, 3_000_000, func(log *enginetest.Log) {
		var renewed atomic.Int64
		var done atomic.Bool
		start := TimeNow()
		Go(func() {
			for !done.Load() {
				TimeSleep(5*time.Millisecond, site)
				renewed.Store(int64(TimeSince(start)))
			}
		}, site)
		Go(func() {
			for !done.Load() {
				TimeSleep(50*time.Millisecond, site)
				if !done.Load() && TimeSince(start)-time.Duration(renewed.Load()) > 40*time.Millisecond {
					log.Add("given up")
				}
			}
		}, site)
		work(func(n int) bool { return n == 1_000_000 })
		log.Add("done after %t", TimeSince(start) > 300*time.Millisecond)
		done.Store(true)
	})
	assert.Equal(t, "done after true", log)

	// Goroutines that talk to each other keep a time-out, however many steps it takes them.
	log, _ = plain(t, 3_000_000, func(log *enginetest.Log) {
		ping, pong, start := make(chan int), make(chan int), TimeNow()
		Go(func() {
			for {
				n := Recv(ping, site)
				To(pong, site).Send(n)
				if n == 0 {
					return
				}
			}
		}, site)
		for n := 350_000; n >= 0; n-- {
			To(ping, site).Send(n)
			Recv(pong, site)
		}
		log.Add("answered after %t", TimeSince(start) < time.Second)
	})
	assert.Equal(t, "answered after true", log)

	// That another sleeps for a moment, again and again, is nothing that they wait for.
	log, _ = plain(t, 4_000_000, func(log *enginetest.Log) {
		ping, pong, start := make(chan int), make(chan int), TimeNow()
		var done atomic.Bool
		Go(func() {
			for !done.Load() {
				TimeSleep(10*time.Millisecond, site)
			}
		}, site)
		Go(func() {
			for {
				n := Recv(ping, site)
				To(pong, site).Send(n)
				if n == 0 {
					return
				}
			}
		}, site)
		for n := 400_000; n >= 0; n-- {
			To(ping, site).Send(n)
			Recv(pong, site)
		}
		done.Store(true)
		log.Add("answered after %t", TimeSince(start) < 1200*time.Millisecond)
	})
	assert.Equal(t, "answered after true", log)

	// So do those that wake each other at a Cond, as readers and writers of a buffer do.
	log, _ = plain(t, 10_000_000, func(log *enginetest.Log) {
		var mu sync.Mutex
		turn, full, start, left := sync.NewCond(&mu), false, TimeNow(), 600_000
		half := func(mine bool) {
			MutexLock(&mu, site)
			for left > 0 {
				for full != mine && left > 0 {
					CondWait(turn, site)
				}
				full, left = !full, left-1
				CondBroadcast(turn, site)
			}
			MutexUnlock(&mu, site)
		}
		Go(func() { half(true) }, site)
		half(false)
		log.Add("done after %t", TimeSince(start) < time.Second)
	})
	assert.Equal(t, "done after true", log)

	// A task that is busy for a second gets there, though a ticker wakes another one every millisecond.
	log, snap = plain(t, 3_000_000, func(log *enginetest.Log) {
		tick, start := TimeNewTicker(time.Millisecond, site), TimeNow()
		done := make(chan int)
		Go(func() {
			for Select(site, false, OnRecv(done), OnRecv(tick.C)) == 1 {
			}
		}, site)
		work(func(int) bool { return TimeSince(start) > time.Second })
		TickerStop(tick, site)
		Close(done, site)
		log.Add("done")
	})
	assert.Equal(t, "done", log)
	assert.Less(t, snap.Total, 2_500_000)
}

// A timer that is set so far ahead that it never fires is known as one, until it is set anew or stopped.
func TestNever(t *testing.T) {
	const far = math.MaxInt64
	for _, tt := range []struct {
		name  string
		set   func() *time.Timer
		never bool
	}{
		{"far ahead", func() *time.Timer { return TimeNewTimer(far, site) }, true},
		{"set anew", func() *time.Timer {
			tm := TimeNewTimer(far, site)
			TimerReset(tm, time.Hour, site)
			return tm
		}, false},
		{"put off", func() *time.Timer {
			tm := TimeNewTimer(time.Hour, site)
			TimerReset(tm, far, site)
			return tm
		}, true},
		{"stopped", func() *time.Timer {
			tm := TimeNewTimer(far, site)
			TimerStop(tm, site)
			return tm
		}, false},
	} {
		snap := run(t, nil, func() { Recv(tt.set().C, site) })
		if tt.name == "set anew" {
			require.Equal(t, trace.AllEnded, snap.Quiet)
			continue
		}
		require.Equal(t, trace.Proved, snap.Quiet, tt.name)
		require.Len(t, snap.Objects, 1)
		assert.Equal(t, tt.never, snap.Objects[0].Never, tt.name)
	}
}

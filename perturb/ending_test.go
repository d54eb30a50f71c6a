package perturb_test

import (
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	"github.com/jostle-dev/jostle/internal/goroutines"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
	. "github.com/jostle-dev/jostle/perturb"
)

// plain runs body once, under the plain schedule.
func plain(t *testing.T, steps int, body func(*enginetest.Log)) (log string, snap *trace.Snapshot) {
	t.Helper()
	var l enginetest.Log
	snap = enginetest.Run(t, new(engine.Execution), new(enginetest.Tree), engine.Limits{Steps: steps}, func() { body(&l) })
	return l.String(), snap
}

// However an execution ends, its goroutines end too, one after the other, and their deferred calls run.
func TestUnwinding(t *testing.T) {
	var shared sync.Mutex // as a package has it: it outlives the execution
	tests := []struct {
		name string
		body func(*enginetest.Log)
		log  string
		end  string
	}{
		{
			"deferred calls run, and what they wait for does not come",
			func(log *enginetest.Log) {
				c, d := make(chan int), make(chan int)
				defer log.Add("main")
				Go(func() {
					defer log.Add("other")
					defer Recv(d, site)
					defer log.Add("first")
					Recv(c, site)
				}, site)
				Recv(c, site)
			},
			"main first other", "hang",
		},
		{
			// What a goroutine waited with is used again by its deferred calls, while another ends that wait.
			"deferred calls end waits of others",
			func(log *enginetest.Log) {
				var wg sync.WaitGroup
				c := make(chan int)
				WaitGroupAdd(&wg, 1, site)
				Go(func() {
					defer log.Add("done")
					defer WaitGroupDone(&wg, site)
					Recv(c, site)
				}, site)
				defer log.Add("main")
				defer func() { Select(site, true, OnRecv(c)) }()
				defer WaitGroupWait(&wg, site)
				defer Close(make(chan int), site)
				WaitGroupWait(&wg, site)
			},
			"main done", "hang",
		},
		{
			"locks are free afterwards",
			func(log *enginetest.Log) {
				MutexLock(&shared, site)
				MutexLock(&shared, site)
			},
			"", "hang",
		},
		{
			"deferred unlocks",
			func(log *enginetest.Log) {
				defer MutexUnlock(&shared, site) // of a lock that the wait for it did not get
				MutexLock(&shared, site)
				MutexLock(&shared, site)
			},
			"", "hang",
		},
		{
			"deferred calls that go round in circles",
			func(log *enginetest.Log) {
				defer func() {
					for {
						RuntimeGosched(site)
					}
				}()
				Recv[int](nil, site)
			},
			"", "hang",
		},
		{
			"deferred calls that panic, recover and exit",
			func(log *enginetest.Log) {
				defer log.Add("main")
				defer func() { panic("oh") }()
				defer runtime.Goexit()
				defer func() { recover() }()
				Recv[int](nil, site)
			},
			"main", "hang",
		},
		{
			"deferred calls that start goroutines",
			func(log *enginetest.Log) {
				defer log.Add("main")
				defer together(func() { log.Add("never") })
				Recv[int](nil, site)
			},
			"main", "hang",
		},
		{
			"a panic ends the others",
			func(log *enginetest.Log) {
				Go(func() {
					defer log.Add("other")
					Recv[int](nil, site)
				}, site)
				rest()
				panic("oh")
			},
			"other", "panic: oh",
		},
		{
			"so does an error that nobody can recover from",
			func(log *enginetest.Log) {
				defer log.Add("main")
				defer func() { recover() }()
				var mu sync.Mutex
				MutexUnlock(&mu, site)
			},
			"main", "panic: fatal error: sync: unlock of unlocked mutex",
		},
		{
			"and the limit of steps",
			func(log *enginetest.Log) {
				Go(func() {
					defer log.Add("other")
					Recv[int](nil, site)
				}, site)
				for {
					RuntimeGosched(site)
				}
			},
			"other", "too long",
		},
		{
			"Goexit is an end like any other",
			func(log *enginetest.Log) {
				Go(func() {
					defer log.Add("deferred")
					runtime.Goexit()
				}, site)
				rest()
				log.Add("main")
			},
			"deferred main", "",
		},
		{
			"and so is a timer that nobody waits for",
			func(log *enginetest.Log) {
				TimeAfterFunc(time.Hour, func() { log.Add("late") }, site)
				TimeAfter(2*time.Hour, site)
			},
			"", "",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log, snap := plain(t, 1000, tt.body)
			assert.Equal(t, tt.log, log)
			assert.Equal(t, tt.end, enginetest.Ending(snap))
			assert.Zero(t, snap.Abandoned)
			require.True(t, shared.TryLock(), "still locked")
			shared.Unlock()
		})
	}
}

// An operation that was left native blocks where the engine cannot see. Its goroutine comes back when it can.
func TestOutside(t *testing.T) {
	enginetest.RunPrograms(t, []enginetest.Program{
		{
			Name: "a goroutine that blocks natively comes back",
			Body: func(log *enginetest.Log) {
				native := make(chan int)
				together(
					func() {
						log.Add("%d", <-native)
						RuntimeGosched(site)
						log.Add("back")
					},
					func() {
						rest()
						log.Add("send")
						RuntimeGosched(site)
						native <- 1
					},
				)
			},
			Departures: 2,
			Want:       []string{"send 1 back"},
		},
		{
			Name: "two that block natively meet",
			Body: func(log *enginetest.Log) {
				a, b := make(chan int), make(chan int)
				together(
					func() { a <- 1; <-b; log.Add("a") },
					func() { <-a; b <- 1; log.Add("b") },
				)
			},
			Departures: 1,
			Want:       []string{"a b", "b a"},
		},
		{
			Name: "those that do not may pass",
			Body: func(log *enginetest.Log) {
				native, c := make(chan int), make(chan int, 1)
				Go(func() { <-native; To(c, site).Send(1) }, site)
				rest()
				log.Add("passed")
				close(native)
				log.Add("%d", Recv(c, site))
			},
			Want: []string{"passed 1"},
		},
		{
			Name: "one that ends without coming back",
			Body: func(log *enginetest.Log) {
				native := make(chan int)
				Go(func() { <-native }, site)
				rest()
				close(native)
				rest()
				log.Add("main")
			},
			Want: []string{"main"},
		},
		{
			Name: "a native timer",
			Body: func(log *enginetest.Log) {
				c := make(chan int)
				time.AfterFunc(time.Millisecond, func() { close(c) })
				Recv(c, site)
				log.Add("fired")
			},
			Want: []string{"fired"},
		},
		{
			Name: "a native sleep",
			Body: func(log *enginetest.Log) {
				together(
					func() { time.Sleep(2 * time.Millisecond); log.Add("slept") },
					func() { log.Add("other") },
				)
			},
			Want: []string{"other slept"},
		},
		{
			Name: "a native sleep ends before one that is longer",
			Body: func(log *enginetest.Log) {
				began := time.Now()
				together(
					func() {
						time.Sleep(2 * time.Millisecond)
						RuntimeGosched(site)
						log.Add("%v", time.Since(began).Round(50*time.Millisecond))
					},
					func() { TimeSleep(100*time.Millisecond, site); log.Add("woke") },
				)
			},
			Want:       []string{"0s woke"},
			Controlled: true,
		},
	})
}

// What can never come back is counted, and left behind.
func TestAbandoned(t *testing.T) {
	var snap *trace.Snapshot
	assert.Panics(t, func() {
		synctest.Test(t, func(*testing.T) {
			snap = new(engine.Execution).Run(new(enginetest.Tree), engine.Limits{}, synctest.Wait, func() {
				c := make(chan int)
				Go(func() { <-c }, site)
			})
		})
	}, "the bubble complains of it")
	require.NotNil(t, snap)
	assert.Equal(t, trace.Proved, snap.Quiet)
	assert.Equal(t, 1, snap.Abandoned)
}

// What a body leaves running for ever is no reason to go on for ever, and no finding. What is stuck beside it is one only
// if nobody of those who run could help.
func TestOutlived(t *testing.T) {
	forEver := func(*enginetest.Log) {
		c := make(chan int)
		Go(func() {
			for {
				TimeSleep(time.Millisecond, site)
				To(c, site).Send(1)
			}
		}, site)
		Go(func() {
			for {
				Recv(c, site)
			}
		}, site)
	}
	_, snap := plain(t, 1_000_000, forEver)
	assert.Equal(t, trace.Outlived, snap.Quiet)
	assert.Less(t, snap.Total, 20_000)
	assert.Equal(t, verdict.Pass, verdict.Of(snap, nil).Kind)
	assert.Zero(t, snap.Abandoned)

	_, snap = plain(t, 1_000_000, func(log *enginetest.Log) {
		forEver(log)
		var mu sync.Mutex
		Go(func() {
			MutexLock(&mu, site)
			MutexLock(&mu, site)
		}, site)
	})
	assert.Equal(t, trace.Outlived, snap.Quiet)
	assert.Equal(t, verdict.Deadlock, verdict.Of(snap, nil).Kind)

	_, snap = plain(t, 10_000_000, func(*enginetest.Log) {
		c := make(chan int)
		Go(func() {
			for {
				To(c, site).Send(1)
			}
		}, site)
		Go(func() {
			for {
				Recv(c, site)
			}
		}, site)
	})
	assert.Equal(t, trace.Outlived, snap.Quiet, "it never waits for the clock")
	assert.Less(t, snap.Total, 300_000)
}

// Of a goroutine that blocks in native code it is its stack that says in what: not the operation that it did before, nor the one
// before which it was preempted. Else one cause has many names.
func TestOutsideAfter(t *testing.T) {
	for _, choice := range []takenOff{0, 1} {
		var mu sync.Mutex
		c := make(chan int, 1)
		var snap *trace.Snapshot
		assert.Panics(t, func() { // its goroutine cannot be ended
			synctest.Test(t, func(*testing.T) {
				snap = new(engine.Execution).Run(choice, engine.Limits{}, synctest.Wait, func() {
					native := make(chan int)
					Go(func() {
						To(c, site).Send(1)
						MutexLock(&mu, site)
						MutexUnlock(&mu, site)
						<-native
					}, site)
					RuntimeGosched(site)
				})
			})
		})
		goroutines.Name(snap)
		var stuck []trace.TaskState
		for _, ts := range snap.Tasks {
			if ts.State == trace.Outside {
				stuck = append(stuck, ts)
			}
		}
		require.Len(t, stuck, 1)
		assert.Equal(t, trace.OpNone, stuck[0].Op)
		assert.Nil(t, stuck[0].Site)
		assert.Contains(t, stuck[0].Stack, "TestOutsideAfter")
	}
}

// takenOff has a goroutine go on, 0, or another in its place, 1, wherever that is asked.
type takenOff int

func (c takenOff) Choose(q *engine.Question) int {
	if q.Kind.Preempts() {
		return int(c)
	}
	return 0
}

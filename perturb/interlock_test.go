package perturb_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
	. "github.com/jostle-dev/jostle/perturb"
)

// Locks as an instrumented file has them: the variable kept is unlocked where it is locked, and the variable handed by
// others too.
const kept, handed = 1, 2

var lockSites = []Site{
	{Func: "f", Op: trace.OpLock, Kind: trace.Mutex, Name: "MutexLock", Var: kept}, {Func: "f", Op: trace.OpUnlock, Kind: trace.Mutex, Name: "MutexUnlock", Var: kept},
	{Func: "f", Op: trace.OpLock, Kind: trace.Mutex, Name: "MutexLock", Var: handed}, {Func: "f", Op: trace.OpUnlock, Kind: trace.Mutex, Name: "MutexUnlock", Var: handed},
	{Func: "g", Op: trace.OpUnlock, Kind: trace.Mutex, Name: "MutexUnlock", Var: handed},
}

var _ = Instrumented(lockSites)

// Who waits for each other's locks is found out although others go on for ever. Where nobody else unlocks such a lock it
// takes no longer than until the clock would move.
func TestInterlocked(t *testing.T) {
	lockKept, lockHanded, unlockHanded := &lockSites[0], &lockSites[2], &lockSites[4]
	ticker := func(*enginetest.Log) {
		Go(func() {
			for range 1_000_000 {
				TimeSleep(time.Second, site)
			}
		}, site)
	}
	busy := func(*enginetest.Log) {
		c := make(chan int)
		for range 2 {
			Go(func() {
				for {
					Select(site, false, OnSend(c).Value(1), OnRecv(c))
				}
			}, site)
		}
	}
	for _, tt := range []struct {
		name   string
		beside func(*enginetest.Log)
		lock   *Site
		quiet  trace.Quiet
		steps  int           // at most
		passed time.Duration // likewise, of virtual time
	}{
		{"beside a ticker", ticker, lockKept, trace.Interlocked, 100, time.Second},
		{"beside a ticker, and others may unlock", ticker, lockHanded, trace.LiveTimers, 10_000, time.Hour},
		{"beside a circle of channels", busy, lockKept, trace.Interlocked, 100_000, time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, snap := plain(t, 1_000_000, func(log *enginetest.Log) {
				tt.beside(log)
				var a, b sync.Mutex
				var wg sync.WaitGroup
				lock := func(first, second *sync.Mutex) {
					defer WaitGroupDone(&wg, site)
					MutexLock(first, tt.lock)
					rest()
					MutexLock(second, tt.lock)
				}
				WaitGroupAdd(&wg, 2, site)
				Go(func() { lock(&a, &b) }, site)
				Go(func() { lock(&b, &a) }, site)
				WaitGroupWait(&wg, site)
			})
			assert.Equal(t, tt.quiet, snap.Quiet)
			assert.LessOrEqual(t, snap.Total, tt.steps)
			assert.LessOrEqual(t, time.Duration(snap.Elapsed), tt.passed)
			v := verdict.Of(snap, nil)
			assert.Equal(t, "deadlock (rule 2)", v.String())
			assert.Len(t, v.Knot, 2)
			if tt.quiet == trace.Interlocked {
				assert.Empty(t, v.Others, "the body waits for what others may do")
			}
		})
	}

	t.Run("a sleeper who ends it beside a ticker", func(t *testing.T) {
		log, snap := plain(t, 1_000_000, func(log *enginetest.Log) {
			ended := make(chan int)
			Go(func() {
				for range 8_000 {
					TimeSleep(time.Second, site)
				}
			}, site)
			Go(func() {
				TimeSleep(2*time.Hour, site)
				Close(ended, site)
			}, site)
			Recv(ended, site)
			log.Add("woken")
		})
		assert.Equal(t, trace.AllEnded, snap.Quiet)
		assert.Equal(t, "woken", log)
	})
	t.Run("a lock that somebody else unlocks", func(t *testing.T) {
		log, snap := plain(t, 1_000_000, func(log *enginetest.Log) {
			var mu sync.Mutex
			MutexLock(&mu, lockHanded)
			Go(func() {
				TimeSleep(time.Hour, site)
				MutexUnlock(&mu, unlockHanded)
			}, site)
			MutexLock(&mu, lockHanded)
			log.Add("locked")
		})
		assert.Equal(t, trace.AllEnded, snap.Quiet)
		assert.Equal(t, "locked", log)
	})
}

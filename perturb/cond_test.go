package perturb_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	. "github.com/jostle-dev/jostle/perturb"
)

func TestCond(t *testing.T) {
	waiter := func(log *enginetest.Log, c *sync.Cond, name string) {
		Go(func() {
			LockerLock(c.L, site)
			CondWait(c, site)
			log.Add("%s", name)
			LockerUnlock(c.L, site)
		}, site)
		rest()
	}
	enginetest.RunPrograms(t, []enginetest.Program{
		{
			Name: "a signal wakes who has waited longest",
			Body: func(log *enginetest.Log) {
				c := sync.NewCond(new(sync.Mutex))
				waiter(log, c, "a")
				waiter(log, c, "b")
				CondSignal(c, site)
				rest()
				log.Add("signal")
				CondSignal(c, site)
			},
			Want: []string{"a signal b"},
		},
		{
			Name: "two signals, and who is first to the lock",
			Body: func(log *enginetest.Log) {
				c := sync.NewCond(new(sync.Mutex))
				waiter(log, c, "a")
				waiter(log, c, "b")
				CondSignal(c, site)
				CondSignal(c, site)
			},
			Want: []string{"a b", "b a"},
		},
		{
			Name: "a broadcast wakes all",
			Body: func(log *enginetest.Log) {
				c := sync.NewCond(new(sync.Mutex))
				waiter(log, c, "a")
				waiter(log, c, "b")
				CondBroadcast(c, site)
			},
			Want: []string{"a b", "b a"},
		},
		{
			Name: "a signal to nobody is lost",
			Body: func(log *enginetest.Log) {
				c := sync.NewCond(new(sync.Mutex))
				Go(func() { CondSignal(c, site) }, site)
				LockerLock(c.L, site)
				CondWait(c, site)
				LockerUnlock(c.L, site)
			},
			Want: []string{"", "hang"},
		},
		{
			// Between the look at the state and the wait, no signal can be lost to those who change it under the lock.
			Name: "state under the lock",
			Body: func(log *enginetest.Log) {
				c := sync.NewCond(new(sync.Mutex))
				done := false
				together(
					func() {
						LockerLock(c.L, site)
						for !done {
							CondWait(c, site)
						}
						LockerUnlock(c.L, site)
					},
					func() {
						LockerLock(c.L, site)
						done = true
						LockerUnlock(c.L, site)
						CondSignal(c, site)
					},
				)
			},
			Departures: 5,
			Want:       []string{""},
		},
		{
			Name: "one signal for two",
			Body: func(log *enginetest.Log) {
				c := sync.NewCond(new(sync.Mutex))
				waiter(log, c, "a")
				waiter(log, c, "b")
				CondSignal(c, site)
			},
			Want: []string{"a hang"},
		},
		{
			Name: "waiting without the lock",
			Body: func(log *enginetest.Log) {
				c := sync.NewCond(new(sync.Mutex))
				CondWait(c, site)
			},
			Want: []string{"panic: fatal error: sync: unlock of unlocked mutex"},
		},
		{
			Name: "over the reading side of an RWMutex",
			Body: func(log *enginetest.Log) {
				var mu sync.RWMutex
				c := sync.NewCond(mu.RLocker())
				waiter(log, c, "a")
				waiter(log, c, "b")
				writing(&mu, func() {
					CondBroadcast(c, site)
					log.Add("w")
				})
			},
			Departures: 3,
			Want:       []string{"w a b", "w b a"},
		},
	})
}

// An ownLock has its Unlock from a lock, and a Lock of its own; an ownUnlock has it the other way round.
type (
	ownLock   struct{ sync.Mutex }
	ownUnlock struct{ sync.Mutex }
)

func (l *ownLock) Lock()     { MutexLock(&l.Mutex, site) }
func (l *ownUnlock) Unlock() { MutexUnlock(&l.Mutex, site) }

var (
	_ = Promoted("Unlock", func(l *ownLock) any { return &l.Mutex })
	_ = Promoted("Lock", func(l *ownUnlock) any { return &l.Mutex })
)

// A goroutine that is unwound out of a Cond gives its lock back in a deferred call, whatever half of it is its own.
func TestCondUnwoundWithOwnLock(t *testing.T) {
	for _, l := range []sync.Locker{new(ownLock), new(ownUnlock)} {
		log, _ := plain(t, 100, func(log *enginetest.Log) {
			c := sync.NewCond(l)
			Go(func() {
				LockerLock(c.L, site)
				defer func() {
					LockerUnlock(c.L, site)
					log.Add("unlocked")
				}()
				CondWait(c, site)
			}, site)
		})
		assert.Equal(t, "unlocked", log)
	}
}

// Both halves are seen, the one that is a lock's and the one that is not.
func TestHalfLocker(t *testing.T) {
	for _, l := range []sync.Locker{new(ownLock), new(ownUnlock)} {
		log, snap := plain(t, 1_000, func(log *enginetest.Log) {
			c := sync.NewCond(l)
			ready := false
			Go(func() {
				LockerLock(l, site)
				for !ready {
					CondWait(c, site)
				}
				LockerUnlock(l, site)
				log.Add("ready")
			}, site)
			LockerLock(l, site)
			rest()
			ready = true
			CondBroadcast(c, site)
			LockerUnlock(l, site)
		})
		assert.Equal(t, "ready", log)
		assert.Zero(t, snap.Abandoned)
	}
}

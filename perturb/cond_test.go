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
			Want: []string{"w a b", "w b a"},
		},
	})
}

// An ownLock has its Unlock from a lock, and a Lock of its own: through a sync.Locker the engine sees neither.
type ownLock struct{ sync.Mutex }

func (l *ownLock) Lock() { l.Mutex.Lock() }

// Who is unwound out of a Cond has its lock again, as deferred calls expect: to unlock what is not locked ends the process.
func TestCondUnwoundWithOwnLock(t *testing.T) {
	log, _ := plain(t, 100, func(log *enginetest.Log) {
		c := sync.NewCond(new(ownLock))
		Go(func() {
			c.L.Lock()
			defer func() {
				c.L.Unlock()
				log.Add("unlocked")
			}()
			CondWait(c, site)
		}, site)
	})
	assert.Equal(t, "unlocked", log)
}

package perturb_test

import (
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	. "github.com/jostle-dev/jostle/perturb"
)

// locked runs f while it holds mu.
func locked(mu *sync.Mutex, f func()) {
	MutexLock(mu, site)
	defer MutexUnlock(mu, site)
	f()
}

func TestMutex(t *testing.T) {
	enginetest.RunPrograms(t, []enginetest.Program{
		{
			Name: "excludes",
			Body: func(log *enginetest.Log) {
				var mu sync.Mutex
				twice := func(name string) func() {
					return func() {
						locked(&mu, func() {
							log.Add("%s", name)
							RuntimeGosched(site)
							log.Add("%s", name)
						})
					}
				}
				together(twice("a"), twice("b"))
			},
			Departures: 6,
			Want:       []string{"a a b b", "b b a a"},
		},
		{
			Name: "comes to waiters in any order",
			Body: func(log *enginetest.Log) {
				var mu sync.Mutex
				name := func(name string) func() {
					return func() { locked(&mu, func() { log.Add("%s", name) }) }
				}
				together(name("a"), name("b"), name("c"))
			},
			Departures: 3,
			Want:       []string{"a b c", "a c b", "b a c", "b c a", "c a b", "c b a"},
		},
		{
			Name: "two in opposite order",
			Body: func(*enginetest.Log) {
				var a, b sync.Mutex
				together(
					func() { locked(&a, func() { locked(&b, func() {}) }) },
					func() { locked(&b, func() { locked(&a, func() {}) }) },
				)
			},
			Departures: 4,
			Want:       []string{"", "hang"},
		},
		{
			Name: "two in the same order",
			Body: func(*enginetest.Log) {
				var a, b sync.Mutex
				both := func() { locked(&a, func() { locked(&b, func() {}) }) }
				together(both, both)
			},
			Departures: 4,
			Want:       []string{""},
		},
		{
			// Unlock does not hand over: whoever comes may overtake a waiter, and more than once.
			Name: "barging",
			Body: func(log *enginetest.Log) {
				var mu sync.Mutex
				MutexLock(&mu, site)
				Go(func() { locked(&mu, func() { log.Add("waiter") }) }, site)
				rest()
				for round := range 2 {
					MutexUnlock(&mu, site)
					MutexLock(&mu, site)
					log.Add("%d", round)
				}
				MutexUnlock(&mu, site)
			},
			Want: []string{"waiter 0 1", "0 waiter 1", "0 1 waiter"},
		},
		{
			Name: "locked twice by one goroutine",
			Body: func(log *enginetest.Log) {
				var mu sync.Mutex
				MutexLock(&mu, site)
				log.Add("once")
				MutexLock(&mu, site)
				log.Add("twice")
			},
			Want: []string{"once hang"},
		},
		{
			Name: "unlocked by another goroutine",
			Body: func(log *enginetest.Log) {
				var mu sync.Mutex
				MutexLock(&mu, site)
				Go(func() { MutexUnlock(&mu, site) }, site)
				MutexLock(&mu, site)
				log.Add("again")
			},
			Want: []string{"again"},
		},
		{
			Name: "try",
			Body: func(log *enginetest.Log) {
				var mu sync.Mutex
				together(
					func() { locked(&mu, func() {}) },
					func() {
						if MutexTryLock(&mu, site) {
							log.Add("taken")
							MutexUnlock(&mu, site)
						} else {
							log.Add("busy")
						}
					},
				)
			},
			Want: []string{"taken", "busy"},
		},
		{
			// The one that took it by trying keeps the others out until it lets go.
			Name: "try overtakes a waiter",
			Body: func(log *enginetest.Log) {
				var mu sync.Mutex
				MutexLock(&mu, site)
				Go(func() { locked(&mu, func() { log.Add("waiter") }) }, site)
				rest()
				MutexUnlock(&mu, site)
				if MutexTryLock(&mu, site) {
					log.Add("taken")
					RuntimeGosched(site)
					log.Add("kept")
					MutexUnlock(&mu, site)
				} else {
					locked(&mu, func() { log.Add("busy") }) // after the waiter, which may have the lock before it logs
				}
			},
			// "waiter taken": it came and went; "waiter busy": it still holds the lock.
			Want: []string{"taken kept waiter", "waiter taken kept", "waiter busy"},
		},
		{
			Name: "unlock of an unlocked one",
			Body: func(log *enginetest.Log) {
				defer log.Add("deferred")
				defer func() { recover() }() // of no use
				var mu sync.Mutex
				MutexUnlock(&mu, site)
			},
			Want: []string{"deferred panic: fatal error: sync: unlock of unlocked mutex"},
		},
		{
			Name: "as a Locker",
			Body: func(log *enginetest.Log) {
				var mu sync.Mutex
				var l sync.Locker = &mu
				together(
					func() {
						LockerLock(l, site)
						log.Add("a")
						LockerUnlock(l, site)
					},
					func() { locked(&mu, func() { log.Add("b") }) },
				)
			},
			Departures: 4,
			Want:       []string{"a b", "b a"},
		},
		{
			Name: "Bind",
			Body: func(log *enginetest.Log) {
				var mu sync.Mutex
				lock, unlock := Bind(MutexLock, &mu, site), Bind(MutexUnlock, &mu, site)
				lock()
				log.Add("%t", MutexTryLock(&mu, site))
				unlock()
				log.Add("%t", MutexTryLock(&mu, site))
			},
			Want: []string{"false true"},
		},
	})
}

// Of a lock that a library has taken the calls are kept that led there.
func TestLockOfALibrary(t *testing.T) {
	own, library := &Site{File: "x.go", Line: 1, Key: 1}, &Site{File: "/mod/lock@v1.0.0/lock.go", Line: 2, Key: 2, Library: true}
	snap := run(t, nil, func() {
		var mu, nu sync.Mutex
		MutexLock(&mu, own)
		MutexLock(&nu, library)
		Recv[int](nil, own)
	})
	holds := snap.Tasks[0].Holds
	require.Len(t, holds, 2)
	assert.Empty(t, holds[0].Callers)
	var names []string
	frames := runtime.CallersFrames(holds[1].Callers)
	for {
		f, more := frames.Next()
		names = append(names, f.Function)
		if !more {
			break
		}
	}
	assert.Contains(t, strings.Join(names, " "), "perturb_test.TestLockOfALibrary.func1")
}

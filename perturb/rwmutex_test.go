package perturb_test

import (
	"sync"
	"testing"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	. "github.com/jostle-dev/jostle/perturb"
)

// reading runs f while it holds mu for reading, writing for writing.
func reading(mu *sync.RWMutex, f func()) {
	RWMutexRLock(mu, site)
	defer RWMutexRUnlock(mu, site)
	f()
}

func writing(mu *sync.RWMutex, f func()) {
	RWMutexLock(mu, site)
	defer RWMutexUnlock(mu, site)
	f()
}

func TestRWMutex(t *testing.T) {
	twice := func(log *enginetest.Log, name string) func() {
		return func() {
			log.Add("%s", name)
			RuntimeGosched(site)
			log.Add("%s", name)
		}
	}
	enginetest.RunPrograms(t, []enginetest.Program{
		{
			Name: "readers share",
			Body: func(log *enginetest.Log) {
				var mu sync.RWMutex
				together(
					func() { reading(&mu, twice(log, "a")) },
					func() { reading(&mu, twice(log, "b")) },
				)
			},
			Departures: 4,
			Want:       []string{"a a b b", "a b a b", "a b b a", "b b a a", "b a b a", "b a a b"},
		},
		{
			Name: "a writer excludes readers",
			Body: func(log *enginetest.Log) {
				var mu sync.RWMutex
				together(
					func() { writing(&mu, twice(log, "w")) },
					func() { reading(&mu, twice(log, "r")) },
				)
			},
			Departures: 4,
			Want:       []string{"w w r r", "r r w w"},
		},
		{
			Name: "writers exclude each other",
			Body: func(log *enginetest.Log) {
				var mu sync.RWMutex
				together(
					func() { writing(&mu, twice(log, "a")) },
					func() { writing(&mu, twice(log, "b")) },
				)
			},
			Departures: 4,
			Want:       []string{"a a b b", "b b a a"},
		},
		{
			Name: "a waiting writer keeps new readers out",
			Body: func(log *enginetest.Log) {
				var mu sync.RWMutex
				RWMutexRLock(&mu, site)
				Go(func() { writing(&mu, func() { log.Add("w") }) }, site)
				rest()
				Go(func() { reading(&mu, func() { log.Add("r") }) }, site)
				rest()
				log.Add("%t", RWMutexTryRLock(&mu, site))
				RWMutexRUnlock(&mu, site)
			},
			Want: []string{"false w r"},
		},
		{
			Name: "waiting readers come before the next writer",
			Body: func(log *enginetest.Log) {
				var mu sync.RWMutex
				RWMutexLock(&mu, site)
				Go(func() { writing(&mu, func() { log.Add("w") }) }, site)
				rest()
				Go(func() { reading(&mu, func() { log.Add("r") }) }, site)
				rest()
				RWMutexUnlock(&mu, site)
			},
			Want: []string{"r w"},
		},
		{
			Name: "nested reading, and a writer",
			Body: func(*enginetest.Log) {
				var mu sync.RWMutex
				together(
					func() { reading(&mu, func() { reading(&mu, func() {}) }) },
					func() { writing(&mu, func() {}) },
				)
			},
			Departures: 4,
			Want:       []string{"", "hang"},
		},
		{
			Name: "nested reading, no writer",
			Body: func(log *enginetest.Log) {
				var mu sync.RWMutex
				read := func() { reading(&mu, func() { reading(&mu, func() {}) }) }
				together(read, read)
			},
			Departures: 3,
			Want:       []string{""},
		},
		{
			Name: "upgrade",
			Body: func(*enginetest.Log) {
				var mu sync.RWMutex
				reading(&mu, func() { writing(&mu, func() {}) })
			},
			Want: []string{"hang"},
		},
		{
			Name: "read lock ended by another goroutine",
			Body: func(log *enginetest.Log) {
				var mu sync.RWMutex
				RWMutexRLock(&mu, site)
				Go(func() { RWMutexRUnlock(&mu, site) }, site)
				writing(&mu, func() { log.Add("w") })
			},
			Want: []string{"w"},
		},
		{
			Name: "try",
			Body: func(log *enginetest.Log) {
				var mu sync.RWMutex
				log.Add("%t %t", RWMutexTryRLock(&mu, site), RWMutexTryRLock(&mu, site))
				log.Add("%t", RWMutexTryLock(&mu, site))
				RWMutexRUnlock(&mu, site)
				RWMutexRUnlock(&mu, site)
				log.Add("%t %t", RWMutexTryLock(&mu, site), RWMutexTryRLock(&mu, site))
				RWMutexUnlock(&mu, site)
			},
			Want: []string{"true true false true false"},
		},
		{
			Name: "unlock of an unlocked one",
			Body: func(*enginetest.Log) {
				var mu sync.RWMutex
				RWMutexUnlock(&mu, site)
			},
			Want: []string{"panic: fatal error: sync: Unlock of unlocked RWMutex"},
		},
		{
			Name: "unlock of one that is read",
			Body: func(*enginetest.Log) {
				var mu sync.RWMutex
				RWMutexRLock(&mu, site)
				RWMutexUnlock(&mu, site)
			},
			Want: []string{"panic: fatal error: sync: Unlock of unlocked RWMutex"},
		},
		{
			Name: "read unlock of an unlocked one",
			Body: func(*enginetest.Log) {
				var mu sync.RWMutex
				RWMutexRUnlock(&mu, site)
			},
			Want: []string{"panic: fatal error: sync: RUnlock of unlocked RWMutex"},
		},
		{
			Name: "read unlock of one that is written",
			Body: func(*enginetest.Log) {
				var mu sync.RWMutex
				RWMutexLock(&mu, site)
				RWMutexRUnlock(&mu, site)
			},
			Want: []string{"panic: fatal error: sync: RUnlock of unlocked RWMutex"},
		},
		{
			Name: "as a Locker, by either side",
			Body: func(log *enginetest.Log) {
				var mu sync.RWMutex
				r := mu.RLocker()
				LockerLock(r, site)
				log.Add("%t %t", RWMutexTryRLock(&mu, site), RWMutexTryLock(&mu, site))
				RWMutexRUnlock(&mu, site)
				LockerUnlock(r, site)
				LockerLock(&mu, site)
				log.Add("%t", RWMutexTryRLock(&mu, site))
				LockerUnlock(&mu, site)
			},
			Want: []string{"true false false"},
		},
	})
}

package perturb_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	. "github.com/jostle-dev/jostle/perturb"
)

// Operations used as values are sync points when they are called, not where they are bound.
func TestValues(t *testing.T) {
	enginetest.RunPrograms(t, []enginetest.Program{
		{
			Name: "bound locks",
			Body: func(log *enginetest.Log) {
				var mu sync.Mutex
				lock, unlock := Bind(MutexLock, &mu, site), Func1[*sync.Mutex](MutexUnlock, site)
				try := BindR(MutexTryLock, &mu, site)
				together(
					func() { lock(); log.Add("a"); unlock(&mu) },
					func() {
						if try() {
							log.Add("b")
							unlock(&mu)
						}
					},
				)
			},
			Departures: 4,
			Want:       []string{"a", "a b", "b a"},
		},
		{
			Name: "a wait group",
			Body: func(log *enginetest.Log) {
				var wg sync.WaitGroup
				run := Bind1(WaitGroupGo, &wg, site)
				run(func() { log.Add("in") })
				Bind(WaitGroupWait, &wg, site)()
				log.Add("after")
			},
			Departures: 3,
			Want:       []string{"in after"},
		},
		{
			Name: "a loop that spins gives way",
			Body: func(log *enginetest.Log) {
				var ready atomic.Bool
				load, store := AtomicFunc(ready.Load, site), AtomicFunc((*atomic.Bool).Store, site)
				Go(func() { store(&ready, true) }, site)
				for !load() {
				}
				log.Add("ready")
			},
			Departures: 2,
			Want:       []string{"ready"},
		},
		{
			Name: "no Locker",
			Body: func(log *enginetest.Log) {
				recovered(log, func() {
					BindTo(LockerLock, site).Of(nil)
					log.Add("bound")
				})
			},
			Want: []string{"(runtime error: invalid memory address or nil pointer dereference)"},
		},
	})
}

// Virtual time passes in values too.
func TestSleepAsValue(t *testing.T) {
	var slept time.Duration
	run(t, nil, func() {
		start := time.Now()
		for _, sleep := range []func(time.Duration){Func1(TimeSleep, site), func(d time.Duration) { Recv(Func1R(TimeAfter, site)(d), site) }} {
			sleep(time.Hour)
		}
		slept = time.Since(start)
	})
	assert.Equal(t, 2*time.Hour, slept.Truncate(time.Minute))
}

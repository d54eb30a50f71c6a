package conformance

import (
	"runtime"
	"sync"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
)

type workers struct {
	sync.WaitGroup
	n int
}

var waitGroups = []enginetest.Program{
	{
		Name: "waits for all",
		Body: func(log *enginetest.Log) {
			var w workers
			w.Add(2)
			for _, name := range []string{"a", "b"} {
				go func() {
					defer w.Done()
					log.Add("%s", name)
				}()
			}
			w.Wait()
			log.Add("waited")
		},
		Departures: 4,
		Want:       []string{"a b waited", "b a waited"},
	},
	{
		Name: "Go, by pointer, and used again",
		Body: func(log *enginetest.Log) {
			w := new(workers)
			var mu sync.Mutex
			for range 2 {
				for range 2 {
					w.Go(func() { mu.Lock(); w.n++; mu.Unlock() })
				}
				w.Wait()
				log.Add("%d", w.n)
			}
		},
		Departures: 2,
		Want:       []string{"2 4"},
	},
	{
		Name: "wakes all who wait",
		Body: func(log *enginetest.Log) {
			var wg sync.WaitGroup
			wg.Add(1)
			go func() { wg.Wait(); log.Add("woken") }()
			go func() { wg.Wait(); log.Add("woken") }()
			wg.Done()
		},
		Departures: 3,
		Want:       []string{"woken woken"},
	},
	{
		Name: "method values and go statements",
		Body: func(log *enginetest.Log) {
			var wg sync.WaitGroup
			wg.Add(once(log, 2))
			done := wg.Done
			go done()
			go wg.Add(once(log, -1))
			wait := wg.Wait
			wait()
			log.Add("waited")
		},
		Departures: 3,
		Want:       []string{"2 -1 waited"},
	},
	{
		Name: "Goexit is an end",
		Body: func(log *enginetest.Log) {
			var wg sync.WaitGroup
			wg.Go(runtime.Goexit)
			wg.Go(func() { defer log.Add("exit"); runtime.Goexit() })
			wg.Wait()
			log.Add("waited")
		},
		Departures: 3,
		Want:       []string{"exit waited"},
	},
	{
		Name: "nothing to wait for",
		Body: func(log *enginetest.Log) {
			var wg sync.WaitGroup
			wg.Wait()
			wg.Add(1)
			wg.Add(-1)
			wg.Wait()
			log.Add("waited")
		},
		Want: []string{"waited"},
	},
	{
		Name: "one done too many, and used all the same",
		Body: func(log *enginetest.Log) {
			var wg sync.WaitGroup
			recovered(log, func() { wg.Done() })
			wg.Add(2)
			wg.Wait()
			log.Add("waited")
		},
		Want: []string{"(sync: negative WaitGroup counter) hang"},
	},
	{
		Name: "one done too many, and made good",
		Body: func(log *enginetest.Log) {
			var wg sync.WaitGroup
			recovered(log, func() { wg.Done() })
			wg.Add(2)
			wg.Done()
			wg.Wait()
			log.Add("waited")
		},
		Want: []string{"(sync: negative WaitGroup counter) waited"},
	},
	{
		Name: "one done too few",
		Body: func(*enginetest.Log) {
			var wg sync.WaitGroup
			wg.Add(2)
			go wg.Done()
			wg.Wait()
		},
		Want: []string{"hang"},
	},
}

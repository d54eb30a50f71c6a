package conformance

import (
	"sync"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
)

var panics = []enginetest.Program{
	{
		Name: "in a goroutine",
		Body: func(log *enginetest.Log) {
			c := make(chan int)
			go func() { log.Add("oh"); panic("oh") }()
			<-c
		},
		Want: []string{"oh panic: oh"},
	},
	{
		Name: "in the first",
		Body: func(*enginetest.Log) { panic("first") },
		Want: []string{"panic: first"},
	},
	{
		Name: "in a deferred call, instead of another",
		Body: func(log *enginetest.Log) {
			defer func() { panic(recover().(string) + "!") }()
			panic("oh")
		},
		Want: []string{"panic: oh!"},
	},
	{
		Name: "send on a closed channel",
		Body: func(*enginetest.Log) { c := make(chan int, 1); close(c); go func() { c <- 1 }() },
		Want: []string{"panic: send on closed channel"},
	},
	{
		Name: "close of a closed channel",
		Body: func(*enginetest.Log) { c := make(chan int); close(c); go close(c) },
		Want: []string{"panic: close of closed channel"},
	},
	{
		Name: "close of none",
		Body: func(*enginetest.Log) { close((chan int)(nil)) },
		Want: []string{"panic: close of nil channel"},
	},
	{
		Name: "one done too many",
		Body: func(*enginetest.Log) { var wg sync.WaitGroup; go wg.Done() },
		Want: []string{"panic: sync: negative WaitGroup counter"},
	},
	{
		Name: "in wg.Go",
		Body: func(log *enginetest.Log) {
			var wg sync.WaitGroup
			wg.Go(func() { panic("oh") })
			wg.Wait()
			log.Add("never")
		},
		Want: []string{"panic: oh"},
	},
	{
		Name: "unlock of an unlocked mutex",
		Body: func(log *enginetest.Log) {
			defer func() { recover() }() // of no use
			var a account
			a.Unlock()
		},
		Want: []string{"panic: fatal error: sync: unlock of unlocked mutex"},
	},
	{
		Name: "unlock of an unlocked one behind a Locker",
		Body: func(log *enginetest.Log) { var l sync.Locker = &account{}; l.Unlock() },
		Want: []string{"panic: fatal error: sync: unlock of unlocked mutex"},
	},
	{
		Name: "unlock of one that is only read",
		Body: func(*enginetest.Log) { var c cache; c.RLock(); c.Unlock() },
		Want: []string{"panic: fatal error: sync: Unlock of unlocked RWMutex"},
	},
	{
		Name: "read unlock of an unlocked one",
		Body: func(*enginetest.Log) { var c cache; c.RUnlock() },
		Want: []string{"panic: fatal error: sync: RUnlock of unlocked RWMutex"},
	},
	{
		Name: "wait without the lock",
		Body: func(*enginetest.Log) { sync.NewCond(new(sync.Mutex)).Wait() },
		Want: []string{"panic: fatal error: sync: unlock of unlocked mutex"},
	},
	{
		Name: "recovered by who waits for it",
		Body: func(log *enginetest.Log) {
			failed := make(chan any, 1)
			go func() {
				defer func() { failed <- recover() }()
				var m map[int]int
				m[<-filled(1)] = 1
			}()
			log.Add("%v", <-failed)
		},
		Departures: 3,
		Want:       []string{"assignment to entry in nil map"},
	},
}

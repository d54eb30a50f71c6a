package conformance

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
)

// What happens before what, as the Go memory model has it.
var memory = []enginetest.Program{
	{
		Name: "a send before its receive is complete",
		Body: func(log *enginetest.Log) {
			var a string
			c := make(chan int, 10)
			go func() { a = "seen"; c <- 0 }()
			<-c
			log.Add("%s", a)
		},
		Departures: 3,
		Want:       []string{"seen"},
	},
	{
		Name: "a close before the receive that sees it",
		Body: func(log *enginetest.Log) {
			var a string
			c := make(chan int)
			go func() { a = "seen"; close(c) }()
			<-c
			log.Add("%s", a)
		},
		Departures: 3,
		Want:       []string{"seen"},
	},
	{
		Name: "a receive before its send is complete, without a buffer",
		Body: func(log *enginetest.Log) {
			var a string
			c := make(chan int)
			go func() { a = "seen"; <-c }()
			c <- 0
			log.Add("%s", a)
		},
		Departures: 3,
		Want:       []string{"seen"},
	},
	{
		Name: "but not with one",
		Body: func(log *enginetest.Log) {
			var a atomic.Int32
			c := make(chan int, 1)
			go func() { a.Store(1); <-c }()
			c <- 0
			log.Add("%d", a.Load())
		},
		Departures: 3,
		Want:       []string{"0", "1"},
	},
	{
		Name: "the k-th receive before the k+C-th send is complete",
		Body: func(log *enginetest.Log) {
			var running, most atomic.Int32
			limit := make(chan int, 2)
			work := func() {
				limit <- 1
				n := running.Add(1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				running.Add(-1)
				<-limit
			}
			together(work, work, work)
			log.Add("%d", most.Load())
		},
		Departures: 2,
		Want:       []string{"1", "2"},
	},
	{
		Name: "an unlock before the next lock",
		Body: func(log *enginetest.Log) {
			var mu sync.Mutex
			var a string
			mu.Lock()
			go func() { a = "seen"; mu.Unlock() }()
			mu.Lock()
			log.Add("%s", a)
			mu.Unlock()
		},
		Departures: 3,
		Want:       []string{"seen"},
	},
	{
		Name: "a go statement before its goroutine, and its end before nothing",
		Body: func(log *enginetest.Log) {
			var n atomic.Int32
			a := "before"
			go func() { log.Add("%s", a); n.Store(1) }()
			log.Add("%d", n.Load())
			for n.Load() == 0 {
				runtime.Gosched()
			}
		},
		Departures: 3,
		Want:       []string{"0 before", "before 1", "before 0"},
	},
	{
		Name: "once before every return of Do",
		Body: func(log *enginetest.Log) {
			var o sync.Once
			var a string
			set := func() { a = "seen" }
			see := func() { o.Do(set); log.Add("%s", a) }
			together(see, see)
		},
		Departures: 3,
		Want:       []string{"seen seen"},
	},
	{
		Name: "an atomic store before the load that sees it",
		Body: func(log *enginetest.Log) {
			var a string
			var ready atomic.Bool
			go func() { a = "seen"; ready.Store(true) }()
			for !ready.Load() {
				runtime.Gosched()
			}
			log.Add("%s", a)
		},
		Departures: 2,
		Want:       []string{"seen"},
	},
	{
		Name: "a message, or two that cross",
		Body: func(log *enginetest.Log) {
			var x, y atomic.Int32
			var a, b, c, d int32
			// Independent reads of independent writes: all agree on an order.
			together(
				func() { x.Store(1) },
				func() { y.Store(1) },
				func() { a = x.Load(); b = y.Load() },
				func() { c = y.Load(); d = x.Load() },
			)
			if a == 1 && b == 0 && c == 1 && d == 0 {
				log.Add("each its own")
			}
		},
		Departures: 2,
		Want:       []string{""},
	},
}

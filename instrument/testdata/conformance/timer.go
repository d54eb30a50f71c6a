package conformance

import (
	"math"
	"runtime"
	"sync"
	"time"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
)

// stopwatch returns what logs the seconds since now.
func stopwatch(log *enginetest.Log) func() {
	start := time.Now()
	return func() { log.Add("%v", time.Since(start).Round(time.Millisecond)) }
}

var timers = []enginetest.Program{
	{
		Name: "sleepers wake in the order of their time",
		Body: func(log *enginetest.Log) {
			together(
				func() { time.Sleep(3 * time.Second); log.Add("3") },
				func() { time.Sleep(1 * time.Second); log.Add("1") },
				func() { time.Sleep(2 * time.Second); log.Add("2") },
			)
			time.Sleep(-1)
		},
		Virtual: true, Departures: 2,
		Want: []string{"1 2 3"},
	},
	{
		Name: "who wakes at one moment goes on in any order",
		Body: func(log *enginetest.Log) {
			go func() { time.Sleep(time.Second); log.Add("a") }()
			go func() { time.Sleep(time.Second); log.Add("b") }()
		},
		Virtual: true, Departures: 3,
		Want: []string{"a b", "b a"},
	},
	{
		Name: "an hour takes no time",
		Body: func(log *enginetest.Log) {
			lap := stopwatch(log)
			time.Sleep(time.Hour / 2)
			lap()
			<-time.After(time.Minute)
			lap()
			c := make(chan int)
			time.AfterFunc(time.Minute, func() { c <- 1 })
			<-c
			lap()
			t := time.NewTimer(time.Minute)
			<-t.C
			lap()
		},
		Virtual: true,
		Want:    []string{"30m0s 31m0s 32m0s 33m0s"},
	},
	{
		Name: "a time-out, and none",
		Body: func(log *enginetest.Log) {
			c := make(chan int)
			go func() { time.Sleep(2 * time.Second); c <- 1 }()
			for range 2 {
				select {
				case <-c:
					log.Add("came")
				case <-time.After(1500 * time.Millisecond):
					log.Add("late")
				}
			}
		},
		Virtual: true, Departures: 3,
		Want: []string{"late came"},
	},
	{
		Name: "a timer that is stopped does not fire",
		Body: func(log *enginetest.Log) {
			t := time.NewTimer(time.Second)
			log.Add("%t %t", t.Stop(), t.Stop())
			select {
			case <-t.C:
				log.Add("fired")
			case <-time.After(time.Minute):
			}
			f := time.AfterFunc(time.Second, func() { log.Add("never") })
			log.Add("%t", f.Stop())
			time.Sleep(2 * time.Second)
		},
		Virtual: true, Departures: 2,
		Want: []string{"true false true"},
	},
	{
		// Since Go 1.23 nothing is left of before in the channel, and nobody need drain it.
		Name: "a timer that has fired is empty after Stop and Reset",
		Body: func(log *enginetest.Log) {
			lap := stopwatch(log)
			t := time.NewTimer(time.Second)
			time.Sleep(2 * time.Second)
			log.Add("%t", t.Stop())
			select {
			case <-t.C:
				log.Add("left")
			default:
				log.Add("empty")
			}
			log.Add("%t", t.Reset(time.Second))
			time.Sleep(2 * time.Second)
			log.Add("%t", t.Reset(time.Second))
			<-t.C
			lap()
			log.Add("%d", len(t.C))
		},
		Virtual: true, Departures: 2,
		Want: []string{"true empty false true 5s 0"},
	},
	{
		Name: "a timer whose tick a select has left alone counts as stopped",
		Body: func(log *enginetest.Log) {
			quit := make(chan int)
			close(quit)
			for _, again := range []func(*time.Timer) bool{(*time.Timer).Stop, func(t *time.Timer) bool { return t.Reset(time.Second) }} {
				t := time.NewTimer(0)
				time.Sleep(time.Second)
				for range 2 {
					select {
					case <-quit:
					case <-t.C:
						log.Add("tick")
						continue
					}
					if !again(t) {
						log.Add("had")
						continue
					}
					log.Add("left")
				}
			}
		},
		Virtual: true, Departures: 4,
		Want: []string{"left had left left", "left had tick had", "tick had left left", "tick had tick had"},
	},
	{
		Name: "a timer that is set again while somebody waits",
		Body: func(log *enginetest.Log) {
			lap := stopwatch(log)
			t := time.NewTimer(time.Second)
			done := make(chan int)
			go func() { <-t.C; lap(); close(done) }()
			log.Add("%t", t.Reset(3*time.Second))
			<-done
		},
		Virtual: true, Departures: 3,
		Want: []string{"true 3s"},
	},
	{
		Name: "the function of a timer runs each time",
		Body: func(log *enginetest.Log) {
			c := make(chan int)
			n := 0
			t := time.AfterFunc(time.Second, func() { n++; c <- n })
			log.Add("%d", <-c)
			log.Add("%t", t.Reset(time.Second))
			log.Add("%d", <-c)
			log.Add("%t", t.Stop())
			log.Add("%t", t.C == nil)
		},
		Virtual: true, Departures: 2,
		Want: []string{"1 false 2 false true"},
	},
	{
		Name: "panics and exits in the function of a timer",
		Body: func(log *enginetest.Log) {
			c := make(chan int)
			time.AfterFunc(time.Second, func() { defer close(c); runtime.Goexit() })
			<-c
			log.Add("exit")
			time.AfterFunc(time.Second, func() { panic("oh") })
			<-make(chan int)
		},
		Want: []string{"exit panic: oh"},
	},
	{
		Name: "operations started by go statements",
		Body: func(log *enginetest.Log) {
			lap := stopwatch(log)
			var mu sync.Mutex
			var l sync.Locker = &mu
			var o sync.Once
			var wg sync.WaitGroup
			c := sync.NewCond(l)
			go time.Sleep(time.Hour)
			go l.Lock()
			go o.Do(func() { log.Add("once") })
			go wg.Wait()
			go time.AfterFunc(time.Second, func() { log.Add("fired") })
			go c.Signal()
			go runtime.Gosched()
			time.Sleep(2 * time.Second)
			log.Add("%t", mu.TryLock())
			lap()
		},
		Virtual: true, Departures: 1,
		Want: []string{"once fired false 2s"},
	},
	{
		Name: "a ticker drops what nobody takes",
		Body: func(log *enginetest.Log) {
			lap := stopwatch(log)
			t := time.NewTicker(time.Second)
			defer t.Stop()
			time.Sleep(3500 * time.Millisecond)
			for range 2 {
				<-t.C
				lap()
			}
			t.Reset(5 * time.Second)
			<-t.C
			lap()
			t.Stop()
			select {
			case <-t.C:
				log.Add("stopped?")
			case <-time.After(time.Minute):
				lap()
			}
			recovered(log, func() { time.NewTicker(0) })
			recovered(log, func() { t.Reset(-1) })
		},
		Virtual: true, Departures: 1,
		Want: []string{
			"3.5s 4s 9s 1m9s (non-positive interval for NewTicker) (non-positive interval for Ticker.Reset)",
		},
	},
	{
		Name: "Tick in a range",
		Body: func(log *enginetest.Log) {
			lap := stopwatch(log)
			n := 0
			for range time.Tick(time.Second) {
				if n++; n == 3 {
					break
				}
			}
			lap()
			log.Add("%t", time.Tick(0) == nil)
		},
		Virtual: true, Departures: 1,
		Want: []string{"3s true"},
	},
	{
		Name: "as long as can be",
		Body: func(log *enginetest.Log) {
			never := time.NewTimer(math.MaxInt64)
			go func() { time.Sleep(time.Second); log.Add("%t", never.Stop()) }()
			select {
			case <-never.C:
				log.Add("never")
			case <-time.After(2 * time.Second):
				log.Add("in time")
			}
		},
		Virtual: true, Departures: 2,
		Want: []string{"true in time"},
	},
	{
		Name: "a sleep for ever",
		Body: func(log *enginetest.Log) {
			go func() { time.Sleep(math.MaxInt64); log.Add("woken") }()
			time.Sleep(time.Second)
			log.Add("slept")
		},
		Departures: 2,
		Want:       []string{"slept hang"},
	},
}

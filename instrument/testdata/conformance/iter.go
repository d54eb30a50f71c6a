package conformance

import (
	"iter"
	"runtime"
	"sync"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
)

// received yields what is received from c.
func received[T any](c <-chan T) iter.Seq[T] {
	return func(yield func(T) bool) {
		for v := range c {
			if !yield(v) {
				return
			}
		}
	}
}

func numbered[T any](seq iter.Seq[T]) iter.Seq2[int, T] {
	return func(yield func(int, T) bool) {
		n := 0
		for v := range seq {
			if !yield(n, v) {
				return
			}
			n++
		}
	}
}

var iterators = []enginetest.Program{
	{
		Name: "ranged over",
		Body: func(log *enginetest.Log) {
			c := make(chan int)
			go func() {
				defer close(c)
				for i := range 3 {
					c <- i
				}
			}()
			for i, v := range numbered(received(c)) {
				log.Add("%d:%d", i, v)
			}
		},
		Departures: 3,
		Want:       []string{"0:0 1:1 2:2"},
	},
	{
		Name: "pulled, while it waits",
		Body: func(log *enginetest.Log) {
			c := make(chan int)
			next, stop := iter.Pull(received(c))
			defer stop()
			next2, stop2 := iter.Pull2(numbered(received(c)))
			defer stop2()
			go func() {
				defer close(c)
				for i := range 3 {
					c <- i
				}
			}()
			v, ok := next()
			log.Add("%d,%t", v, ok)
			i, v, ok := next2()
			log.Add("%d:%d,%t", i, v, ok)
			v, ok = next()
			log.Add("%d,%t", v, ok)
			v, ok = next()
			log.Add("%d,%t", v, ok)
		},
		Departures: 3,
		Want:       []string{"0,true 0:1,true 2,true 0,false"},
	},
	{
		Name: "stopped before and between",
		Body: func(log *enginetest.Log) {
			c := filled(1, 2, 3)
			seq := func(yield func(int) bool) {
				defer log.Add("left")
				received(c)(yield)
			}
			_, stop := iter.Pull(seq)
			stop()
			next, stop := iter.Pull(seq)
			v, _ := next()
			log.Add("%d", v)
			stop()
			stop()
			_, ok := next()
			log.Add("%t %d", ok, len(c))
		},
		Departures: 2,
		Want:       []string{"1 left false 2"},
	},
	{
		Name: "panics and exits pass through",
		Body: func(log *enginetest.Log) {
			c := filled(1)
			next, stop := iter.Pull(func(yield func(int) bool) { yield(<-c); panic("oh") })
			defer stop()
			next()
			recovered(log, func() { next() })
			_, ok := next()
			log.Add("%t", ok)
			var wg sync.WaitGroup
			wg.Go(func() {
				defer log.Add("exit")
				next, stop := iter.Pull(func(func(int) bool) { <-c; runtime.Goexit() })
				defer stop()
				next()
				log.Add("never")
			})
			wg.Wait()
		},
		Departures: 2,
		Want:       []string{"(oh) false exit"},
	},
	{
		Name:       "left in every way",
		Body:       func(log *enginetest.Log) { log.Add("%d", leave(log)) },
		Departures: 1,
		Want:       []string{"1 deferred 8"},
	},
	{
		Name: "handed on from goroutine to goroutine",
		Body: func(log *enginetest.Log) {
			c := make(chan int)
			next, stop := iter.Pull(received(c))
			defer stop()
			go func() { c <- 1; c <- 2; close(c) }()
			var mu sync.Mutex
			n := 0
			take := func() {
				mu.Lock()
				defer mu.Unlock()
				v, _ := next()
				n = 10*n + v
			}
			together(take, take)
			log.Add("%d", n)
		},
		Departures: 2,
		Want:       []string{"12"},
	},
	{
		Name: "a lock held by a sequence",
		Body: func(log *enginetest.Log) {
			var mu sync.Mutex
			locked := func(yield func(int) bool) {
				mu.Lock()
				defer mu.Unlock()
				_ = yield(1) && yield(2)
			}
			next, stop := iter.Pull(locked)
			next()
			log.Add("%t", mu.TryLock())
			stop()
			log.Add("%t", mu.TryLock())
		},
		Departures: 2,
		Want:       []string{"false true"},
	},
}

// leave leaves loops over functions in every way. Where it is inlined, Go 1.25 makes the deferred call when the caller returns.
//
//go:noinline
func leave(log *enginetest.Log) int {
	quit := filled()
outer:
	for v := range received(filled(1, 2, 3, 4, 5)) {
		for w := range received(filled(6, 7)) {
			select {
			case <-quit:
				switch v {
				case 1:
					continue
				case 2:
					continue outer
				case 3:
					defer log.Add("deferred")
					goto out
				case 4:
					break outer
				}
				return v
			case <-make(chan int):
			}
			log.Add("never %d", w)
		}
		log.Add("%d", v)
	out:
	}
	for v := range received(filled(8)) {
		return v
	}
	return 0
}

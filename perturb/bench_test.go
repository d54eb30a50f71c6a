package perturb_test

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/schedule"
	. "github.com/jostle-dev/jostle/perturb"
)

// execute runs body as an execution. The benchmark itself stays outside of the bubble, whose clock stands still.
func execute(x *engine.Execution, strategy engine.Strategy, body func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		synctest.Test(new(testing.T), func(*testing.T) {
			x.Run(strategy, engine.Limits{Steps: 1 << 60}, synctest.Wait, body)
		})
	}()
	<-done
}

// BenchmarkHandOver is the yardstick: one goroutine hands over to another through an unbuffered channel. One hand-over an
// iteration.
func BenchmarkHandOver(b *testing.B) {
	ping, pong := make(chan int), make(chan int)
	go func() {
		for v := range ping {
			pong <- v
		}
		close(pong)
	}()
	for i := 0; i < b.N; i += 2 {
		ping <- 1
		<-pong
	}
	close(ping)
	<-pong
}

// BenchmarkStepGoesOn is a sync point after which the same goroutine goes on, although others could run. One an iteration.
func BenchmarkStepGoesOn(b *testing.B) {
	execute(new(engine.Execution), schedule.NewReader(nil), func() {
		ch := make(chan int, 1)
		var wg sync.WaitGroup
		for range 3 {
			WaitGroupGo(&wg, func() {}, site)
		}
		for i := 0; i < b.N; i += 2 {
			To(ch, site).Send(1)
			Recv(ch, site)
		}
		WaitGroupWait(&wg, site)
	})
}

// preempting takes every goroutine off at every sync point.
type preempting struct{}

func (preempting) Choose(*engine.Question) int { return 1 }

// BenchmarkStepSwitches is a sync point at which the schedule has another goroutine go on. One an iteration.
func BenchmarkStepSwitches(b *testing.B) {
	execute(new(engine.Execution), preempting{}, func() {
		half := func() {
			ch := make(chan int, 1)
			for i := 0; i < b.N; i += 4 {
				To(ch, site).Send(1)
				Recv(ch, site)
			}
		}
		Go(half, site)
		half()
	})
}

// BenchmarkPingPong is the yardstick's program through the engine: each hand-over is two steps, a send that goes on and a
// receive that switches. One hand-over an iteration.
func BenchmarkPingPong(b *testing.B) {
	execute(new(engine.Execution), schedule.NewReader(nil), func() {
		ping, pong := make(chan int), make(chan int)
		Go(func() {
			for {
				if _, ok := Recv2(ping, site); !ok {
					return
				}
				To(pong, site).Send(1)
			}
		}, site)
		for i := 0; i < b.N; i += 2 {
			To(ping, site).Send(1)
			Recv(pong, site)
		}
		Close(ping, site)
	})
}

// BenchmarkContended unlocks and locks again in one goroutine, while many others wait for the lock. An iteration is two steps.
func BenchmarkContended(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			execute(new(engine.Execution), schedule.NewReader(nil), func() {
				var mu sync.Mutex
				MutexLock(&mu, site)
				for range n {
					Go(func() {
						MutexLock(&mu, site)
						MutexUnlock(&mu, site)
					}, site)
				}
				RuntimeGosched(site) // until all of them wait
				for range b.N {
					MutexUnlock(&mu, site)
					MutexLock(&mu, site)
				}
				MutexUnlock(&mu, site)
			})
		})
	}
}

// BenchmarkQueued has many goroutines take a lock once each, and give way while they have it, so that all others come to wait for it. An
// iteration is one of them.
func BenchmarkQueued(b *testing.B) {
	var mu sync.Mutex
	var rw sync.RWMutex
	for _, of := range []struct {
		name         string
		lock, unlock func()
	}{
		{"Mutex", func() { MutexLock(&mu, site) }, func() { MutexUnlock(&mu, site) }},
		{"RWMutex", func() { RWMutexLock(&rw, site) }, func() { RWMutexUnlock(&rw, site) }},
	} {
		for _, n := range []int{10, 1000} {
			b.Run(fmt.Sprintf("%s/%d", of.name, n), func(b *testing.B) {
				for done := 0; done < b.N; done += n {
					execute(new(engine.Execution), schedule.NewReader(nil), func() {
						for range n {
							Go(func() {
								of.lock()
								RuntimeGosched(site)
								of.unlock()
							}, site)
						}
					})
				}
			})
		}
	}
}

// BenchmarkExecution is a whole execution of a small body, bubble and all.
func BenchmarkExecution(b *testing.B) {
	x := new(engine.Execution)
	for b.Loop() {
		execute(x, schedule.NewReader(nil), func() {
			var wg sync.WaitGroup
			WaitGroupGo(&wg, func() {}, site)
			WaitGroupGo(&wg, func() { TimeSleep(time.Second, site) }, site)
			WaitGroupWait(&wg, site)
		})
	}
}

// What instrumented code costs while no execution is active, beside the operations themselves. Two operations an
// iteration.

func BenchmarkNativeLock(b *testing.B) {
	var mu sync.Mutex
	for range b.N {
		mu.Lock()
		mu.Unlock() //lint:ignore SA2001 the pair is what is measured
	}
}

func BenchmarkInertLock(b *testing.B) {
	var mu sync.Mutex
	for range b.N {
		MutexLock(&mu, site)
		MutexUnlock(&mu, site)
	}
}

func BenchmarkNativeSend(b *testing.B) {
	ch := make(chan int, 1)
	for range b.N {
		ch <- 1
		<-ch
	}
}

func BenchmarkInertSend(b *testing.B) {
	ch := make(chan int, 1)
	for range b.N {
		To(ch, site).Send(1)
		Recv(ch, site)
	}
}

func BenchmarkNativeAtomic(b *testing.B) {
	var n atomic.Int64
	for range b.N {
		n.Add(1)
		n.Load()
	}
}

func BenchmarkInertAtomic(b *testing.B) {
	var n atomic.Int64
	for range b.N {
		Atomic(&n, site).Add(1)
		Atomic(&n, site).Load()
	}
}

func BenchmarkNativeSelect(b *testing.B) {
	ch := make(chan int, 1)
	for range b.N {
		select {
		case ch <- 1:
		default:
		}
		select {
		case <-ch:
		default:
		}
	}
}

func BenchmarkInertSelect(b *testing.B) {
	ch := make(chan int, 1)
	for range b.N {
		OnSend(ch).Value(1).OrDefault(site)
		OnRecv(ch).OrDefault(site)
	}
}

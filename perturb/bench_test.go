package perturb_test

import (
	"sync"
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

// BenchmarkHandOver is the yardstick: one goroutine hands over to another through an unbuffered channel.
func BenchmarkHandOver(b *testing.B) {
	ping, pong := make(chan int), make(chan int)
	go func() {
		for v := range ping {
			pong <- v
		}
		close(pong)
	}()
	for b.Loop() {
		ping <- 1
		<-pong
	}
	close(ping)
	<-pong
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(2*b.N), "ns/handover")
}

// BenchmarkStepGoesOn is a sync point after which the same goroutine goes on, although others could run.
func BenchmarkStepGoesOn(b *testing.B) {
	execute(new(engine.Execution), schedule.NewReader(nil), func() {
		ch := make(chan int, 1)
		var wg sync.WaitGroup
		for range 3 {
			WaitGroupGo(&wg, func() {}, site)
		}
		for range b.N {
			To(ch, site).Send(1)
			Recv(ch, site)
		}
		WaitGroupWait(&wg, site)
	})
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(2*b.N), "ns/step")
}

// preempting takes every goroutine off at every sync point.
type preempting struct{}

func (preempting) Choose(int) int { return 1 }

// BenchmarkStepSwitches is a sync point at which the schedule has another goroutine go on.
func BenchmarkStepSwitches(b *testing.B) {
	execute(new(engine.Execution), preempting{}, func() {
		half := func() {
			ch := make(chan int, 1)
			for range b.N {
				To(ch, site).Send(1)
				Recv(ch, site)
			}
		}
		Go(half, site)
		half()
	})
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(4*b.N), "ns/step")
}

// BenchmarkPingPong is the yardstick's program through the engine. Each hand-over of it is two steps: a send that goes
// on, and a receive that switches.
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
		for range b.N {
			To(ping, site).Send(1)
			Recv(pong, site)
		}
		Close(ping, site)
	})
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(2*b.N), "ns/handover")
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

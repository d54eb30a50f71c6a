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
func execute(x *engine.Execution, body func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		synctest.Test(new(testing.T), func(*testing.T) {
			x.Run(schedule.NewReader(nil), engine.Limits{Steps: 1 << 60}, synctest.Wait, body)
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
	execute(new(engine.Execution), func() {
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

// BenchmarkStepSwitches is a sync point that hands over to another goroutine: two for each item that goes through an
// unbuffered channel and back.
func BenchmarkStepSwitches(b *testing.B) {
	execute(new(engine.Execution), func() {
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
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(2*b.N), "ns/switch")
}

// BenchmarkExecution is a whole execution of a small body, bubble and all.
func BenchmarkExecution(b *testing.B) {
	x := new(engine.Execution)
	for b.Loop() {
		execute(x, func() {
			var wg sync.WaitGroup
			WaitGroupGo(&wg, func() {}, site)
			WaitGroupGo(&wg, func() { TimeSleep(time.Second, site) }, site)
			WaitGroupWait(&wg, site)
		})
	}
}

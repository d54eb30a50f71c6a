// Package targets has programs of the size of a test, each as a fuzz target of package harness, as one of package testing, and as a test.
package targets

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jostle-dev/jostle/harness"
)

// twoLocks has two goroutines take two locks. It runs for some microseconds.
func twoLocks() {
	var a, b sync.Mutex
	var wg sync.WaitGroup
	for range 2 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			a.Lock()
			defer a.Unlock()
			b.Lock()
			defer b.Unlock()
		}()
	}
	wg.Wait()
}

// pipeline has four goroutines double 64 numbers.
func pipeline(t testing.TB) {
	const items = 64
	numbers, doubled := make(chan int), make(chan int)
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := range numbers {
				doubled <- 2 * n
			}
		}()
	}
	go func() {
		for n := range items {
			numbers <- n
		}
		close(numbers)
		wg.Wait()
		close(doubled)
	}()
	sum := 0
	for n := range doubled {
		sum += n
	}
	if sum != items*(items-1) {
		t.Errorf("the sum is %d", sum)
	}
}

func FuzzTwoLocks(f *testing.F) { harness.Fuzz(f, func(harness.T, struct{}) { twoLocks() }) }

func FuzzPipeline(f *testing.F) { harness.Fuzz(f, func(t harness.T, _ struct{}) { pipeline(t) }) }

// choices has stages in which a goroutine must look at a word right between the second and the third of four additions to it, for all stages
// with the same input: what executions have in common that do so in some of them is nothing but the order of operations.
func choices(t testing.TB, n int) {
	var words [5]atomic.Int32
	right := [5]uint8{2: 1} // by what was seen; no branch may tell
	met := 0
	stage := func(adds, looks func()) {
		var wg sync.WaitGroup
		wg.Add(1)
		go func() {
			defer wg.Done()
			adds()
		}()
		looks()
		wg.Wait()
	}
	look := func(w *atomic.Int32) { met += int(right[w.Load()]) }
	a, b, c, d, e := &words[0], &words[1], &words[2], &words[3], &words[4]
	stages := []func(){
		func() { stage(func() { a.Add(1); a.Add(1); a.Add(1); a.Add(1) }, func() { look(a) }) },
		func() { stage(func() { b.Add(1); b.Add(1); b.Add(1); b.Add(1) }, func() { look(b) }) },
		func() { stage(func() { c.Add(1); c.Add(1); c.Add(1); c.Add(1) }, func() { look(c) }) },
		func() { stage(func() { d.Add(1); d.Add(1); d.Add(1); d.Add(1) }, func() { look(d) }) },
		func() { stage(func() { e.Add(1); e.Add(1); e.Add(1); e.Add(1) }, func() { look(e) }) },
	}
	for _, s := range stages[:n] {
		s()
	}
	inputs++
	if met == n {
		t.Errorf("all %d were met by input %d", n, inputs)
	}
}

var inputs int // of this process

func FuzzThreeChoices(f *testing.F) { harness.Fuzz(f, func(t harness.T, _ struct{}) { choices(t, 3) }) }

func FuzzFiveChoices(f *testing.F) { harness.Fuzz(f, func(t harness.T, _ struct{}) { choices(t, 5) }) }

func FuzzNativeTwoLocks(f *testing.F) { f.Fuzz(func(*testing.T, []byte) { twoLocks() }) }

func FuzzNativePipeline(f *testing.F) { f.Fuzz(func(t *testing.T, _ []byte) { pipeline(t) }) }

// steps runs body as one execution.
func steps(b *testing.B, body func()) {
	harness.Check(b, func(harness.T) { body() }, harness.Schedules(1))
}

// BenchmarkStepGoesOn is a sync point after which the same goroutine goes on, although others could run. One an iteration.
func BenchmarkStepGoesOn(b *testing.B) {
	steps(b, func() {
		var wg sync.WaitGroup
		var done atomic.Bool
		for range 3 {
			wg.Go(func() {
				for !done.Load() { // it has its turn now and then, and can run all the time
					runtime.Gosched()
				}
			})
		}
		c := make(chan int, 1)
		for i := 0; i < b.N; i += 2 {
			c <- 1
			<-c
		}
		done.Store(true)
		wg.Wait()
	})
}

// BenchmarkStepSwitches is a sync point at which another goroutine goes on. One an iteration.
func BenchmarkStepSwitches(b *testing.B) {
	steps(b, func() {
		half := func() {
			for i := 0; i < b.N; i += 2 {
				runtime.Gosched()
			}
		}
		var wg sync.WaitGroup
		wg.Go(half)
		half()
		wg.Wait()
	})
}

// BenchmarkPingPong hands over through an unbuffered channel: each hand-over is two steps, a send that goes on and a receive that
// switches. One hand-over an iteration.
func BenchmarkPingPong(b *testing.B) {
	steps(b, func() {
		ping, pong := make(chan int), make(chan int)
		go func() {
			for range ping {
				pong <- 1
			}
		}()
		for i := 0; i < b.N; i += 2 {
			ping <- 1
			<-pong
		}
		close(ping)
	})
}

func TestTwoLocks(t *testing.T) { twoLocks() }

func TestPipeline(t *testing.T) { pipeline(t) }

// Package targets has programs of the size of a test, each as a fuzz target of package harness, as one of package testing, and as a test.
package targets

import (
	"sync"
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

func FuzzNativeTwoLocks(f *testing.F) { f.Fuzz(func(*testing.T, []byte) { twoLocks() }) }

func FuzzNativePipeline(f *testing.F) { f.Fuzz(func(t *testing.T, _ []byte) { pipeline(t) }) }

func TestTwoLocks(t *testing.T) { twoLocks() }

func TestPipeline(t *testing.T) { pipeline(t) }

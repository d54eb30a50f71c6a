package fuzz

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/jostle-dev/jostle/harness"
	"github.com/jostle-dev/jostle/pipeline"
)

// BenchmarkFlat runs the right ordered sink b.N times in one process and prints, at each 100,000, how many goroutines
// there are and how large the heap is: make flat runs a million.
func BenchmarkFlat(b *testing.B) {
	body := orderedSink(pipeline.Right)
	n, goroutines, heap := 0, 0, uint64(0)
	harness.Check(b, func(t harness.T) {
		if n++; n%100_000 == 0 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			fmt.Printf("%9d executions: %d goroutines, heap %d KiB\n", n, runtime.NumGoroutine(), m.HeapAlloc>>10)
			if goroutines == 0 {
				goroutines, heap = runtime.NumGoroutine(), m.HeapAlloc
			}
			if runtime.NumGoroutine() > goroutines || m.HeapAlloc > 2*heap+1<<20 {
				t.Fatalf("it began with %d goroutines and %d KiB", goroutines, heap>>10)
			}
		}
		body(t, struct{}{})
	}, harness.Schedules(b.N))
}

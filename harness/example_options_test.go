package harness_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jostle-dev/jostle/harness"
)

// A target for a bug that is not mended yet passes as long as its corpus shows the bug, and fails when nothing does any more.
func ExampleWant() {
	_ = func(f *testing.F) { harness.Fuzz(f, transfers, harness.Want(harness.Deadlock, 2)) }
}

// counts is the body of a Check. It may return early when its context is cancelled, and so must what it has started.
func counts(t harness.T) {
	numbers := make(chan int)
	go count(t.Context(), numbers)
	for received := 0; received < 3; received++ {
		select {
		case <-numbers:
		case <-t.Context().Done():
			return
		}
	}
}

// The schedule cancels the context of the body at some point of each execution.
func ExampleCancel() {
	_ = func(t *testing.T) { harness.Check(t, counts, harness.Cancel(), harness.Schedules(1_000)) }
}

// A connection of the body fails at some point of each execution: the goroutines that it has started must still end.
func ExampleFaults() {
	_ = func(t *testing.T) { harness.Check(t, counts, harness.Faults(), harness.Schedules(1_000)) }
}

// count sends numbers until its context is done.
func count(ctx context.Context, numbers chan<- int) {
	for n := 0; ; n++ {
		select {
		case numbers <- n:
		case <-ctx.Done():
			return
		}
	}
}

// What a Verdict is called in reports.
func ExampleVerdict() {
	for v := harness.Deadlock; v <= harness.Stall; v++ {
		fmt.Println(v)
	}
	// Output:
	// deadlock
	// leak
	// lost wake-up
	// panic
	// assertion
	// livelock
	// data race
	// stall
}

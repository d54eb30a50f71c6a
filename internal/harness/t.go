package harness

import "testing"

// A T is what a body gets in the place of a *testing.T: it has all its methods but Run and Parallel, and works with
// everything that takes a testing.TB, testify for instance. What it is told concerns one execution: FailNow ends the
// execution, Cleanup runs at its end, when the body has returned and before goroutines that are left count as leaked,
// and Context is cancelled just before that. It may be used from all goroutines of the execution.
type T = testing.TB

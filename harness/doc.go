// Package harness is for targets: tests whose body runs under many schedules, chosen by a fuzzer or one after the other.
//
// # When to write one
//
// The command jostle test ./... runs the tests that a package has, unchanged, each under some hundred schedules. Begin with
// that. Write a target where you want more:
//
//   - [Fuzz], for a body with input: Go's fuzzer, or libFuzzer, searches values and schedules together, for as long as you let it.
//   - [Check], for a body without: each go test runs it under some hundred schedules.
//   - [Want], for a bug that is known and must stay findable until it is mended.
//
// # Writing a target
//
// A target is a fuzz target of package testing, in a _test.go file. Its body is ordinary code: it starts goroutines and uses channels,
// locks, timers and contexts as it likes. Fuzz runs it once for each input:
//
//	func FuzzTransfer(f *testing.F) {
//		harness.Fuzz(f, func(t harness.T, in struct{ Amount uint8 }) {
//			var a, b Account
//			var wg sync.WaitGroup
//			wg.Go(func() { Transfer(&a, &b, int(in.Amount)) })
//			wg.Go(func() { Transfer(&b, &a, 1) })
//			wg.Wait()
//		})
//	}
//
// [T] has the methods of a *testing.T but Run and Parallel, and works with everything that takes a testing.TB. The struct says what the
// body needs: its fields are filled from the fuzzer's bytes, and the rest of the bytes is the schedule.
//
// What the body checks is up to it. It need not check that it ends: a body that can never return fails by itself, and so does one
// that leaves behind a goroutine that can never end. Package linearizable, in a module of its own below this one, checks what goroutines
// did with a data structure.
//
// # Running it
//
// The code under test must be built from rewritten copies of its sources. In a plain build a target is skipped, and this package does
// nothing: its module requires no other, and Go 1.18 is enough to build it. The command jostle, which needs Go 1.25, builds the copies
// and asks go test to do the rest:
//
//	go install github.com/jostle-dev/jostle/cmd/jostle@latest
//	jostle fuzz . -run FuzzTransfer -time 30s
//
// If TestMain is [Main], go test does so by itself:
//
//	func TestMain(m *testing.M) { harness.Main(m) }
//
// # What a finding looks like
//
// The failure of a target is a report: what waits for what, how that came about, and what to change. That of the example of Fuzz, in a
// file bank_test.go, begins so:
//
//	deadlock: 2 goroutines wait for each other in a circle (rule 2)
//	  Rule 2: keep one order of acquisition.
//	  Nothing can run and no timer is pending. See: jostle explain deadlock
//
//	  ┌─▶ g2 transfers.func1   started by g1 at bank_test.go:30
//	  │   holds  from.mu #2     bank_test.go:18  from.mu.Lock()
//	  │   waits  lock to.mu #3  bank_test.go:20  to.mu.Lock()
//	  │    ▼ held by g3
//	  │   g3 transfers.func2   started by g1 at bank_test.go:31
//	  │   holds  from.mu #3     bank_test.go:18  from.mu.Lock()
//	  │   waits  lock to.mu #2  bank_test.go:20  to.mu.Lock()
//	  └────┘ held by g2
//
// # Running a finding again
//
// Go's fuzzer keeps the input in testdata/fuzz, and its schedule with it. So the finding comes again every time, on every machine, with
// the commands that the report ends with:
//
//	eval "$(jostle env .)"
//	go test -run '^FuzzTransfer$/^285acbaf8430bedf$' .
//
// A Check has no corpus. Its report has the schedule in the flag -jostle.schedule.
//
// # Executions
//
// Each run of a body is an execution, a world of its own. Its goroutines run one at a time, and the schedule decides at each sync point
// which of them continues. Its clock is virtual: time stands still while anything can run, and a sleep costs nothing. An execution
// passes if the body returns, its cleanups are done, and every goroutine that it started ends. If nothing can run and no timer is
// pending before that, it is a deadlock or a leak. No time-out is guessed.
//
// A schedule reaches only what is rewritten. A goroutine that blocks in a system call or spins in a loop is
// beyond it, and so is one that waits for long for what comes from outside the process: after some seconds of real time the execution is given up with the verdict [Stall], and the process continues.
//
// There is one execution at a time in a process: targets and Checks are not for tests that run in parallel.
package harness

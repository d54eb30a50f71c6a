// Package harness is what a test author imports: it runs a body under one schedule after the other and turns what is
// left of each execution into a verdict.
//
// Fuzz makes a native fuzz target of a body, whose bytes are the schedule:
//
//	func FuzzFlush(f *testing.F) {
//		harness.Fuzz(f, func(t harness.T, in struct{ Rows uint8 }) {
//			p := pipeline.New(int(in.Rows))
//			require.NoError(t, p.Flush(t.Context()))
//		})
//	}
//
// Check runs a body under some hundred schedules in an ordinary test. In both the body is ordinary code that starts
// goroutines and uses channels, locks, timers and contexts as it likes; it must be built from instrumented sources, which
// the command jostle takes care of.
//
// An execution is a world of its own. Its goroutines run one at a time, and the schedule decides at each sync point who
// goes on. Its clock is virtual: time stands still while anything can run, and a sleep costs nothing. The body's own
// return, its cleanups and the end of every goroutine that it started make an execution pass. If nothing can run and no
// timer is pending before that, it is a deadlock or a leak: no time-out is guessed, and the same schedule gives the same
// verdict on every machine.
//
// What blocks or spins where no sync point is (a system call, the network, a busy loop) is beyond the schedule: after
// seconds of real time the execution is given up with the verdict stall, and the process goes on.
package harness

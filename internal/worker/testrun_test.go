package worker_test

import (
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"weak"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/verdict"
	"github.com/jostle-dev/jostle/internal/worker"
	"github.com/jostle-dev/jostle/perturb"
	"github.com/jostle-dev/jostle/perturb/testhook"
)

// at returns a site at a line of an imaginary file, so that reports read like real ones.
func at(line int, expr string) *perturb.Site { return worker.At(line, expr) }

// A goroutine that blocks where no bubble and no engine can see is given up, and the process goes on.
func TestStall(t *testing.T) {
	outer := make(chan int) // made outside the execution, and not instrumented
	text := worker.CheckFails(func(testing.TB) { <-outer })
	assert.Contains(t, text, "stall: g1 main")
	assert.Contains(t, text, "worker_test.TestStall.func")
	assert.Contains(t, text, "verdict=stall rule=- ")
	close(outer)
	assert.Empty(t, worker.CheckFails(func(testing.TB) { perturb.RuntimeGosched(at(1, "")) }))
}

// What a test says itself is the finding, and what it leaves behind a part of it, wherever the word comes from. A test that gave up
// by skipping itself has not come to end what it has started either; what others have left is a leak all the same.
func TestTestThatGivesUpAndLeavesSomething(t *testing.T) {
	leave := func() {
		c := make(chan int)
		perturb.Go(func() { perturb.Recv(c, at(1, "c")) }, at(2, "func"))
	}
	tests := []struct {
		name string
		body func(*testing.T)
		kind verdict.Kind
		left int // beside the failure
	}{
		{"nothing is said", func(*testing.T) { leave() }, verdict.Leak, 0},
		{"Fatal", func(t *testing.T) { leave(); t.Fatal() }, verdict.Assertion, 1},
		{"Error, and on to the end", func(t *testing.T) { leave(); t.Error(); leave() }, verdict.Assertion, 2},
		{"Fatal in a subtest", func(t *testing.T) {
			testhook.Run(t, "sub", func(t *testing.T) { leave(); t.Fatal() })
		}, verdict.Assertion, 1},
		{"Error in a cleanup", func(t *testing.T) {
			leave()
			testhook.Cleanup(t, func() { t.Error() })
		}, verdict.Assertion, 1},
		{"Skip", func(t *testing.T) { leave(); t.Skip() }, verdict.Pass, 0},
		{"Skip in a subtest", func(t *testing.T) {
			testhook.Run(t, "sub", func(t *testing.T) { leave(); t.Skip() })
		}, verdict.Pass, 0},
		{"Skip in a subtest of one that leaves something", func(t *testing.T) {
			leave()
			testhook.Run(t, "sub", func(t *testing.T) { t.Skip() })
		}, verdict.Leak, 0},
		{"Skip by what a goroutine of it has started", func(t *testing.T) {
			perturb.Go(leave, at(3, "func"))
			t.Skip()
		}, verdict.Pass, 0},
		{"panic", func(*testing.T) { leave(); panic("no") }, verdict.Panic, 0},
		{"Error, and locks in a circle", func(t *testing.T) {
			var a, b sync.Mutex
			both := func(first, second *sync.Mutex) {
				perturb.MutexLock(first, at(4, "first"))
				perturb.RuntimeGosched(at(5, ""))
				perturb.MutexLock(second, at(6, "second"))
			}
			perturb.Go(func() { both(&a, &b) }, at(7, "func"))
			perturb.Go(func() { both(&b, &a) }, at(8, "func"))
			perturb.TimeSleep(time.Second, at(9, ""))
			t.Error("late")
		}, verdict.Deadlock, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := worker.RunOnce(t, tt.body)
			assert.Equal(t, tt.kind, out.Kind, out.Text)
			assert.Len(t, out.Left, tt.left)
			text := out.Text
			if tt.left > 0 {
				assert.Contains(t, text, "\nleft behind when the test had failed, and can never end\n")
			}
			if strings.Contains(tt.name, "circle") {
				assert.Contains(t, text, ": late\n", "the words of the test")
			}
		})
	}
}

// Signals can be asked for in an execution: the runtime's own channels for them belong to no bubble.
func TestSignals(t *testing.T) {
	out := worker.RunOnce(t, func(*testing.T) {
		c := make(chan os.Signal, 1)
		signal.Notify(c, os.Interrupt)
		signal.Stop(c)
	})
	assert.Equal(t, verdict.Pass, out.Kind, out.Output)
}

// A leak detector in a test finds what the test has left, and nothing of what runs the test.
func TestGoroutinesOfATest(t *testing.T) {
	out := worker.RunOnce(t, func(t *testing.T) {
		c := make(chan int)
		perturb.Go(func() { perturb.Recv(c, at(1, "c")) }, at(2, "func"))
		testhook.Run(t, "sub", func(*testing.T) {
			perturb.RuntimeGosched(at(3, ""))
			buf := make([]byte, 1<<20)
			stacks := string(buf[:perturb.RuntimeStack(buf, true)])
			for stack := range strings.SplitSeq(stacks, "\n\n") {
				assert.NotContains(t, stack, "jostle/internal/worker.(", stack)
				assert.NotContains(t, stack, "/internal/engine.", stack)
				assert.NotContains(t, stack, "synctest", stack)
			}
			assert.Regexp(t, `\[chan receive\]:\n.*/worker_test\.TestGoroutinesOfATest\.func[0-9.]+\(\)\n\t.*\ncreated by x\.F in goroutine `, stacks)
			assert.NotContains(t, stacks, "testing.RunTests(")
		})
		perturb.Close(c, at(4, "c"))
	})
	assert.Equal(t, verdict.Pass, out.Kind, out.Output)
	assert.False(t, out.Failed, out.Output)
}

// What a finalizer does to a channel is part of the execution: done by the runtime, it would end the process.
func TestFinalizers(t *testing.T) {
	out := worker.RunOnce(t, func(t *testing.T) {
		stop := make(chan int)
		type cache struct{ stop chan int }
		func() {
			perturb.RuntimeSetFinalizer(&cache{stop}, func(c *cache) { perturb.To(c.stop, at(1, "c.stop")).Send(1) })
			perturb.RuntimeAddCleanup(&cache{stop}, func(c chan int) { perturb.To(c, at(2, "c")).Send(2) }, stop)
		}()
		perturb.RuntimeGC()
		assert.Equal(t, 3, perturb.Recv(stop, at(3, "stop"))+perturb.Recv(stop, at(4, "stop")))
	})
	assert.Equal(t, verdict.Pass, out.Kind, out.Output)
}

// Nobody calls runtime.GC: whoever a finalizer ends is not left all the same.
func TestFinalizerEndsGoroutine(t *testing.T) {
	type cache struct{ stop chan int }
	start := func() *cache {
		stop := make(chan int)
		perturb.Go(func() {
			tick := perturb.TimeNewTicker(time.Second, at(1, "tick"))
			defer perturb.TickerStop(tick, at(2, "tick"))
			for {
				if perturb.Select(at(3, ""), perturb.NoDefault, perturb.OnRecv(tick.C), perturb.OnRecv(stop)) == 1 {
					return
				}
			}
		}, at(4, ""))
		c := &cache{stop}
		perturb.RuntimeSetFinalizer(c, func(c *cache) { perturb.Close(c.stop, at(5, "c.stop")) })
		return c
	}
	endsWithCache(t, start)
}

// What only a pool holds is garbage: a goroutine that its finalizer ends is not left.
func TestFinalizerOfWhatAPoolHolds(t *testing.T) {
	type writer struct{ jobs chan int }
	var pool sync.Pool
	out := worker.RunOnce(t, func(*testing.T) {
		jobs := make(chan int)
		perturb.Go(func() {
			for {
				if _, ok := perturb.Recv2(jobs, at(1, "jobs")); !ok {
					return
				}
			}
		}, at(2, ""))
		w := &writer{jobs}
		perturb.RuntimeSetFinalizer(w, func(w *writer) { perturb.Close(w.jobs, at(3, "w.jobs")) })
		perturb.PoolPut(&pool, w, at(4, "pool"))
	})
	assert.Equal(t, verdict.Pass, out.Kind, out.Output)
}

// Steps are somebody's, also those of a test that fails and leaves nothing behind.
func TestStepsOfAFailureHaveNames(t *testing.T) {
	out := worker.RunOnce(t, func(t *testing.T) {
		c := make(chan int, 1)
		perturb.To(c, at(1, "c")).Send(1)
		t.Fail()
	})
	assert.Equal(t, verdict.Assertion, out.Kind)
	assert.Contains(t, out.Steps, "g2 "+t.Name()[:16])
}

// Who looks at each tick whether what it works for is still there, through a weak pointer, ends when it is not.
func TestWeakPointerEndsGoroutine(t *testing.T) {
	type cache struct{ _ [64]*int }
	start := func() *cache {
		c := &cache{}
		w := weak.Make(c)
		perturb.Go(func() {
			tick := perturb.TimeNewTicker(time.Second, at(1, "tick"))
			defer perturb.TickerStop(tick, at(2, "tick"))
			for w.Value() != nil {
				perturb.Recv(tick.C, at(3, "tick.C"))
			}
		}, at(4, ""))
		return c
	}
	endsWithCache(t, start)
}

// endsWithCache checks that the goroutine of a cache, which start makes, ends when the cache is no longer in use, and not before.
func endsWithCache[Cache any](t *testing.T, start func() *Cache) {
	t.Helper()
	var kept *Cache
	out := worker.RunOnce(t, func(*testing.T) { start() })
	assert.Equal(t, verdict.Pass, out.Kind, out.Output)
	out = worker.RunOnce(t, func(*testing.T) { kept = start() })
	assert.True(t, out.Undecided, "the cache is still in use, and of the loop nothing is known")
	runtime.KeepAlive(kept)
}

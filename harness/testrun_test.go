package harness

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
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/session"
	"github.com/jostle-dev/jostle/internal/strategy"
	"github.com/jostle-dev/jostle/internal/verdict"
	"github.com/jostle-dev/jostle/perturb"
)

// runOnce runs a test function as one execution.
func runOnce(t *testing.T, body func(*testing.T)) testOutcome {
	t.Helper()
	before := plan
	plan = new(session.Plan)
	defer func() { plan = before }()
	r, err := newTestRunner(t, body)
	require.NoError(t, err)
	return r.run(strategy.Plain{})
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
			Run(t, "sub", func(t *testing.T) { leave(); t.Fatal() })
		}, verdict.Assertion, 1},
		{"Error in a cleanup", func(t *testing.T) {
			leave()
			Cleanup(t, func() { t.Error() })
		}, verdict.Assertion, 1},
		{"Skip", func(t *testing.T) { leave(); t.Skip() }, verdict.Pass, 0},
		{"Skip in a subtest", func(t *testing.T) {
			Run(t, "sub", func(t *testing.T) { leave(); t.Skip() })
		}, verdict.Pass, 0},
		{"Skip in a subtest of one that leaves something", func(t *testing.T) {
			leave()
			Run(t, "sub", func(t *testing.T) { t.Skip() })
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
			out := runOnce(t, tt.body)
			assert.Equal(t, tt.kind, out.Kind, out.text("", "", false))
			assert.Len(t, out.Left, tt.left)
			text := out.text("", "", false)
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
	out := runOnce(t, func(*testing.T) {
		c := make(chan os.Signal, 1)
		signal.Notify(c, os.Interrupt)
		signal.Stop(c)
	})
	assert.Equal(t, verdict.Pass, out.Kind, out.output)
}

// A leak detector in a test finds what the test has left, and nothing of what runs the test.
func TestGoroutinesOfATest(t *testing.T) {
	out := runOnce(t, func(t *testing.T) {
		c := make(chan int)
		perturb.Go(func() { perturb.Recv(c, at(1, "c")) }, at(2, "func"))
		Run(t, "sub", func(*testing.T) {
			perturb.RuntimeGosched(at(3, ""))
			buf := make([]byte, 1<<20)
			stacks := string(buf[:perturb.RuntimeStack(buf, true)])
			for stack := range strings.SplitSeq(stacks, "\n\n") {
				assert.NotContains(t, stack, "jostle/harness.(", stack)
				assert.NotContains(t, stack, "/internal/engine.", stack)
				assert.NotContains(t, stack, "synctest", stack)
			}
			assert.Equal(t, 1, strings.Count(stacks, "[chan receive]:\nx.F.gowrap1()"), stacks) // its own frames are of this package
			assert.NotContains(t, stacks, "testing.RunTests(")
		})
		perturb.Close(c, at(4, "c"))
	})
	assert.Equal(t, verdict.Pass, out.Kind, out.output)
	assert.False(t, out.failed, out.output)
}

// What a finalizer does to a channel is part of the execution: done by the runtime, it would end the process.
func TestFinalizers(t *testing.T) {
	out := runOnce(t, func(t *testing.T) {
		stop := make(chan int)
		type cache struct{ stop chan int }
		func() {
			perturb.RuntimeSetFinalizer(&cache{stop}, func(c *cache) { perturb.To(c.stop, at(1, "c.stop")).Send(1) })
			perturb.RuntimeAddCleanup(&cache{stop}, func(c chan int) { perturb.To(c, at(2, "c")).Send(2) }, stop)
		}()
		perturb.RuntimeGC()
		assert.Equal(t, 3, perturb.Recv(stop, at(3, "stop"))+perturb.Recv(stop, at(4, "stop")))
	})
	assert.Equal(t, verdict.Pass, out.Kind, out.output)
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
	var kept *cache
	out := runOnce(t, func(*testing.T) { start() })
	assert.Equal(t, verdict.Pass, out.Kind, out.output)
	out = runOnce(t, func(*testing.T) { kept = start() })
	assert.True(t, out.Undecided, "the cache is still in use, and of the loop nothing is known")
	runtime.KeepAlive(kept)
}

// Steps are somebody's, also those of a test that fails and leaves nothing behind.
func TestStepsOfAFailureHaveNames(t *testing.T) {
	before := plan
	plan = new(session.Plan)
	defer func() { plan = before }()
	r, err := newTestRunner(t, func(t *testing.T) {
		c := make(chan int, 1)
		perturb.To(c, at(1, "c")).Send(1)
		t.Fail()
	})
	require.NoError(t, err)
	r.keep = true
	out := r.run(strategy.Plain{})
	assert.Equal(t, verdict.Assertion, out.Kind)
	assert.Contains(t, out.text("", "", true), "g2 "+t.Name()[:16])
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
	var kept *cache
	out := runOnce(t, func(*testing.T) { start() })
	assert.Equal(t, verdict.Pass, out.Kind, out.output)
	out = runOnce(t, func(*testing.T) { kept = start() })
	assert.True(t, out.Undecided, "the cache is still in use, and of the loop nothing is known")
	runtime.KeepAlive(kept)
}

package perturb_test

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"weak"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	. "github.com/jostle-dev/jostle/perturb"
	_ "github.com/jostle-dev/jostle/perturb/nativestack"
)

// What code sees of its goroutines is what it would see without an execution: leak detectors and tests that wait until
// somebody waits look at it.
func TestStacks(t *testing.T) {
	about := func(log *enginetest.Log, stack string, words ...string) {
		for _, w := range words {
			log.Add("%t", strings.Contains(stack, w))
		}
	}
	all := func() string {
		buf := make([]byte, 1<<20)
		return string(buf[:RuntimeStack(buf, true)])
	}
	enginetest.RunPrograms(t, []enginetest.Program{
		{
			Name: "a goroutine that waits for a mutex",
			Body: func(log *enginetest.Log) {
				var mu sync.Mutex
				MutexLock(&mu, site)
				together(
					func() { lockAndUnlock(&mu) },
					func() {
						rest()
						about(log, all(), "sync.(*Mutex).Lock(", "perturb_test.lockAndUnlock(", "/src/sync/", "[sync.Mutex.Lock]:\n", "synctest bubble", "/internal/engine.")
						MutexUnlock(&mu, site)
					},
				)
			},
			Departures: 1,
			Want:       []string{"true true true true false false"},
		},
		{
			Name: "goroutines that wait for channels",
			Body: func(log *enginetest.Log) {
				c, d := make(chan int), make(chan int)
				together(
					func() { Recv(c, site) },
					func() { Select(site, false, OnRecv(c), OnRecv(d)) },
					func() {
						rest()
						about(log, all(), "[chan receive]:\n", "[select]:\n", "perturb.Recv", "(durable)")
						Close(c, site)
					},
				)
			},
			Departures: 1,
			Want:       []string{"true true false false"},
		},
		{
			Name: "one's own",
			Body: func(log *enginetest.Log) {
				lines := strings.Split(string(DebugStack()), "\n")
				about(log, lines[0], "[running]:")
				log.Add("%s", lines[1])
				about(log, lines[2], "runtime/debug/stack.go:")
				about(log, lines[3], "perturb_test.TestStacks")
			},
			Want: []string{"true runtime/debug.Stack() true true"},
		},
	})
}

//go:noinline
func lockAndUnlock(mu *sync.Mutex) {
	MutexLock(mu, site)
	MutexUnlock(mu, site)
}

// What the engine has noted of objects keeps them alive no longer than the program does.
func TestCollect(t *testing.T) {
	type cache struct {
		mu  sync.Mutex
		out chan *int
	}
	enginetest.RunPrograms(t, []enginetest.Program{
		{
			Name: "used and left",
			Body: func(log *enginetest.Log) {
				w := func() weak.Pointer[cache] {
					c := &cache{out: make(chan *int, 1)}
					MutexLock(&c.mu, site)
					MutexUnlock(&c.mu, site)
					To(c.out, site).Send(new(int))
					return weak.Make(c)
				}()
				RuntimeGC()
				log.Add("%t", w.Value() == nil)
			},
			Want: []string{"true"},
		},
		{
			Name: "a lock that is held and waited for",
			Body: func(log *enginetest.Log) {
				var mu sync.Mutex
				MutexLock(&mu, site)
				together(
					func() { MutexLock(&mu, site); log.Add("b"); MutexUnlock(&mu, site) },
					func() { rest(); RuntimeGC(); log.Add("a"); MutexUnlock(&mu, site) },
				)
			},
			Departures: 1,
			Want:       []string{"a b"},
		},
	})
}

// Of what an execution has left, the standard library's own finalizers and cleanups run when the execution is over: they close descriptors.
// Those of the code under test do not.
func TestFinalizersAfterwards(t *testing.T) {
	type thing struct{ p *int }
	var freed sync.WaitGroup
	freed.Add(1)
	var own atomic.Bool
	plain(t, 1_000, func(*enginetest.Log) {
		RuntimeAddCleanup(&thing{new(int)}, func(*sync.WaitGroup) { own.Store(true) }, &freed)
		RuntimeSetFinalizer(&thing{new(int)}, func(*thing) { own.Store(true) })
		RuntimeAddCleanup(&thing{new(int)}, (*sync.WaitGroup).Done, &freed)
	})
	done := make(chan int)
	go func() { freed.Wait(); close(done) }()
	for {
		runtime.GC()
		select {
		case <-done:
			assert.False(t, own.Load())
			return
		case <-time.After(time.Millisecond):
		}
	}
}

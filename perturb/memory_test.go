//go:build !race

package perturb_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/access"
	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	"github.com/jostle-dev/jostle/internal/strategy"
	"github.com/jostle-dev/jostle/internal/trace"
	. "github.com/jostle-dev/jostle/perturb"
)

// A watched stands for what the compiler does in an instrumented build: it calls the engine before each plain load and store.
type watched struct {
	told   func(addr, size, pc uintptr, write bool)
	labels map[string]string // of accesses, see at
}

// watch has the engine told of the accesses that a test does, until it ends.
func watch(t *testing.T) *watched {
	t.Helper()
	w := &watched{labels: map[string]string{}}
	was, ignore, line := engine.Watch, engine.Unwatch, engine.StartLine
	engine.Watch = func(f func(addr, size, pc uintptr, write bool)) { w.told = f }
	engine.StartLine = func(*runtime.Frame) int { return 0 }
	engine.Unwatch = func(uintptr) {}
	t.Cleanup(func() { engine.Watch, engine.Unwatch, engine.StartLine = was, ignore, line })
	return w
}

//go:noinline
func (w *watched) load(label string, p *int) int {
	w.tell(label, p, false)
	return *p
}

//go:noinline
func (w *watched) store(label string, p *int, v int) {
	w.tell(label, p, true)
	*p = v
}

func (w *watched) tell(label string, p *int, write bool) {
	var pcs [1]uintptr
	runtime.Callers(3, pcs[:])
	f, _ := runtime.CallersFrames(pcs[:]).Next()
	w.labels[at(f.Function, f.Line, write)] = label
	if w.told != nil {
		w.told(uintptr(unsafe.Pointer(p)), unsafe.Sizeof(*p), pcs[0], write)
	}
}

// at tells accesses apart.
func at(function string, line int, write bool) string { return fmt.Sprint(function, line, write) }

// label returns what a test calls the access at a place.
func (w *watched) label(s *trace.Site) string {
	return w.labels[at(s.Func, int(s.Line), s.Op == trace.OpStore)]
}

// mayRace records a program under some schedules, and returns the pairs of accesses that may race, and their places.
func (w *watched) mayRace(t *testing.T, body func()) (labels []string, places []*trace.Site) {
	t.Helper()
	x, rec := new(engine.Execution), access.NewRecorder()
	mix := strategy.Mix{Seed: 1, Only: "walk"}
	for n := range 20 {
		enginetest.Run(t, x, mix.Execution(n), engine.Limits{Record: rec, Steps: 1e5}, body)
	}
	for _, p := range rec.Pairs() {
		pair := []string{w.label(x.Accessed(p.A)), w.label(x.Accessed(p.B))}
		slices.Sort(pair)
		labels = append(labels, fmt.Sprint(pair))
		places = append(places, x.Accessed(p.A), x.Accessed(p.B))
	}
	for _, n := range rec.Spins() {
		places = append(places, x.Accessed(n))
	}
	slices.Sort(labels)
	return slices.Compact(labels), places
}

func TestMayRace(t *testing.T) {
	w := watch(t)
	for _, c := range []struct {
		name string
		body func()
		want []string
	}{
		{"nothing orders them", func() {
			n := 0
			together(func() { w.store("a", &n, 1) }, func() { w.store("b", &n, 2) })
		}, []string{"[a b]"}},
		{"the go statement, and a wait group", func() {
			n := 0
			w.store("a", &n, 1)
			together(func() { w.store("b", &n, 2) }, func() {})
			w.store("c", &n, 3)
		}, nil},
		{"a lock", func() {
			n := 0
			var mu sync.Mutex
			locked := func(f func()) { MutexLock(&mu, site); f(); MutexUnlock(&mu, site) }
			together(func() { locked(func() { w.store("a", &n, 1) }) }, func() { locked(func() { w.store("b", &n, 2) }) })
		}, nil},
		{"a lock that only one of them takes", func() {
			n := 0
			var mu sync.Mutex
			together(func() { MutexLock(&mu, site); w.store("a", &n, 1); MutexUnlock(&mu, site) }, func() { w.store("b", &n, 2) })
		}, []string{"[a b]"}},
		{"the lock is held for reading", func() {
			n := 0
			var mu sync.RWMutex
			together(func() { RWMutexRLock(&mu, site); w.load("a", &n); RWMutexRUnlock(&mu, site) }, func() { RWMutexLock(&mu, site); w.store("b", &n, 2); RWMutexUnlock(&mu, site) })
		}, nil},
		{"a channel without a buffer, what is sent", func() {
			n, c := 0, make(chan int)
			together(func() { w.store("a", &n, 1); To(c, site).Send(1) }, func() { Recv(c, site); w.store("b", &n, 2) })
		}, nil},
		{"a channel without a buffer, the other way round", func() {
			n, c := 0, make(chan int)
			together(func() { To(c, site).Send(1); w.store("a", &n, 1) }, func() { w.store("b", &n, 2); Recv(c, site) })
		}, nil},
		{"a channel with a buffer", func() {
			n, c := 0, make(chan int, 1)
			together(func() { w.store("a", &n, 1); To(c, site).Send(1) }, func() { Recv(c, site); w.store("b", &n, 2) })
		}, nil},
		{"a channel with a buffer, the other way round", func() {
			n, c := 0, make(chan int, 1)
			together(func() { To(c, site).Send(1); w.store("a", &n, 1) }, func() { w.store("b", &n, 2); Recv(c, site) })
		}, []string{"[a b]"}},
		{"a channel that is closed", func() {
			n, c := 0, make(chan int)
			together(func() { w.store("a", &n, 1); Close(c, site) }, func() { Recv(c, site); w.store("b", &n, 2) })
		}, nil},
		{"an atomic flag", func() {
			n := 0
			var done atomic.Bool
			together(func() { w.store("a", &n, 1); Atomic(&done, site).Store(true) }, func() {
				for !Atomic(&done, site).Load() {
				}
				w.store("b", &n, 2)
			})
		}, nil},
		{"a cond", func() {
			n := 0
			var mu sync.Mutex
			c, done := sync.NewCond(&mu), false
			together(func() {
				w.store("a", &n, 1)
				MutexLock(&mu, site)
				done = true
				CondSignal(c, site)
				MutexUnlock(&mu, site)
			}, func() {
				MutexLock(&mu, site)
				for !done {
					CondWait(c, site)
				}
				MutexUnlock(&mu, site)
				_ = done
			})
			w.store("b", &n, 2)
		}, nil},
		{"a Once", func() {
			n := 0
			var once sync.Once
			do := func() { OnceDo(&once, func() { w.store("a", &n, 1) }, site); w.load("b", &n) }
			together(do, do)
		}, nil},
		{"a context that is cancelled", func() {
			n := 0
			ctx, cancel := context.WithCancel(context.Background())
			together(func() { w.store("a", &n, 1); cancel() }, func() { <-ctx.Done(); w.store("b", &n, 2) })
		}, []string{"[a b]"}}, // natively: a place too many
		{"what another execution did", func() {
			w.store("a", &beforehand, 1)
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _ := w.mayRace(t, c.body)
			assert.Equal(t, c.want, got)
		})
	}
}

var beforehand int

// Just the accesses that may race are sync points.
func TestPlacesAreSyncPoints(t *testing.T) {
	w := watch(t)
	n, other, got := 0, 0, 0
	body := func() {
		n, other = 0, 0
		add := func() { w.store("store", &n, w.load("load", &n)+1) }
		w.store("other", &other, 1)
		together(add, add)
		got = n
	}
	pairs, places := w.mayRace(t, body)
	require.Equal(t, []string{"[load store]", "[store store]"}, pairs)

	x := new(engine.Execution)
	mix := strategy.Mix{Seed: 1, Only: "walk"}
	seen := map[int]bool{}
	for i := range 100 {
		snap := enginetest.Run(t, x, mix.Execution(i), engine.Limits{Places: places, Keep: true}, body)
		seen[got] = true
		accesses := 0
		for _, s := range snap.Steps {
			if s.Op == trace.OpLoad || s.Op == trace.OpStore {
				accesses++
				assert.NotEqual(t, "other", w.label(s.Site))
			}
		}
		assert.Equal(t, 4, accesses)
		assert.Equal(t, got == 1, len(snap.Conflicts) > 0 && lost(snap), "what came between is told, and nothing else")
		again := enginetest.Run(t, x, mix.Execution(i), engine.Limits{Places: places, Keep: true}, body)
		assert.Equal(t, snap.Hash, again.Hash)
	}
	assert.Equal(t, map[int]bool{1: true, 2: true}, seen)
}

// lost reports whether one of the conflicts is a store that another goroutine's store came before.
func lost(snap *trace.Snapshot) bool {
	return slices.ContainsFunc(snap.Conflicts, func(c trace.Conflict) bool {
		return c.Second.Op == trace.OpStore
	})
}

// A loop that waits for a plain store has an end: while it is recorded, and afterwards.
func TestSpinsOnPlainMemory(t *testing.T) {
	w := watch(t)
	body := func() {
		done := 0
		Go(func() { w.store("store", &done, 1) }, site)
		for w.load("load", &done) == 0 {
		}
	}
	_, places := w.mayRace(t, body)
	snap := enginetest.Run(t, new(engine.Execution), strategy.Plain{}, engine.Limits{Places: places, Steps: 1e5}, body)
	assert.Equal(t, trace.AllEnded, snap.Quiet)
}

// A place that is passed very often does not take all of the steps of an execution.
func TestHotPlace(t *testing.T) {
	w := watch(t)
	body := func() {
		n := 0
		count := func() {
			for range 5_000 {
				w.store("store", &n, 1)
			}
		}
		together(count, count)
	}
	_, places := w.mayRace(t, func() {
		n := 0
		together(func() { w.store("store", &n, 1) }, func() { w.store("store", &n, 1) })
	})
	require.NotEmpty(t, places)
	_, places = w.mayRace(t, body)
	snap := enginetest.Run(t, new(engine.Execution), strategy.Plain{}, engine.Limits{Places: places, Keep: true}, body)
	assert.Equal(t, trace.AllEnded, snap.Quiet)
	assert.Less(t, snap.Total, 3_000)
}

// An access that is still to be done when the execution ends is told too.
func TestUnorderedWhenItEnds(t *testing.T) {
	w := watch(t)
	body := func() {
		ready, value := 0, 0
		together(func() { w.store("ready", &ready, 1); w.store("value", &value, 1) }, func() {
			if w.load("if ready", &ready) == 1 && w.load("use", &value) == 0 {
				panic("half made")
			}
		})
	}
	x, rec := new(engine.Execution), access.NewRecorder()
	mix := strategy.Mix{Seed: 1, Only: "walk"}
	for n := range 20 {
		enginetest.Run(t, x, mix.Execution(n), engine.Limits{Record: rec}, body)
	}
	var places []*trace.Site
	for _, p := range rec.Pairs() {
		places = append(places, x.Accessed(p.A), x.Accessed(p.B))
	}
	for n := range 100 {
		snap := enginetest.Run(t, x, mix.Execution(n), engine.Limits{Places: places}, body)
		if snap.Failure != trace.Panicked {
			continue
		}
		require.NotEmpty(t, snap.Conflicts)
		last := snap.Conflicts[len(snap.Conflicts)-1]
		assert.Equal(t, "use", w.label(last.First.Site))
		assert.Equal(t, "value", w.label(last.Second.Site))
		assert.Zero(t, last.Second.Step)
		return
	}
	t.Error("no schedule comes between the two stores")
}

package strategy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/perturb"
)

var (
	goes  = perturb.Site{File: "x.go", Line: 1, Key: 1}
	words = perturb.Site{File: "x.go", Line: 2, Key: 2, Var: 20}
	other = perturb.Site{File: "x.go", Line: 3, Key: 3}
)

// adders starts goroutines that each do so many operations on one variable, and others on none that they share.
func adders(operations ...int) func() {
	return func() {
		var n atomic.Int32
		var wg sync.WaitGroup
		for _, times := range operations {
			perturb.WaitGroupGo(&wg, func() {
				var own sync.Mutex
				for range times {
					perturb.MutexLock(&own, &other)
					perturb.MutexUnlock(&own, &other)
					perturb.Atomic(&n, &words).Add(1)
				}
			}, &goes)
		}
		perturb.WaitGroupWait(&wg, &goes)
	}
}

// order returns in which order the goroutines of adders did their operations on the variable.
func order(snap *trace.Snapshot) string {
	var b strings.Builder
	for _, s := range snap.Steps {
		if s.Op == trace.OpAtomic {
			fmt.Fprint(&b, s.Task)
		}
	}
	return b.String()
}

func kept(t *testing.T, s engine.Strategy, body func()) *trace.Snapshot {
	t.Helper()
	return enginetest.Run(t, new(engine.Execution), s, engine.Limits{Keep: true}, body)
}

// orders counts the orders that executions come to.
func orders(t *testing.T, executions int, body func(), of func(n int) Strategy) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for n := range executions {
		counts[order(kept(t, of(n), body))]++
	}
	return counts
}

// uniform checks that so many orders are equally likely: chi-square is below what one in ten thousand fair samples exceeds.
func uniform(t *testing.T, counts map[string]int, orders int, bound float64) {
	t.Helper()
	total := 0
	for n := range maps.Values(counts) {
		total += n
	}
	mean, chi := float64(total)/float64(orders), float64(orders-len(counts))*float64(total)/float64(orders)
	for n := range maps.Values(counts) {
		chi += (float64(n) - mean) * (float64(n) - mean) / mean
	}
	assert.Len(t, counts, orders)
	assert.Less(t, chi, bound, "chi-square of %v", counts)
}

// all returns all orders there are, by enumeration.
func all(left ...int) (out []string) {
	var rec func(prefix string)
	rec = func(prefix string) {
		done := true
		for i := range left {
			if left[i] > 0 {
				done = false
				left[i]--
				rec(prefix + fmt.Sprint(i+2)) // 1 is the first task
				left[i]++
			}
		}
		if done {
			out = append(out, prefix)
		}
	}
	rec("")
	return out
}

// SURW has all interleavings of the operations that it selects equally likely, whatever else goroutines do between them and however
// many operations each has.
func TestSURWUniform(t *testing.T) {
	for _, test := range []struct {
		operations []int
		bound      float64 // of chi-square with one degree of freedom less than there are orders, at 0.0001
	}{
		{[]int{1, 3}, 21.1},
		{[]int{2, 4}, 42.6},
		{[]int{1, 1, 2}, 39.1},
		{[]int{1, 1, 1, 1}, 58.6},
	} {
		t.Run(fmt.Sprint(test.operations), func(t *testing.T) {
			body := adders(test.operations...)
			plain := new(Profiler)
			p := plain.Profile(kept(t, plain, body))
			assert.Len(t, p.classes, 1)
			want := all(test.operations...)
			counts := orders(t, 100*len(want), body, func(n int) Strategy {
				s := NewSURW(NewSource(uint64(n)), p, 100)
				s.pauses, s.alike = false, false
				return s
			})
			uniform(t, counts, len(want), test.bound)
			assert.Subset(t, want, slices.Collect(maps.Keys(counts)))
		})
	}
}

// Where goroutines wait for a lock, all orders in which they get it are equally likely too.
func TestSURWUniformLocks(t *testing.T) {
	var got strings.Builder
	body := func() {
		var mu sync.Mutex
		var wg sync.WaitGroup
		for _, name := range []string{"2", "3"} {
			perturb.WaitGroupGo(&wg, func() {
				for range 2 {
					perturb.MutexLock(&mu, &words)
					got.WriteString(name)
					perturb.MutexUnlock(&mu, &other)
				}
			}, &goes)
		}
		perturb.WaitGroupWait(&wg, &goes)
	}
	plain := new(Profiler)
	p := plain.Profile(kept(t, plain, body))
	counts := map[string]int{}
	for n := range 600 {
		got.Reset()
		s := NewSURW(NewSource(uint64(n)), p, 100)
		s.pauses, s.selected = false, 1<<p.byKey[words.Var]
		kept(t, s, body)
		counts[got.String()]++
	}
	uniform(t, counts, 6, 25.7)
}

// The same seed gives the same execution, by a profile that has travelled too.
func TestSURWRepeats(t *testing.T) {
	body := adders(1, 2, 2)
	plain := new(Profiler)
	p := plain.Profile(kept(t, plain, body))
	travelled, err := DecodeProfile(p.Encode())
	assert.NoError(t, err)
	assert.Equal(t, p.Encode(), travelled.Encode())
	for n := range 50 {
		first := kept(t, NewSURW(NewSource(uint64(n)), p, 100), body)
		assert.Equal(t, first.Hash, kept(t, NewSURW(NewSource(uint64(n)), travelled, 100), body).Hash)
	}
	for cut := range p.Encode() {
		_, err := DecodeProfile(p.Encode()[:cut])
		assert.Error(t, err)
	}
}

// Where one goroutine differs from many, it is as often first as all of them together.
func TestSURWAlike(t *testing.T) {
	first := 0
	body := func() {
		var n atomic.Int32
		var wg sync.WaitGroup
		for range 10 {
			perturb.WaitGroupGo(&wg, func() { perturb.Atomic(&n, &words).Add(1) }, &goes)
		}
		perturb.WaitGroupGo(&wg, func() { first += int(1 - min(perturb.Atomic(&n, &words).Load(), 1)) }, &other)
		perturb.WaitGroupWait(&wg, &goes)
	}
	plain := new(Profiler)
	p := plain.Profile(kept(t, plain, body))
	for n := range 400 {
		s := NewSURW(NewSource(uint64(n)), p, 100)
		s.pauses, s.alike = false, true
		kept(t, s, body)
	}
	assert.InDelta(t, 200, first, 40)
}

// POS comes to each order of operations on one variable with a fair chance: goroutines that are started first have some
// advantage, and nothing more.
func TestPOSOrders(t *testing.T) {
	want := all(1, 1, 1)
	counts := orders(t, 100*len(want), adders(1, 1, 1), func(n int) Strategy {
		s := NewPOS(NewSource(uint64(n)), 100)
		s.pauses = false
		return s
	})
	for _, order := range want {
		assert.Greater(t, counts[order], 100/3, order)
	}
}

// An operation comes late as often as its priority is low, however many steps others do before it: a walk that chooses anew at each
// step hardly ever lets that happen.
func TestPOSLate(t *testing.T) {
	late := 0
	const steps, executions = 9, 1000
	body := func() {
		var n atomic.Int32
		var wg sync.WaitGroup
		perturb.WaitGroupGo(&wg, func() { late += int(perturb.Atomic(&n, &words).Load()) }, &goes)
		perturb.WaitGroupGo(&wg, func() {
			var own atomic.Int32
			for range steps {
				perturb.Atomic(&own, &other).Add(1)
			}
			perturb.Atomic(&n, &words).Store(1)
		}, &goes)
		perturb.WaitGroupWait(&wg, &goes)
	}
	for n := range executions {
		s := NewPOS(NewSource(uint64(n)), 100)
		s.pauses = false
		kept(t, s, body)
	}
	assert.Greater(t, late, executions/(2*(steps+2)))
	assert.Less(t, late, executions/2)
}

// The kinds take turns as often as their weights say, and one that is asked for is the only one.
func TestTurns(t *testing.T) {
	of := map[string]int{}
	total := 0
	for _, f := range factories {
		total += f.weight
	}
	m := &Mix{Seed: 1, Asked: 10}
	for i := range 3 * total {
		f, round := m.kind(i)
		assert.Equal(t, of[f.name], round, "turn %d", i)
		of[f.name]++
	}
	for _, f := range factories {
		assert.Equal(t, 3*f.weight, of[f.name], f.name)
		only := &Mix{Seed: 1, Only: f.name}
		for i := range 5 {
			kind, round := only.kind(i)
			assert.Equal(t, f.name, kind.name)
			assert.Equal(t, i, round)
		}
		assert.NoError(t, CheckName(f.name))
	}
	assert.NoError(t, CheckName(""))
	assert.EqualError(t, CheckName("dfs"), "dfs: it is one of surw, walk, pct, pos")
}

package search

import (
	"context"
	"fmt"
	"maps"
	"math/rand"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/perturb"
)

var (
	site  = &perturb.Site{File: "x.go", Line: 1, Key: 1}
	looks = &perturb.Site{File: "x.go", Line: 2, Key: 2, Looks: true}
)

// A said is what the goroutines of a program say of what they have seen, each for itself.
type said [8]strings.Builder

func (s *said) add(who int, format string, args ...any) { fmt.Fprintf(&s[who], format+",", args...) }

func (s *said) String() string {
	var b strings.Builder
	for i := range s {
		b.WriteString(s[i].String() + ";")
	}
	return b.String()
}

// mostExecutions bounds what is compared with.
const mostExecutions = 500

// explored returns what executions of an Exploration ended in; nil if there are too many.
func explored(t *testing.T, e *Exploration, body func(*said)) []string {
	t.Helper()
	x, ended := new(engine.Execution), map[string]bool{}
	for e.Executions < mostExecutions {
		r, ok := e.Next()
		if !ok {
			break
		}
		var log said
		snap := enginetest.Run(t, x, r, engine.Limits{Steps: 10_000, Order: true}, func() { body(&log) })
		ended[log.String()+" "+enginetest.Ending(snap)] = true
		e.Observe(r, snap)
		if e.Chance {
			t.Fatal("the program is not deterministic")
		}
	}
	if !e.Over {
		return nil
	}
	return slices.Sorted(maps.Keys(ended))
}

// enumerated returns what all executions end in, by the tree of all answers; nil if there are too many.
func enumerated(t *testing.T, body func(*said)) []string {
	t.Helper()
	x, ended, sets := new(engine.Execution), map[string]bool{}, map[uint64]trace.Orders{}
	tree := &enginetest.Tree{Departures: enginetest.All}
	for n := 0; ; n++ {
		var log said
		snap := enginetest.Run(t, x, unheld{tree}, engine.Limits{Steps: 10_000}, func() { body(&log) })
		ended[log.String()+" "+enginetest.Ending(snap)] = true
		if set, seen := sets[snap.Order]; seen {
			require.Equal(t, set, snap.Orders, "a fuzzer sees nothing new in an order that it has seen")
		}
		sets[snap.Order] = snap.Orders
		if !tree.Advance() {
			return slices.Sorted(maps.Keys(ended))
		}
		if n > mostExecutions {
			return nil
		}
	}
}

// unheld has no goroutine held back until nothing else can run: that is two decisions in one.
type unheld struct{ tree *enginetest.Tree }

func (u unheld) Choose(q *engine.Question) int {
	if q.Kind.Preempts() {
		return u.tree.ChooseOf((q.N + 1) / 2)
	}
	return u.tree.Choose(q)
}

// orders returns those that were seen.
func orders(e *Exploration) []uint64 { return slices.Sorted(maps.Keys(e.Seen)) }

// all checks that an Exploration leads to all that plain enumeration leads to, in the same orders, as far as there are not too many
// executions of that. It returns the one without a bound.
func all(t *testing.T, body func(*said)) (dpor *Exploration) {
	t.Helper()
	dpor = NewExploration(Unbounded)
	got := explored(t, dpor, body)
	assert.NotNil(t, got)
	compare := func(e *Exploration, got []string) {
		t.Helper()
		every := NewExploration(e.Preemptions)
		every.Every, every.Been = true, nil
		want := explored(t, every, body)
		if want == nil {
			return
		}
		assert.Equal(t, want, got, "what executions with %d preemptions end in", e.Preemptions)
		if every.Cut == 0 {
			assert.Equal(t, orders(every), orders(e), "orders with %d preemptions", e.Preemptions)
		}
	}
	compare(dpor, got)
	for bound := range 3 {
		bounded := NewExploration(bound)
		compare(bounded, explored(t, bounded, body))
		assert.Subset(t, orders(dpor), orders(bounded))
	}
	return dpor
}

func TestPrograms(t *testing.T) {
	together := func(fs ...func()) {
		var wg sync.WaitGroup
		for _, f := range fs {
			perturb.WaitGroupGo(&wg, f, site)
		}
		perturb.WaitGroupWait(&wg, site)
	}
	locked := func(mu *sync.Mutex, f func()) {
		perturb.MutexLock(mu, site)
		f()
		perturb.MutexUnlock(mu, site)
	}
	for _, p := range []struct {
		name   string
		orders int
		most   int // executions
		body   func(*said)
	}{
		{"two goroutines with one lock", 2, 4, func(*said) {
			var mu sync.Mutex
			add := func() { locked(&mu, func() {}) }
			together(add, add)
		}},
		{"three", 6, 20, func(*said) {
			var mu sync.Mutex
			add := func() { locked(&mu, func() {}) }
			together(add, add, add)
		}},
		{"locks of their own", 1, 1, func(*said) {
			own := func() {
				var mu sync.Mutex
				for range 5 {
					locked(&mu, func() {})
				}
			}
			together(own, own, own)
		}},
		{"two locks, two orders", 3, 3, func(*said) {
			var a, b sync.Mutex
			together(func() { locked(&a, func() { locked(&b, func() {}) }) }, func() { locked(&b, func() { locked(&a, func() {}) }) })
		}},
		{"readers only", 1, 1, func(*said) {
			var n atomic.Int32
			read := func() { perturb.Atomic(&n, looks).Load() }
			together(read, read, read)
		}},
		{"a writer and two readers", 4, 4, func(s *said) {
			var n atomic.Int32
			read := func(i int) func() { return func() { s.add(i, "%d", perturb.Atomic(&n, looks).Load()) } }
			together(func() { perturb.Atomic(&n, site).Store(1) }, read(1), read(2))
		}},
		{"an update in two operations", 4, 4, func(s *said) {
			var n atomic.Int32
			add := func() { v := perturb.Atomic(&n, looks).Load(); perturb.Atomic(&n, site).Store(v + 1) }
			together(add, add)
			s.add(0, "%d", n.Load())
		}},
		{"a channel from one to one", 1, 1, func(s *said) {
			c := make(chan int)
			together(func() { perturb.To(c, site).Send(1); perturb.To(c, site).Send(2) }, func() { s.add(0, "%d%d", perturb.Recv(c, site), perturb.Recv(c, site)) })
		}},
		{"a buffered one", 1, 1, func(s *said) {
			c := make(chan int, 1)
			together(func() { perturb.To(c, site).Send(1); perturb.To(c, site).Send(2) }, func() { s.add(0, "%d%d", perturb.Recv(c, site), perturb.Recv(c, site)) })
		}},
		{"two senders", 2, 3, func(s *said) {
			c := make(chan int)
			send := func(i int) func() { return func() { perturb.To(c, site).Send(i) } }
			together(send(1), send(2), func() { s.add(0, "%d%d", perturb.Recv(c, site), perturb.Recv(c, site)) })
		}},
		{"a stage that may be cancelled", 1, 1, func(s *said) {
			ctx, cancel := perturb.ContextWithCancel(context.Background(), site)
			defer cancel()
			c, d := make(chan int), make(chan int)
			together(
				func() { perturb.To(c, site).Send(1) },
				func() {
					r := perturb.OnRecv(c)
					if perturb.Select(site, false, r, perturb.OnRecv(ctx.Done())) == 0 {
						perturb.Select(site, false, perturb.OnSend(d).Value(r.Get()), perturb.OnRecv(ctx.Done()))
					}
				},
				func() { s.add(0, "%d", perturb.Recv(d, site)) },
			)
		}},
		{"a pipeline that nobody cancels", 1, 1, func(s *said) {
			ctx, cancel := perturb.ContextWithCancel(context.Background(), site)
			stages := [4]chan int{make(chan int), make(chan int), make(chan int), make(chan int)}
			stage := func(i int) func() {
				return func() {
					for range 2 {
						r := perturb.OnRecv(stages[i])
						if perturb.Select(site, false, r, perturb.OnRecv(ctx.Done())) == 0 {
							perturb.Select(site, false, perturb.OnSend(stages[i+1]).Value(r.Get()), perturb.OnRecv(ctx.Done()))
						}
					}
				}
			}
			together(stage(0), stage(1), stage(2),
				func() { perturb.To(stages[0], site).Send(1); perturb.To(stages[0], site).Send(2) },
				func() { s.add(0, "%d%d", perturb.Recv(stages[3], site), perturb.Recv(stages[3], site)) })
			cancel()
		}},
		{"an addition inside", 0, 0, func(s *said) {
			var wg sync.WaitGroup
			var n atomic.Int32
			for range 2 {
				perturb.Go(func() {
					perturb.WaitGroupAdd(&wg, 1, site)
					perturb.Atomic(&n, site).Add(1)
					perturb.WaitGroupDone(&wg, site)
				}, site)
			}
			perturb.WaitGroupWait(&wg, site)
			s.add(0, "%d", perturb.Atomic(&n, looks).Load())
		}},
		{"once", 0, 0, func(s *said) {
			var once sync.Once
			do := func(i int) func() {
				return func() { perturb.OnceDo(&once, func() { s.add(i, "first") }, site); s.add(i, "done") }
			}
			together(do(0), do(1))
		}},
		{"a signal that may be missed", 0, 0, func(s *said) {
			var mu sync.Mutex
			c := sync.NewCond(&mu)
			together(func() { locked(&mu, func() { perturb.CondWait(c, site) }) }, func() { perturb.CondSignal(c, site) })
		}},
		{"a read lock in a read lock", 0, 0, func(s *said) {
			var mu sync.RWMutex
			together(func() {
				perturb.RWMutexRLock(&mu, site)
				perturb.RWMutexRLock(&mu, site)
				perturb.RWMutexRUnlock(&mu, site)
				perturb.RWMutexRUnlock(&mu, site)
			}, func() { perturb.RWMutexLock(&mu, site); perturb.RWMutexUnlock(&mu, site) })
		}},
	} {
		t.Run(p.name, func(t *testing.T) {
			e := all(t, p.body)
			if p.orders > 0 {
				assert.Equal(t, p.orders, len(e.Seen))
				assert.LessOrEqual(t, e.Executions, p.most)
			}
			if want := enumerated(t, p.body); want != nil {
				assert.Equal(t, want, explored(t, NewExploration(Unbounded), p.body), "beside the tree of all answers")
			}
			t.Logf("%d executions, %d redundant, %d orders", e.Executions, e.Redundant, len(e.Seen))
		})
	}
}

// made returns a random program: some goroutines that each do some operations on a few objects, and say what they have seen.
func made(seed int64) func(*said) {
	r := rand.New(rand.NewSource(seed))
	type op struct{ kind, on, v int }
	tasks := make([][]op, 2+r.Intn(2))
	kinds := r.Perm(21)[:3]
	for i := range tasks {
		for range 1 + r.Intn(5-len(tasks)) {
			tasks[i] = append(tasks[i], op{kinds[r.Intn(len(kinds))], r.Intn(2), 10*i + r.Intn(10)})
		}
	}
	return func(s *said) {
		var mu [2]sync.Mutex
		var rw [2]sync.RWMutex
		var n [2]atomic.Int32
		var under [2]int
		var wg [2]sync.WaitGroup
		var once [2]sync.Once
		var cond [2]*sync.Cond
		c := [2]chan int{make(chan int), make(chan int, 1)}
		ctx, cancel := perturb.ContextWithCancel(context.Background(), site)
		ends, closed, cancelled := [2]chan int{make(chan int), make(chan int, 1)}, [2]bool{}, false
		for i := range cond {
			cond[i] = sync.NewCond(&mu[i])
		}
		for i, ops := range tasks {
			perturb.Go(func() {
				for _, o := range ops {
					k := o.on
					switch o.kind {
					case 0:
						perturb.MutexLock(&mu[k], site)
						s.add(i, "l")
						perturb.MutexUnlock(&mu[k], site)
					case 1:
						perturb.MutexLock(&mu[k], site)
						perturb.MutexLock(&mu[1-k], site)
						perturb.MutexUnlock(&mu[1-k], site)
						perturb.MutexUnlock(&mu[k], site)
					case 2:
						if perturb.MutexTryLock(&mu[k], site) {
							s.add(i, "t")
							perturb.MutexUnlock(&mu[k], site)
						}
					case 3:
						s.add(i, "%d", perturb.Atomic(&n[k], site).Swap(int32(o.v)))
					case 4:
						s.add(i, "%d", perturb.Atomic(&n[k], looks).Load())
					case 5:
						perturb.To(c[k], site).Send(o.v)
						s.add(i, "sent")
					case 6:
						s.add(i, "%d", perturb.Recv(c[k], site))
					case 7:
						a, b := perturb.OnRecv(c[k]), perturb.OnSend(c[1-k]).Value(o.v)
						s.add(i, "case %d, %d", perturb.Select(site, false, a, b), a.Get())
					case 8:
						a, b := perturb.OnRecv(c[k]), perturb.OnSend(c[1-k]).Value(o.v)
						s.add(i, "case %d, %d", perturb.Select(site, true, a, b), a.Get())
					case 9:
						perturb.RWMutexRLock(&rw[k], site)
						s.add(i, "r%d", under[k])
						perturb.RWMutexRUnlock(&rw[k], site)
					case 10:
						perturb.RWMutexLock(&rw[k], site)
						under[k]++
						perturb.RWMutexUnlock(&rw[k], site)
					case 11:
						perturb.WaitGroupAdd(&wg[k], 1, site)
						s.add(i, "%d", perturb.Atomic(&n[k], site).Add(1))
						perturb.WaitGroupDone(&wg[k], site)
					case 12:
						perturb.WaitGroupWait(&wg[k], site)
						s.add(i, "%d", perturb.Atomic(&n[k], looks).Load())
					case 13:
						perturb.OnceDo(&once[k], func() { s.add(i, "%d", perturb.Atomic(&n[k], site).Add(1)) }, site)
					case 14:
						r := perturb.OnRecv(c[k])
						s.add(i, "case %d, %d", perturb.Select(site, false, r, perturb.OnRecv(ctx.Done())), r.Get())
					case 15:
						s.add(i, "case %d", perturb.Select(site, false, perturb.OnSend(c[k]).Value(o.v), perturb.OnRecv(ctx.Done())))
					case 16: // a second call does nothing, but would be one more order
						if i == 1 && !cancelled {
							cancelled = true
							cancel()
						}
					case 17:
						if i == 0 && !closed[k] {
							closed[k] = true
							perturb.Close(ends[k], site)
						}
					case 18:
						s.add(i, "%d", perturb.Recv(ends[k], site))
					case 19:
						a, b := perturb.OnRecv(ends[k]), perturb.OnRecv(c[k])
						s.add(i, "case %d, %d", perturb.Select(site, false, a, b), b.Get())
					case 20:
						a, b := perturb.OnRecv(ends[k]), perturb.OnSend(c[k]).Value(o.v)
						s.add(i, "case %d", perturb.Select(site, o.v%2 == 0, a, b))
					}
				}
			}, site)
		}
	}
}

func TestMade(t *testing.T) {
	every, dpor := 0, 0
	for seed := range int64(40) {
		if t.Failed() {
			break
		}
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			body := made(seed)
			probe := NewExploration(Unbounded)
			probe.Every = true
			for range mostExecutions { // only small ones
				r, ok := probe.Next()
				if !ok {
					e := all(t, body)
					every += probe.Executions
					dpor += e.Executions
					return
				}
				var log said
				probe.Observe(r, enginetest.Run(t, new(engine.Execution), r, engine.Limits{Order: true}, func() { body(&log) }))
			}
		})
	}
	t.Logf("%d executions in the place of %d", dpor, every)
}

// An exploration that was kept in a file goes on as it would have.
func TestContinued(t *testing.T) {
	body := made(3)
	for bound := Unbounded; bound < 3; bound++ {
		whole, name := NewExploration(bound), filepath.Join(t.TempDir(), "exploration")
		want := explored(t, whole, body)
		e, ended := NewExploration(bound), map[string]bool{}
		for {
			r, ok := e.Next()
			if !ok {
				break
			}
			var log said
			snap := enginetest.Run(t, new(engine.Execution), r, engine.Limits{Order: true}, func() { body(&log) })
			ended[log.String()+" "+enginetest.Ending(snap)] = true
			e.Observe(r, snap)
			assert.NoError(t, e.Write(name))
			var err error
			e, err = Read(name)
			assert.NoError(t, err)
		}
		assert.Equal(t, want, slices.Sorted(maps.Keys(ended)))
		assert.Equal(t, whole.Sum(), e.Sum())
	}
}

// A program that does something else after the same decisions is given up.
func TestChance(t *testing.T) {
	e, runs := NewExploration(Unbounded), 0
	for {
		r, ok := e.Next()
		if !ok {
			break
		}
		runs++
		e.Observe(r, enginetest.Run(t, new(engine.Execution), r, engine.Limits{Order: true}, func() {
			var n atomic.Int32
			for range runs {
				perturb.Atomic(&n, site).Add(1)
			}
			perturb.Go(func() { perturb.Atomic(&n, site).Add(1) }, site)
			perturb.Atomic(&n, site).Add(1)
		}))
	}
	assert.True(t, e.Chance)
	assert.False(t, e.Sum().All())
}

func TestSum(t *testing.T) {
	for _, test := range []struct {
		sum  Sum
		want string
		all  bool
	}{
		{Sum{Preemptions: Unbounded, Executions: 3, Orders: 2, Over: true}, "all 2 orders (3 executions)", true},
		{Sum{Preemptions: 2, Executions: 1, Orders: 1, Over: true}, "the only order with at most 2 preemptions (1 executions)", true},
		{Sum{Preemptions: 2, Executions: 7, Orders: 4, Estimate: 90}, "4 orders with at most 2 preemptions, after 7 executions of about 90", false},
		{Sum{Preemptions: 2, Bound: 1, Executions: 7, Orders: 4, Estimate: 90}, "4 orders with at most 2 preemptions, among them all with at most 0, after 7 executions of about 90", false},
		{Sum{Preemptions: 2, Near: 1, Executions: 7, Orders: 4, Estimate: 90}, "4 orders with at most 2 preemptions, among them all that depart from the plain run in one decision, after 7 executions of about 90", false},
		{Sum{Preemptions: Unbounded, Near: 2, Executions: 7, Orders: 4, Estimate: 90}, "4 orders, among them all that depart from the plain run in at most 2 decisions, after 7 executions of about 90", false},
		{Sum{Preemptions: 2, Executions: 7, Orders: 4, Estimate: mostEstimated}, "4 orders with at most 2 preemptions, after 7 executions of very many", false},
		{Sum{Preemptions: Unbounded, Executions: 7, Orders: 4, Over: true, Beyond: "time passes in it"}, "all 4 orders (7 executions), which are not all there is: time passes in it", false},
		{Sum{Preemptions: Unbounded, Executions: 7, Orders: 4, Over: true, Cut: 2}, "all 4 orders (7 executions), but for what follows where 2 of them were ended by a failure", false},
	} {
		assert.Equal(t, test.want, test.sum.String())
		assert.Equal(t, test.all, test.sum.All())
	}
}

package predict_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	"github.com/jostle-dev/jostle/internal/predict"
	"github.com/jostle-dev/jostle/internal/stacks"
	"github.com/jostle-dev/jostle/internal/strategy"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/perturb"
)

// at returns the sync point with a number, whose operand has a name.
func at(n int, name string) *perturb.Site {
	s := sites[n]
	if s == nil {
		s = &perturb.Site{File: "x.go", Line: int32(n), Key: uint64(n), Func: "x.f", Expr: name, Var: uint64(name[0])}
		sites[n] = s
	}
	return s
}

var sites = map[int]*perturb.Site{}

// together runs functions as goroutines and waits for them.
func together(fs ...func()) {
	var wg sync.WaitGroup
	for i, f := range fs {
		perturb.WaitGroupGo(&wg, f, at(900+i, "wg"))
	}
	perturb.WaitGroupWait(&wg, at(999, "wg"))
}

// both takes two locks, one after the other.
func both(first, second *sync.Mutex, n int, names [2]string) {
	perturb.MutexLock(first, at(n, names[0]))
	perturb.MutexLock(second, at(n+1, names[1]))
	perturb.MutexUnlock(second, at(n+2, names[1]))
	perturb.MutexUnlock(first, at(n+3, names[0]))
}

var ab, ba, bc, ca = [2]string{"a", "b"}, [2]string{"b", "a"}, [2]string{"b", "c"}, [2]string{"c", "a"}

func run(t *testing.T, s engine.Strategy, body func()) *trace.Snapshot {
	t.Helper()
	return enginetest.Run(t, new(engine.Execution), s, engine.Limits{Keep: true}, body)
}

// An owned lock is a Locker with methods of its own, which take another lock too.
type owned struct {
	mu, inner sync.Mutex
	n         int // its sync points
}

func (o *owned) Lock() { perturb.MutexLock(&o.mu, at(o.n, "mu")) }

func (o *owned) Unlock() {
	perturb.MutexLock(&o.inner, at(o.n+1, "inner"))
	perturb.MutexUnlock(&o.inner, at(o.n+2, "inner"))
	perturb.MutexUnlock(&o.mu, at(o.n+3, "mu"))
}

// What is predicted from a plain run that goes well, and whether steering confirms it.
func TestLearn(t *testing.T) {
	var a, b, c, gate sync.Mutex
	var rw sync.RWMutex
	tests := []struct {
		name string
		body func()
		kind predict.Kind // "" if nothing is to be predicted
		says string
		hang bool
	}{
		{"two orders", func() {
			together(func() { both(&a, &b, 10, ab) }, func() { both(&b, &a, 20, ba) })
		}, predict.Order, "b (x.go:11) is taken with a (x.go:10) held, a (x.go:21) is taken with b (x.go:20) held", true},
		{"three orders", func() {
			together(func() { both(&a, &b, 10, ab) }, func() { both(&b, &c, 20, bc) }, func() { both(&c, &a, 30, ca) })
		}, predict.Order, "b (x.go:11) is taken with a (x.go:10) held, c (x.go:21) is taken with b (x.go:20) held, a (x.go:31) is taken with c (x.go:30) held", true},
		{"one order", func() {
			together(func() { both(&a, &b, 10, ab) }, func() { both(&a, &b, 20, ab) })
		}, "", "", false},
		{"a gate", func() {
			under := func(f func(), n int) func() {
				return func() {
					perturb.MutexLock(&gate, at(n, "gate"))
					f()
					perturb.MutexUnlock(&gate, at(n+1, "gate"))
				}
			}
			together(under(func() { both(&a, &b, 10, ab) }, 40), under(func() { both(&b, &a, 20, ba) }, 50))
		}, "", "", false},
		{"one goroutine", func() {
			both(&a, &b, 10, ab)
			both(&b, &a, 20, ba)
		}, "", "", false},
		{"one after the other", func() {
			together(func() { both(&a, &b, 10, ab) })
			together(func() { both(&b, &a, 20, ba) })
		}, "", "", false},
		{"one after the other by a message", func() {
			ch := make(chan int)
			perturb.Go(func() {
				both(&a, &b, 10, ab)
				perturb.To(ch, at(60, "ch")).Send(1)
			}, at(61, "go"))
			perturb.Recv(ch, at(62, "ch"))
			both(&b, &a, 20, ba)
		}, "", "", false},
		{"tried only", func() {
			try := func(first, second *sync.Mutex, n int, names [2]string) func() {
				return func() {
					s := at(n+1, names[1])
					s.Op = trace.OpTryLock
					perturb.MutexLock(first, at(n, names[0]))
					if perturb.MutexTryLock(second, s) {
						perturb.MutexUnlock(second, at(n+2, names[1]))
					}
					perturb.MutexUnlock(first, at(n+3, names[0]))
				}
			}
			together(try(&a, &b, 70, ab), try(&b, &a, 80, ba))
		}, "", "", false},
		{"readers", func() {
			var rw2 sync.RWMutex
			read := func(first, second *sync.RWMutex, n int, names [2]string) func() {
				return func() {
					perturb.RWMutexRLock(first, at(n, names[0]))
					perturb.RWMutexRLock(second, at(n+1, names[1]))
					perturb.RWMutexRUnlock(second, at(n+2, names[1]))
					perturb.RWMutexRUnlock(first, at(n+3, names[0]))
				}
			}
			together(read(&rw, &rw2, 10, ab), read(&rw2, &rw, 20, ba))
		}, "", "", false},
		{"a reader that comes in again", func() {
			together(func() {
				perturb.RWMutexRLock(&rw, at(10, "rw"))
				perturb.RWMutexRLock(&rw, at(11, "rw"))
				perturb.RWMutexRUnlock(&rw, at(12, "rw"))
				perturb.RWMutexRUnlock(&rw, at(13, "rw"))
			}, func() {
				perturb.RWMutexLock(&rw, at(20, "rw"))
				perturb.RWMutexUnlock(&rw, at(21, "rw"))
			})
		}, predict.Order, "is read-locked again by who has it", true},
		{"held at a send", func() {
			ch := make(chan int)
			together(func() {
				perturb.MutexLock(&a, at(10, "a"))
				perturb.MutexUnlock(&a, at(11, "a"))
				perturb.Recv(ch, at(12, "ch"))
			}, func() {
				perturb.MutexLock(&a, at(20, "a"))
				perturb.To(ch, at(21, "ch")).Send(1)
				perturb.MutexUnlock(&a, at(22, "a"))
			})
		}, predict.Release, "a (x.go:20) is held at send ch (x.go:21), and who ends that wait takes it before, as a (x.go:10)", true},
		{"held at a wait for who needs it", func() {
			together(func() {
				var wg sync.WaitGroup
				perturb.WaitGroupGo(&wg, func() {
					perturb.MutexLock(&a, at(10, "a"))
					perturb.MutexUnlock(&a, at(11, "a"))
				}, at(12, "wg"))
				perturb.RuntimeGosched(at(13, "g")) // so that the plain run has it go first
				perturb.MutexLock(&a, at(20, "a"))
				perturb.WaitGroupWait(&wg, at(21, "wg"))
				perturb.MutexUnlock(&a, at(22, "a"))
			})
		}, predict.Release, "a (x.go:20) is held at wait wg (x.go:21)", true},
		{"held at a send to who needs something else", func() {
			ch := make(chan int)
			together(func() {
				perturb.MutexLock(&b, at(10, "b"))
				perturb.MutexUnlock(&b, at(11, "b"))
				perturb.Recv(ch, at(12, "ch"))
			}, func() {
				perturb.MutexLock(&a, at(20, "a"))
				perturb.To(ch, at(21, "ch")).Send(1)
				perturb.MutexUnlock(&a, at(22, "a"))
			})
		}, "", "", false},
		{"a cond whose lock has methods of its own", func() {
			c := sync.NewCond(&owned{n: 60})
			ready := false
			together(func() {
				c.L.Lock()
				for !ready {
					perturb.CondWait(c, at(11, "c"))
				}
				c.L.Unlock()
			}, func() {
				c.L.Lock()
				ready = true
				perturb.CondBroadcast(c, at(21, "c"))
				c.L.Unlock()
			})
		}, "", "", false},
		{"another lock held at such a cond", func() {
			c := sync.NewCond(&owned{n: 70})
			ready := false
			together(func() {
				perturb.MutexLock(&a, at(10, "a"))
				perturb.MutexUnlock(&a, at(11, "a"))
				perturb.RuntimeGosched(at(12, "g")) // so that the plain run has the other wait
				c.L.Lock()
				ready = true
				perturb.CondBroadcast(c, at(13, "c"))
				c.L.Unlock()
			}, func() {
				perturb.MutexLock(&a, at(20, "a"))
				c.L.Lock()
				for !ready {
					perturb.CondWait(c, at(21, "c"))
				}
				c.L.Unlock()
				perturb.MutexUnlock(&a, at(22, "a"))
			})
		}, predict.Release, "a (x.go:20) is held at cond wait c (x.go:21), and who ends that wait takes it before, as a (x.go:10)", true},
		{"a wake-up that met nobody", func() {
			wake, ready := make(chan int), 0
			together(func() {
				for range 2 {
					ready++
					perturb.Select(at(20, "wake"), true, perturb.OnSend(wake).Value(1))
					perturb.RuntimeGosched(at(21, "g"))
				}
			}, func() {
				for i := range 2 {
					if ready <= i {
						perturb.Recv(wake, at(10, "wake"))
					}
				}
			})
		}, predict.Wakeup, "the send on wake (x.go:20) met nobody, and wake (x.go:10) waits for one", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			clear(sites)
			snap := run(t, strategy.Plain{}, tt.body)
			require.Equal(t, trace.AllEnded, snap.Quiet, "the plain run does not hang")
			d := predict.NewDetector()
			ps := d.Learn(snap)
			if tt.kind == "" {
				assert.Empty(t, ps)
				return
			}
			require.NotEmpty(t, ps)
			assert.Equal(t, tt.kind, ps[0].Kind)
			assert.Contains(t, ps[0].Text, tt.says)
			assert.Empty(t, d.Learn(snap), "it was said once")
			hung := run(t, strategy.NewSteer(1, 0, ps[0].Pauses), tt.body)
			assert.Equal(t, tt.hang, hung.Quiet == trace.Proved)
		})
	}
}

// Orders that no single execution has are predicted from two.
func TestLearnAcross(t *testing.T) {
	clear(sites)
	var a, b sync.Mutex
	which := 0
	body := func() {
		together(func() {
			if which == 0 {
				both(&a, &b, 10, ab)
			}
		}, func() {
			if which == 1 {
				both(&b, &a, 20, ba)
			}
		})
	}
	d := predict.NewDetector()
	assert.Empty(t, d.Learn(run(t, strategy.Plain{}, body)))
	which = 1
	ps := d.Learn(run(t, strategy.Plain{}, body))
	require.Len(t, ps, 1)
	assert.Equal(t, predict.Order, ps[0].Kind)
	assert.Len(t, ps[0].Pauses, 2)
}

// A prediction that concerns only the standard library is not made, as its users cannot change it. One place in their code is enough.
func TestInLibrary(t *testing.T) {
	library := func(n int, name string) *perturb.Site {
		return &perturb.Site{File: stacks.Standard() + "net/http/transport.go", Line: int32(n), Key: uint64(n), Func: "net/http.f", Expr: name, Var: uint64(name[0])}
	}
	for _, users := range []int{0, 1} {
		place := func(n int, name string) *perturb.Site {
			if users > 0 && n == 503 {
				return at(n, name)
			}
			return library(n, name)
		}
		var a, b sync.Mutex
		take := func(first, second *sync.Mutex, n int, names [2]string) func() {
			return func() {
				perturb.MutexLock(first, place(n, names[0]))
				perturb.MutexLock(second, place(n+1, names[1]))
				perturb.MutexUnlock(second, place(n+2, names[1]))
				perturb.MutexUnlock(first, place(n+3, names[0]))
			}
		}
		snap := run(t, strategy.Plain{}, func() { together(take(&a, &b, 500, ab), take(&b, &a, 502, ba)) })
		assert.Len(t, predict.NewDetector().Learn(snap), users)
	}
}

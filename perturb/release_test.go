package perturb_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	"github.com/jostle-dev/jostle/internal/trace"
	. "github.com/jostle-dev/jostle/perturb"
)

// A release is a small program in which one goroutine lets another run, at the given sync point, and then logs "a". The other
// logs "b" when it was let, and nothing if it came too early.
type release struct {
	name string
	body func(log *enginetest.Log, s *Site)
}

var releases = []release{
	{"Unlock", func(log *enginetest.Log, s *Site) {
		var mu sync.Mutex
		shown := false
		together(func() {
			MutexLock(&mu, site)
			shown = true
			MutexUnlock(&mu, s)
			log.Add("a")
		}, func() {
			MutexLock(&mu, site)
			seen := shown
			MutexUnlock(&mu, site)
			add(log, seen)
		})
	}},
	{"Unlock of a Locker", func(log *enginetest.Log, s *Site) {
		var l sync.Locker = new(sync.RWMutex)
		shown := false
		together(func() {
			LockerLock(l, site)
			shown = true
			LockerUnlock(l, s)
			log.Add("a")
		}, func() {
			LockerLock(l, site)
			seen := shown
			LockerUnlock(l, site)
			add(log, seen)
		})
	}},
	{"RUnlock", func(log *enginetest.Log, s *Site) {
		var mu sync.RWMutex
		var shown atomic.Bool
		together(func() {
			RWMutexRLock(&mu, site)
			shown.Store(true)
			RWMutexRUnlock(&mu, s)
			log.Add("a")
		}, func() {
			RWMutexLock(&mu, site)
			seen := shown.Load()
			RWMutexUnlock(&mu, site)
			add(log, seen)
		})
	}},
	{"send", func(log *enginetest.Log, s *Site) {
		c := make(chan int, 1)
		together(func() {
			To(c, s).Send(1)
			log.Add("a")
		}, func() {
			Recv(c, site)
			log.Add("b")
		})
	}},
	{"send in a select", func(log *enginetest.Log, s *Site) {
		c := make(chan int, 1)
		together(func() {
			Select(&Site{Cases: []SiteCase{{Op: trace.OpSend, After: s.After}}}, NoDefault, OnSend(c).Value(1))
			log.Add("a")
		}, func() {
			Recv(c, site)
			log.Add("b")
		})
	}},
	{"receive, which makes room", func(log *enginetest.Log, s *Site) {
		c := make(chan int, 1)
		c <- 0
		together(func() {
			Recv(c, s)
			log.Add("a")
		}, func() {
			To(c, site).Send(1)
			log.Add("b")
		})
	}},
	{"close", func(log *enginetest.Log, s *Site) {
		c := make(chan int)
		together(func() {
			Close(c, s)
			log.Add("a")
		}, func() {
			Recv(c, site)
			log.Add("b")
		})
	}},
	{"Done", func(log *enginetest.Log, s *Site) {
		var wg sync.WaitGroup
		WaitGroupAdd(&wg, 1, site)
		together(func() {
			WaitGroupDone(&wg, s)
			log.Add("a")
		}, func() {
			WaitGroupWait(&wg, site)
			log.Add("b")
		})
	}},
	{"Add of less than 0", func(log *enginetest.Log, s *Site) {
		var wg sync.WaitGroup
		WaitGroupAdd(&wg, 2, site)
		together(func() {
			WaitGroupAdd(&wg, -2, s)
			log.Add("a")
		}, func() {
			WaitGroupWait(&wg, site)
			log.Add("b")
		})
	}},
	{"Signal", func(log *enginetest.Log, s *Site) { wakes(log, s, CondSignal) }},
	{"Broadcast", func(log *enginetest.Log, s *Site) { wakes(log, s, CondBroadcast) }},
	{"atomic store", func(log *enginetest.Log, s *Site) {
		var n atomic.Int32
		together(func() {
			Atomic(&n, s).Store(1)
			Stored(s)
			log.Add("a")
		}, func() { add(log, Atomic(&n, site).Load() == 1) })
	}},
	{"atomic swap", func(log *enginetest.Log, s *Site) {
		var n atomic.Int32
		together(func() {
			Changed(Atomic(&n, s).CompareAndSwap(0, 1), s)
			log.Add("a")
		}, func() { add(log, Atomic(&n, site).Load() == 1) })
	}},
	{"LoadOrStore", func(log *enginetest.Log, s *Site) {
		var m sync.Map
		together(func() {
			Changed2(s)(Atomic(&m, s).LoadOrStore(1, 2))
			log.Add("a")
		}, func() {
			_, ok := Atomic(&m, site).Load(1)
			add(log, ok)
		})
	}},
	{"atomic operation as a value", func(log *enginetest.Log, s *Site) {
		var n atomic.Int32
		store := AtomicFunc(n.Store, s)
		together(func() {
			store(1)
			log.Add("a")
		}, func() { add(log, Atomic(&n, site).Load() == 1) })
	}},
	{"cancel", func(log *enginetest.Log, s *Site) {
		ctx, cancel := ContextWithCancel(context.Background(), s)
		together(func() {
			cancel()
			log.Add("a")
		}, func() {
			Recv(ctx.Done(), site)
			log.Add("b")
		})
	}},
	{"Once", func(log *enginetest.Log, s *Site) {
		var once sync.Once
		together(func() {
			first := false
			OnceDo(&once, func() { first = true }, s)
			if first {
				log.Add("a")
			}
		}, func() {
			first := false
			OnceDo(&once, func() { first = true }, site)
			add(log, !first)
		})
	}},
	{"Put", func(log *enginetest.Log, s *Site) {
		var pool sync.Pool
		together(func() {
			PoolPut(&pool, 1, s)
			log.Add("a")
		}, func() { add(log, PoolGet(&pool, site) != nil) })
	}},
	{"AfterFunc", func(log *enginetest.Log, s *Site) {
		together(func() {
			TimeAfterFunc(0, func() { log.Add("b") }, s)
			log.Add("a")
			TimeSleep(time.Millisecond, site)
		}, func() { TimeSleep(time.Nanosecond, site) })
	}},
}

// wakes has one goroutine wake another that waits, and has not the lock while it does.
func wakes(log *enginetest.Log, s *Site, wake func(*sync.Cond, *Site)) {
	var mu sync.Mutex
	c := sync.NewCond(&mu)
	together(func() {
		MutexLock(&mu, site)
		CondWait(c, site)
		MutexUnlock(&mu, site)
		log.Add("b")
	}, func() {
		rest()
		wake(c, s)
		log.Add("a")
	})
}

func add(log *enginetest.Log, b bool) {
	if b {
		log.Add("b")
	}
}

// What a release lets run may come before what comes next, if that is something plain; and does not otherwise.
func TestAfterReleases(t *testing.T) {
	for _, r := range releases {
		t.Run(r.name, func(t *testing.T) {
			orders := func(after trace.Following) []string {
				return enginetest.Outcomes(t, 3, func(log *enginetest.Log) { r.body(log, &Site{Func: "test", After: after}) })
			}
			for _, after := range []trace.Following{trace.Plain, trace.Returns} {
				if got := orders(after); !slices.Contains(got, "b a") {
					t.Errorf("with a sync point after it (%d): %q", after, got)
				}
			}
			if got := orders(trace.Nothing); slices.Contains(got, "b a") {
				t.Errorf("without a sync point after it: %q", got)
			}
		})
	}
}

package perturb_test

import (
	"iter"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	"github.com/jostle-dev/jostle/internal/trace"
	. "github.com/jostle-dev/jostle/perturb"
)

func TestAtomic(t *testing.T) {
	enginetest.RunPrograms(t, []enginetest.Program{
		{
			Name: "an update in two operations gets lost",
			Body: func(log *enginetest.Log) {
				var n atomic.Int32
				add := func() { n.Store(AtomicLast(Atomic(&n, site).Load()+1, site)) }
				together(add, add)
				log.Add("%d", n.Load())
			},
			Want: []string{"1", "2"},
		},
		{
			Name: "one in one does not",
			Body: func(log *enginetest.Log) {
				var n int32
				add := func() { atomic.AddInt32(Atomic(&n, site), 1) }
				together(add, add)
				log.Add("%d", n)
			},
			Want: []string{"2"},
		},
		{
			Name: "a loop that spins gives way",
			Body: func(log *enginetest.Log) {
				var ready atomic.Bool
				Go(func() { Atomic(&ready, site).Store(true) }, site)
				for !Atomic(&ready, site).Load() {
				}
				log.Add("ready")
			},
			Departures: 2,
			Want:       []string{"ready"},
		},
		{
			Name: "a loop that tries a lock gives way",
			Body: func(log *enginetest.Log) {
				var mu sync.Mutex
				MutexLock(&mu, site)
				Go(func() { MutexUnlock(&mu, site) }, site)
				for !MutexTryLock(&mu, site) {
				}
				log.Add("locked")
			},
			Departures: 1,
			Want:       []string{"locked"},
		},
		{
			Name: "the store of one of two, seen or not",
			Body: func(log *enginetest.Log) {
				var m sync.Map
				together(
					func() { Atomic(&m, site).Store("k", 1) },
					func() {
						_, ok := Atomic(&m, site).Load("k")
						log.Add("%v", ok)
					},
				)
			},
			Want: []string{"true", "false"},
		},
	})
}

// Code that polls the clock sees it move, although it never waits.
func TestPolledClock(t *testing.T) {
	log, snap := plain(t, 0, func(log *enginetest.Log) {
		var mu sync.Mutex
		start := time.Now()
		for time.Since(start) < 50*time.Millisecond {
			MutexLock(&mu, site)
			MutexUnlock(&mu, site)
		}
		log.Add("late")
	})
	assert.Equal(t, "late", log)
	assert.Equal(t, trace.AllEnded, snap.Quiet)
}

// A loop that only spins, and for what nobody does, comes to an end as a livelock.
func TestSpinsForEver(t *testing.T) {
	_, snap := plain(t, 100_000, func(log *enginetest.Log) {
		var never atomic.Bool
		for !Atomic(&never, site).Load() {
		}
	})
	assert.Equal(t, trace.TooLong, snap.Failure)
}

func TestPool(t *testing.T) {
	enginetest.RunPrograms(t, []enginetest.Program{
		{
			Name: "what was put may be got by another while it is still used",
			Body: func(log *enginetest.Log) {
				p := sync.Pool{New: func() any { return new(atomic.Int32) }}
				use := func(n int32) func() {
					return func() {
						v := PoolGet(&p, site).(*atomic.Int32)
						PoolPut(&p, v, site)
						v.Store(n) // too late
						RuntimeGosched(site)
						if v.Load() != n {
							log.Add("overwritten")
						}
					}
				}
				together(use(1), use(2))
			},
			Departures: 3,
			Want:       []string{"", "overwritten"},
		},
		{
			Name: "nothing without New",
			Body: func(log *enginetest.Log) {
				var p sync.Pool
				log.Add("%v", PoolGet(&p, site))
			},
			Want: []string{"<nil>"},
		},
	})
}

func TestOnceFunc(t *testing.T) {
	enginetest.RunPrograms(t, []enginetest.Program{
		{
			Name: "one call for all",
			Body: func(log *enginetest.Log) {
				value := OnceValue(func() int {
					log.Add("once")
					RuntimeGosched(site)
					return 7
				}, site)
				get := func() { log.Add("%d", value()) }
				together(get, get)
			},
			Departures: 4,
			Want:       []string{"once 7 7"},
		},
		{
			Name: "a panic for all",
			Body: func(log *enginetest.Log) {
				f := OnceFunc(func() { panic("oh") }, site)
				recovered(log, f)
				recovered(log, f)
			},
			Want: []string{"(oh) (oh)"},
		},
		{
			Name: "two values",
			Body: func(log *enginetest.Log) {
				f := OnceValues(func() (int, string) { return 1, "a" }, site)
				n, s := f()
				log.Add("%d%s", n, s)
			},
			Want: []string{"1a"},
		},
	})
}

func TestIterPull(t *testing.T) {
	from := func(c chan int) iter.Seq[int] {
		return func(yield func(int) bool) {
			for range 2 {
				if !yield(Recv(c, site)) {
					return
				}
			}
		}
	}
	enginetest.RunPrograms(t, []enginetest.Program{
		{
			Name: "a sequence that waits is part of who asks",
			Body: func(log *enginetest.Log) {
				c := make(chan int)
				next, stop := IterPull(from(c), site)
				defer stop()
				Go(func() {
					To(c, site).Send(1)
					To(c, site).Send(2)
				}, site)
				for v, ok := next(); ok; v, ok = next() {
					log.Add("%d", v)
				}
			},
			Want: []string{"1 2"},
		},
		{
			Name: "stopped",
			Body: func(log *enginetest.Log) {
				c := make(chan int, 2)
				To(c, site).Send(1)
				next, stop := IterPull(from(c), site)
				v, ok := next()
				stop()
				_, more := next()
				log.Add("%d %v %v", v, ok, more)
			},
			Want: []string{"1 true false"},
		},
		{
			Name: "a sequence that nobody feeds",
			Body: func(log *enginetest.Log) {
				next, stop := IterPull(from(make(chan int)), site)
				defer stop()
				next()
			},
			Want: []string{"hang"},
		},
		{
			Name: "pulled by two in turn",
			Body: func(log *enginetest.Log) {
				c := make(chan int, 2)
				To(c, site).Send(1)
				To(c, site).Send(2)
				next, stop := IterPull2(func(yield func(int, int) bool) {
					for v := range from(c) {
						if !yield(v, 2*v) {
							return
						}
					}
				}, site)
				defer stop()
				get := func() {
					k, v, _ := next()
					log.Add("%d:%d", k, v)
				}
				get()
				together(get)
			},
			Want: []string{"1:2 2:4"},
		},
	})
}

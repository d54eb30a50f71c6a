package conformance

import (
	"runtime"
	"sync/atomic"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
)

type counter struct {
	atomic.Int64
	raw  uint32
	flag atomic.Bool
	name atomic.Pointer[string]
	any  atomic.Value
	at   unsafe.Pointer
}

// A spinLock is a Locker that nobody waits for by sleeping.
type spinLock struct{ atomic.Int32 }

func (s *spinLock) Lock() {
	for !s.CompareAndSwap(0, 1) {
		runtime.Gosched()
	}
}

func (s *spinLock) Unlock() { s.Store(0) }

// newest keeps the last of several values of any type.
type newest[T any] struct{ p atomic.Pointer[T] }

func (n *newest[T]) set(v T) { n.p.Store(&v) }

func get[T any](p *atomic.Pointer[T]) T { return *p.Load() }

// three is no constant.
func three() int { return 3 }

var atomics = []enginetest.Program{
	{
		Name: "types and functions",
		Body: func(log *enginetest.Log) {
			var c counter
			log.Add("%d %d %d", c.Add(2), c.Swap(5), c.Load())
			c.Store(c.Load() * c.Load())
			log.Add("%d %d %d", c.And(24), c.Or(1), c.Int64.Load())
			log.Add("%t %t", c.CompareAndSwap(25, 1), c.CompareAndSwap(25, 2))
			log.Add("%d %d", atomic.AddUint32(&c.raw, ^uint32(0)), atomic.SwapUint32(&c.raw, 1))
			p := &c.raw
			atomic.StoreUint32(p, atomic.LoadUint32(p)+1)
			log.Add("%d", *p)
			c.flag.Store(c.Load() == 1)
			log.Add("%t", c.flag.Load())
			name := "n"
			c.name.Store(&name)
			log.Add("%s %t", *c.name.Load(), c.name.CompareAndSwap(&name, nil))
			c.any.Store("v")
			log.Add("%v", c.any.Load())
			recovered(log, func() { c.any.Store(1) })
			atomic.StorePointer(&c.at, unsafe.Pointer(&name))
			log.Add("%s", *(*string)(atomic.LoadPointer(&c.at)))
		},
		Want: []string{
			"2 2 5 25 24 25 true false 4294967295 4294967295 2 true n true v (sync/atomic: store of inconsistently typed value into Value) n",
		},
	},
	{
		Name: "in generic types and functions",
		Body: func(log *enginetest.Log) {
			var n newest[string]
			together(func() { n.set("a") }, func() { n.set("b") })
			log.Add("%s", get(&n.p))
		},
		Departures: 4,
		Want:       []string{"a", "b"},
	},
	{
		Name: "operands that are untyped until they are passed",
		Body: func(log *enginetest.Log) {
			var c counter
			c.Store(1 << three())
			c.Add(1<<three() + 1)
			c.Add(-(1 << three()))
			atomic.AddUint32(&c.raw, 1<<three()-1)
			c.flag.Store(!(three() == 3))
			log.Add("%d %d %t", c.Load(), c.raw, c.flag.Load())
		},
		Want: []string{"9 7 false"},
	},
	{
		Name: "operands are evaluated once and in order",
		Body: func(log *enginetest.Log) {
			cs := map[string]*counter{"c": {}}
			cs[once(log, "c")].Add(once(log, int64(2)))
			atomic.AddUint32(&cs[once(log, "c")].raw, once(log, uint32(3)))
			log.Add("%d %d", cs["c"].Load(), cs["c"].raw)
		},
		Want: []string{"c 2 c 3 2 3"},
	},
	{
		Name: "an update in two operations gets lost",
		Body: func(log *enginetest.Log) {
			var c counter
			add := func() { c.Store(c.Load() + 1) }
			together(add, add)
			log.Add("%d", c.Load())
		},
		Departures: 4,
		Want:       []string{"1", "2"},
	},
	{
		Name: "one in one operation does not",
		Body: func(log *enginetest.Log) {
			var c counter
			together(func() { c.Add(1) }, func() { c.Add(1) })
			log.Add("%d", c.Load())
		},
		Departures: 4,
		Want:       []string{"2"},
	},
	{
		Name: "deferred, in between and in goroutines",
		Body: func(log *enginetest.Log) {
			var a, b counter
			var sawA, sawB int64
			together(
				func() {
					defer a.Store(1)
					sawB = b.Load()
				},
				func() {
					b.Store(1)
					sawA = a.Load()
				},
			)
			log.Add("a%d b%d", sawA, sawB)
			go a.Add(7)
			for a.Load() != 8 {
				runtime.Gosched()
			}
		},
		Departures: 4,
		Want:       []string{"a1 b0", "a0 b1", "a1 b1", "a0 b0"},
	},
	{
		Name: "of two stores one is seen first",
		Body: func(log *enginetest.Log) {
			// Dekker: sequential consistency rules out that neither sees the other.
			var a, b atomic.Bool
			var sawA, sawB bool
			together(
				func() { a.Store(true); sawB = b.Load() },
				func() { b.Store(true); sawA = a.Load() },
			)
			log.Add("%t %t", sawA, sawB)
		},
		Departures: 4,
		Want:       []string{"true true", "true false", "false true"},
	},
	{
		Name:       "a lock that spins",
		Body:       func(log *enginetest.Log) { exclusive(log, new(spinLock)) },
		Departures: 2,
		Want:       []string{"2"},
	},
	{
		Name: "loops that only look",
		Body: func(log *enginetest.Log) {
			var ready, seen atomic.Bool
			go func() {
				for !ready.Load() {
				}
				seen.Store(true)
			}()
			ready.Store(true)
			for !seen.Load() {
				runtime.Gosched()
			}
			log.Add("seen")
		},
		Departures: 1,
		Want:       []string{"seen"},
	},
}

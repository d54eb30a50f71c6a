package conformance

import (
	"sync"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
)

type account struct {
	sync.Mutex
	balance int
}

type shared struct{ *sync.Mutex }

type nested struct{ account }

type viaLocker struct{ sync.Locker }

// A counted lock is a Locker of one's own, with a lock inside.
type counted struct {
	mu    sync.Mutex
	own   sync.Mutex
	locks int
}

func (c *counted) Lock() {
	c.mu.Lock()
	c.own.Lock()
	c.locks++
	c.own.Unlock()
}

func (c *counted) Unlock() {
	c.own.Lock()
	c.locks--
	c.own.Unlock()
	c.mu.Unlock()
}

// A halfLock has its Lock from a lock, and an Unlock of its own; an otherHalf the other way round.
type (
	halfLock  struct{ sync.Mutex }
	otherHalf struct{ *sync.RWMutex }
)

func (h *halfLock) Unlock()  { h.Mutex.Unlock() }
func (h otherHalf) Lock()    { h.RWMutex.Lock() }
func (h otherHalf) RUnlock() { h.RWMutex.RUnlock() }

type box[T any] struct {
	sync.Mutex
	v T
}

func (b *box[T]) set(v T) { b.Lock(); defer b.Unlock(); b.v = v }

// bump counts up under l in two steps, which only a lock keeps together.
func bump(l sync.Locker, n *int) func() {
	return func() {
		l.Lock()
		defer l.Unlock()
		was := *n
		pause()
		*n = was + 1
	}
}

// pause is a place where others may go on.
func pause() {
	c := make(chan int, 1)
	c <- 1
}

// exclusive checks that two bumps under l exclude each other.
func exclusive(log *enginetest.Log, l sync.Locker) {
	n := 0
	together(bump(l, &n), bump(l, &n))
	log.Add("%d", n)
}

var mutexes = []enginetest.Program{
	{
		Name: "in every place",
		Body: func(log *enginetest.Log) {
			a, s, n := &account{}, shared{new(sync.Mutex)}, nested{}
			var xs [2]sync.Mutex
			m := map[string]*sync.Mutex{"m": {}}
			for _, f := range []func() (lock, unlock func(), try func() bool){
				func() (func(), func(), func() bool) {
					return func() { a.Lock() }, func() { a.Unlock() }, func() bool { return a.TryLock() }
				},
				func() (func(), func(), func() bool) {
					return func() { (*a).Lock() }, a.Mutex.Unlock, func() bool { return a.Mutex.TryLock() }
				},
				func() (func(), func(), func() bool) { return s.Lock, s.Unlock, func() bool { return s.TryLock() } },
				func() (func(), func(), func() bool) {
					return n.account.Lock, n.Unlock, func() bool { return (n.TryLock()) }
				},
				func() (func(), func(), func() bool) {
					return xs[1].Lock, (&xs[1]).Unlock, func() bool { return xs[1].TryLock() }
				},
				func() (func(), func(), func() bool) {
					return m["m"].Lock, m["m"].Unlock, func() bool { return m["m"].TryLock() }
				},
			} {
				lock, unlock, try := f()
				lock()
				log.Add("%t", try())
				unlock()
				log.Add("%t", try())
				unlock()
			}
		},
		Departures: 1,
		Want:       []string{"false true false true false true false true false true false true"},
	},
	{
		Name:       "excludes",
		Body:       func(log *enginetest.Log) { exclusive(log, new(sync.Mutex)) },
		Departures: 3,
		Want:       []string{"2"},
	},
	{
		Name: "nothing excludes",
		Body: func(log *enginetest.Log) {
			var c = make(chan int, 1)
			c <- 0
			add := func() {
				n := <-c
				c <- n
				n = <-c
				c <- n + 1
			}
			together(add, add)
			log.Add("%d", <-c)
		},
		Departures: 3,
		Want:       []string{"2"},
	},
	{
		Name:       "embedded, behind a Locker",
		Body:       func(log *enginetest.Log) { exclusive(log, &account{}) },
		Departures: 3,
		Want:       []string{"2"},
	},
	{
		Name:       "embedded as a pointer, behind a Locker",
		Body:       func(log *enginetest.Log) { exclusive(log, shared{new(sync.Mutex)}) },
		Departures: 3,
		Want:       []string{"2"},
	},
	{
		Name:       "embedded in what is embedded, behind a Locker",
		Body:       func(log *enginetest.Log) { exclusive(log, &nested{}) },
		Departures: 3,
		Want:       []string{"2"},
	},
	{
		Name:       "a Locker that is embedded, behind a Locker",
		Body:       func(log *enginetest.Log) { exclusive(log, viaLocker{new(sync.Mutex)}) },
		Departures: 3,
		Want:       []string{"2"},
	},
	{
		Name:       "a Locker of one's own",
		Body:       func(log *enginetest.Log) { exclusive(log, &counted{}) },
		Departures: 2,
		Want:       []string{"2"},
	},
	{
		Name:       "a Locker of which half is one's own",
		Body:       func(log *enginetest.Log) { exclusive(log, &halfLock{}) },
		Departures: 2,
		Want:       []string{"2"},
	},
	{
		Name:       "a Locker of which the other half is one's own",
		Body:       func(log *enginetest.Log) { exclusive(log, otherHalf{new(sync.RWMutex)}) },
		Departures: 2,
		Want:       []string{"2"},
	},
	{
		Name: "a Locker for readers of which half is one's own",
		Body: func(log *enginetest.Log) {
			h := otherHalf{new(sync.RWMutex)}
			var l interface {
				RLock()
				RUnlock()
			} = h
			n := 0
			together(bump(h, &n), func() {
				l.RLock()
				defer l.RUnlock()
				log.Add("%d", n)
			})
		},
		Departures: 2,
		Want:       []string{"0", "1"},
	},
	{
		Name: "behind interfaces of one's own",
		Body: func(log *enginetest.Log) {
			var l interface {
				sync.Locker
				TryLock() bool
			} = &account{}
			l.Lock()
			log.Add("%t", l.TryLock())
			l.Unlock()
			n := 0
			together(bump(l, &n), func() {
				if l.TryLock() {
					defer l.Unlock()
					n++
				}
			})
			log.Add("%d", n)
		},
		Departures: 3,
		Want:       []string{"false 1", "false 2"},
	},
	{
		Name: "generic, deferred",
		Body: func(log *enginetest.Log) {
			var b box[string]
			together(func() { b.set("a") }, func() { b.set("b") })
			log.Add("%s", b.v)
		},
		Departures: 3,
		Want:       []string{"a", "b"},
	},
	{
		Name: "deferred unlocks run when a panic comes by",
		Body: func(log *enginetest.Log) {
			var a account
			recovered(log, func() {
				a.Lock()
				defer a.Unlock()
				panic("oh")
			})
			log.Add("%t", a.TryLock())
		},
		Want: []string{"(oh) true"},
	},
	{
		Name: "two in opposite order",
		Body: func(*enginetest.Log) {
			var a, b account
			transfer := func(from, to *account) func() {
				return func() {
					from.Lock()
					defer from.Unlock()
					to.Lock()
					defer to.Unlock()
					from.balance--
					to.balance++
				}
			}
			together(transfer(&a, &b), transfer(&b, &a))
		},
		Departures: 3,
		Want:       []string{"", "hang"},
	},
	{
		Name: "twice",
		Body: func(log *enginetest.Log) {
			var a account
			a.Lock()
			log.Add("once")
			a.Lock()
		},
		Want: []string{"once hang"},
	},
	{
		Name: "unlocked by another goroutine",
		Body: func(log *enginetest.Log) {
			var mu sync.Mutex
			mu.Lock()
			go mu.Unlock()
			mu.Lock()
			log.Add("again")
		},
		Want: []string{"again"},
	},
	{
		Name: "tried",
		Body: func(log *enginetest.Log) {
			var mu sync.Mutex
			together(
				func() { mu.Lock(); defer mu.Unlock() },
				func() {
					ok := mu.TryLock()
					if log.Add("%t", ok); ok {
						mu.Unlock()
					}
				},
			)
		},
		Departures: 4,
		Want:       []string{"true", "false"},
	},
	{
		Name: "nothing to lock",
		Body: func(log *enginetest.Log) {
			var s shared
			recovered(log, func() { s.Lock() })
			var a *account
			recovered(log, func() { defer a.Unlock() })
			var l sync.Locker
			recovered(log, func() { l.Lock() })
		},
		Want: []string{
			"(runtime error: invalid memory address or nil pointer dereference) (runtime error: invalid memory address or nil pointer dereference) (runtime error: invalid memory address or nil pointer dereference)",
		},
	},
}

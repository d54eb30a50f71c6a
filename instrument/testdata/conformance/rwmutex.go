package conformance

import (
	"sync"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
)

type cache struct {
	sync.RWMutex
	m map[string]int
}

func (c *cache) get(k string) int {
	c.RLock()
	defer c.RUnlock()
	return c.m[k]
}

func (c *cache) add(k string, n int) {
	c.Lock()
	defer c.Unlock()
	c.m[k] += n
}

type reader interface {
	RLock()
	RUnlock()
}

// countedCache has methods of its own for readers.
type countedCache struct {
	cache
	n int
}

func (c *countedCache) RLock()   { c.cache.RLock(); c.n++ }
func (c *countedCache) RUnlock() { c.cache.RUnlock() }

var rwmutexes = []enginetest.Program{
	{
		Name: "readers see a write or not",
		Body: func(log *enginetest.Log) {
			c := cache{m: map[string]int{}}
			together(
				func() { c.add("k", 1) },
				func() { log.Add("%d", c.get("k")) },
			)
		},
		Departures: 4,
		Want:       []string{"0", "1"},
	},
	{
		Name: "no write is lost",
		Body: func(log *enginetest.Log) {
			c := cache{m: map[string]int{}}
			add := func() { c.add("k", 1) }
			together(add, add, add)
			log.Add("%d", c.get("k"))
		},
		Departures: 2,
		Want:       []string{"3"},
	},
	{
		Name:       "excludes as a Locker",
		Body:       func(log *enginetest.Log) { exclusive(log, new(sync.RWMutex)) },
		Departures: 3,
		Want:       []string{"2"},
	},
	{
		Name:       "excludes as a Locker, embedded",
		Body:       func(log *enginetest.Log) { exclusive(log, new(cache)) },
		Departures: 3,
		Want:       []string{"2"},
	},
	{
		Name: "readers meet",
		Body: func(log *enginetest.Log) {
			var c cache
			met := make(chan int)
			together(
				func() { c.RLock(); defer c.RUnlock(); met <- 1 },
				func() { c.RLock(); defer c.RUnlock(); log.Add("%d", <-met) },
			)
		},
		Departures: 3,
		Want:       []string{"1"},
	},
	{
		Name: "readers meet behind Lockers",
		Body: func(log *enginetest.Log) {
			var c cache
			met := make(chan int)
			l := c.RLocker()
			together(
				func() { l.Lock(); defer l.Unlock(); met <- 1 },
				func() { l := c.RLocker(); l.Lock(); defer l.Unlock(); log.Add("%d", <-met) },
			)
			log.Add("%t", c.TryLock())
		},
		Departures: 2,
		Want:       []string{"1 true"},
	},
	{
		Name: "a waiting writer keeps new readers out",
		Body: func(log *enginetest.Log) {
			var c cache
			c.RLock()
			go func() { c.Lock(); defer c.Unlock(); log.Add("w") }()
			for c.TryRLock() {
				c.RUnlock()
				rest()
			}
			go func() { c.RLock(); defer c.RUnlock(); log.Add("r") }()
			log.Add("%t %t", c.TryRLock(), c.TryLock())
			c.RUnlock()
		},
		Departures: 3,
		Want:       []string{"false false w r"},
	},
	{
		Name: "waiting readers come before the next writer",
		Body: func(log *enginetest.Log) {
			var c cache
			c.Lock()
			go func() { c.Lock(); defer c.Unlock(); log.Add("w") }()
			rest()
			go func() { c.RLock(); defer c.RUnlock(); log.Add("r") }()
			rest()
			c.Unlock()
		},
		Departures: 3,
		Want:       []string{"r w"},
		Controlled: true, // only time says that they wait
	},
	{
		Name: "nested reading, and a writer between",
		Body: func(*enginetest.Log) {
			c := cache{m: map[string]int{}}
			together(
				func() { c.RLock(); defer c.RUnlock(); c.get("k") },
				func() { c.add("k", 1) },
			)
		},
		Departures: 3,
		Want:       []string{"", "hang"},
	},
	{
		Name: "upgrade",
		Body: func(*enginetest.Log) {
			var c cache
			c.RLock()
			c.Lock()
		},
		Want: []string{"hang"},
	},
	{
		Name: "tried, and by method values",
		Body: func(log *enginetest.Log) {
			var c cache
			lock, unlock, rlock, runlock := c.Lock, c.Unlock, c.RLock, c.RUnlock
			rlock()
			log.Add("%t %t", c.TryRLock(), c.TryLock())
			runlock()
			runlock()
			lock()
			log.Add("%t %t", c.TryRLock(), c.TryLock())
			unlock()
			log.Add("%t", c.TryLock())
		},
		Departures: 2,
		Want:       []string{"true false false false true"},
	},
	{
		Name: "readers by an interface",
		Body: func(log *enginetest.Log) {
			var c countedCache
			together(
				func() { c.Lock(); log.Add("w"); c.Unlock() },
				func() {
					for _, r := range []reader{&c.RWMutex, &c.cache, &c} {
						unlock := r.RUnlock
						r.RLock()
						log.Add("r")
						unlock()
					}
				},
			)
			log.Add("%d", c.n)
		},
		Departures: 4,
		Want:       []string{"w r r r 1", "r w r r 1", "r r w r 1", "r r r w 1"},
	},
	{
		Name: "read lock ended by another goroutine",
		Body: func(log *enginetest.Log) {
			var c cache
			c.RLock()
			go c.RUnlock()
			c.Lock()
			log.Add("w")
		},
		Want: []string{"w"},
	},
}

package conformance

import (
	"sync"

	"github.com/jostle-dev/jostle/internal/engine/enginetest"
)

// A queue is a cond and what it is about.
type queue struct {
	sync.Mutex
	*sync.Cond
	vs []int
}

func newQueue() *queue {
	q := new(queue)
	q.Cond = sync.NewCond(&q.Mutex)
	return q
}

func (q *queue) put(v int) {
	q.Lock()
	defer q.Unlock()
	q.vs = append(q.vs, v)
	q.Signal()
}

func (q *queue) get() int {
	q.Lock()
	defer q.Unlock()
	for len(q.vs) == 0 {
		q.Wait()
	}
	v := q.vs[0]
	q.vs = q.vs[1:]
	return v
}

// met lets two wait for what a third says, under any lock.
func met(log *enginetest.Log, l sync.Locker) {
	c := sync.NewCond(l)
	ready := false
	wait := func() {
		c.L.Lock()
		defer c.L.Unlock()
		for !ready {
			c.Wait()
		}
	}
	together(wait, wait, func() {
		l.Lock()
		ready = true
		l.Unlock()
		c.Broadcast()
	})
	log.Add("met")
}

var conds = []enginetest.Program{
	{
		Name: "nothing is lost in a queue",
		Body: func(log *enginetest.Log) {
			q := newQueue()
			var a, b int
			together(
				func() { a = q.get() },
				func() { b = q.get() },
				func() { q.put(1); q.put(2) },
			)
			log.Add("%d", a+b)
		},
		Departures: 2,
		Want:       []string{"3"},
	},
	{
		Name: "signals wake in order",
		Body: func(log *enginetest.Log) {
			var mu sync.Mutex
			c := sync.NewCond(&mu)
			woken := make(chan string)
			for _, name := range []string{"a", "b", "c"} {
				go func() {
					mu.Lock()
					c.Wait()
					mu.Unlock()
					woken <- name
				}()
				rest()
			}
			for range 3 {
				c.Signal()
				log.Add("%s", <-woken)
			}
		},
		Virtual: true, Departures: 2,
		Want: []string{"a b c"},
	},
	{
		Name: "a broadcast wakes all, by method values",
		Body: func(log *enginetest.Log) {
			var mu sync.Mutex
			c := sync.NewCond(&mu)
			ready := false
			wait, broadcast := c.Wait, c.Broadcast
			together(
				func() {
					mu.Lock()
					defer mu.Unlock()
					for !ready {
						wait()
					}
				},
				func() {
					mu.Lock()
					defer mu.Unlock()
					ready = true
					broadcast()
				},
			)
			log.Add("met")
		},
		Departures: 3,
		Want:       []string{"met"},
	},
	{
		Name:       "under an RWMutex",
		Body:       func(log *enginetest.Log) { met(log, new(sync.RWMutex)) },
		Departures: 2,
		Want:       []string{"met"},
	},
	{
		Name: "readers wait under a read lock",
		Body: func(log *enginetest.Log) {
			var rw sync.RWMutex
			c := sync.NewCond(rw.RLocker())
			ready := false
			wait := func() {
				rw.RLock()
				defer rw.RUnlock()
				for !ready {
					c.Wait()
				}
			}
			together(wait, wait, func() {
				rw.Lock()
				ready = true
				rw.Unlock()
				c.Broadcast()
			})
			log.Add("met")
		},
		Departures: 2,
		Want:       []string{"met"},
	},
	{
		Name:       "under a lock that is embedded",
		Body:       func(log *enginetest.Log) { met(log, &account{}) },
		Departures: 2,
		Want:       []string{"met"},
	},
	{
		Name:       "under a lock of one's own",
		Body:       func(log *enginetest.Log) { met(log, &counted{}) },
		Departures: 2,
		Want:       []string{"met"},
	},
	{
		Name: "a signal that nobody waits for is lost",
		Body: func(log *enginetest.Log) {
			var mu sync.Mutex
			c := sync.NewCond(&mu)
			go c.Signal()
			mu.Lock()
			c.Wait()
			log.Add("woken")
		},
		Want: []string{"woken", "hang"},
	},
}

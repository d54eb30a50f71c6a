package kernels

import (
	"sync"
	"sync/atomic"
	"testing"
)

// arrayStack is Vyukov's stack in an array, whose head has an index and no version. (SafeStack)
type arrayStack struct {
	head  atomic.Int32
	count atomic.Int32
	next  [3]atomic.Int32
}

func (s *arrayStack) pop() int32 {
	for range 4 {
		if s.count.Load() <= 1 {
			return -1
		}
		h := s.head.Load()
		if h < 0 {
			continue
		}
		n := s.next[h].Swap(-1)
		if n < 0 {
			continue
		}
		if s.head.CompareAndSwap(h, n) {
			s.count.Add(-1)
			return h
		}
		s.next[h].Store(n)
	}
	return -1
}

func (s *arrayStack) push(i int32) {
	s.count.Add(1)
	for {
		h := s.head.Load()
		s.next[i].Store(h)
		if s.head.CompareAndSwap(h, i) {
			return
		}
	}
}

// Three pop and push; an element must not be popped twice. (SCTBench SafeStack)
func TestArrayStack(t *testing.T) {
	var s arrayStack
	var owner [3]atomic.Int32
	s.count.Store(3)
	for i := range s.next {
		s.next[i].Store(int32(i) + 1)
	}
	s.next[2].Store(-1)
	use := func() {
		for range 2 {
			i := s.pop()
			if i < 0 {
				continue
			}
			check(t, owner[i].Add(1) == 1, "two have one element")
			owner[i].Add(-1)
			s.push(i)
		}
	}
	together(use, use, use)
}

// A stack of nodes that are used again: a compare-and-swap succeeds on a head that has been away.
func TestABAStack(t *testing.T) {
	type node struct{ next atomic.Pointer[node] }
	var head atomic.Pointer[node]
	a, b := new(node), new(node)
	a.next.Store(b)
	head.Store(a)
	var taken [2]atomic.Int32
	index := map[*node]int{a: 0, b: 1}
	pop := func() *node {
		for {
			h := head.Load()
			if h == nil {
				return nil
			}
			if next := h.next.Load(); head.CompareAndSwap(h, next) {
				return h
			}
		}
	}
	push := func(n *node) {
		for {
			h := head.Load()
			n.next.Store(h)
			if head.CompareAndSwap(h, n) {
				return
			}
		}
	}
	take := func() *node {
		n := pop()
		if n != nil {
			check(t, taken[index[n]].Add(1) == 1, "a node is taken twice")
		}
		return n
	}
	together(
		func() { take() },
		func() {
			x, _ := take(), take()
			if x != nil {
				taken[index[x]].Add(-1)
				push(x)
			}
		},
		func() { take() },
	)
}

// A deque in which the owner's pop looks at the head before it has taken the tail back. (SCTBench Chess/WorkStealQueue)
type deque struct {
	mu         sync.Mutex
	head, tail atomic.Int32
	tasks      [8]atomic.Int32
}

func (d *deque) push(v int32) {
	at := d.tail.Load()
	d.tasks[at%8].Store(v)
	d.tail.Store(at + 1)
}

func (d *deque) pop() (int32, bool) {
	at := d.tail.Load() - 1
	if d.head.Load() <= at { // before the store below: the slip
		d.tail.Store(at)
		return d.tasks[at%8].Load(), true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.head.Load() <= at {
		d.tail.Store(at)
		return d.tasks[at%8].Load(), true
	}
	return 0, false
}

func (d *deque) steal() (int32, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := d.head.Load()
	d.head.Store(at + 1)
	if at < d.tail.Load() {
		return d.tasks[at%8].Load(), true
	}
	d.head.Store(at)
	return 0, false
}

// steal runs an owner and a thief: each task must be done once.
func steal(t *testing.T, tasks, thefts int) {
	var d deque
	var done [8]atomic.Int32
	do := func(v int32, ok bool) {
		if ok {
			check(t, done[v].Add(1) == 1, "a task is done twice")
		}
	}
	together(
		func() {
			for i := range tasks {
				d.push(int32(i))
			}
			for range tasks {
				do(d.pop())
			}
		},
		func() {
			for range thefts {
				do(d.steal())
			}
		},
	)
}

func TestWorkStealing(t *testing.T)     { steal(t, 3, 1) }
func TestWorkStealingMore(t *testing.T) { steal(t, 6, 4) }

// A deque without a lock, whose owner and thief both take the last task. (SCTBench Chess/InterlockedWorkStealQueue)
func TestLastTask(t *testing.T) {
	var top, bottom atomic.Int32
	var done [4]atomic.Int32
	bottom.Store(4)
	together(
		func() {
			for range 4 {
				b := bottom.Add(-1)
				if tp := top.Load(); tp > b {
					bottom.Store(tp)
					return
				}
				check(t, done[b].Add(1) == 1, "a task is done twice")
			}
		},
		func() {
			for range 2 {
				tp := top.Load()
				if tp < bottom.Load() && top.CompareAndSwap(tp, tp+1) {
					check(t, done[tp].Add(1) == 1, "a task is done twice")
				}
			}
		},
	)
}

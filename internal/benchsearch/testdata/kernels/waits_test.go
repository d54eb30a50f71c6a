package kernels

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// A signal comes before the wait: the flag is looked at without the lock.
func TestLostSignal(t *testing.T) {
	var mu sync.Mutex
	cond := sync.NewCond(&mu)
	var ready atomic.Bool
	together(
		func() {
			for range 3 {
				if !ready.Load() {
					mu.Lock()
					cond.Wait()
					mu.Unlock()
				}
			}
		},
		func() {
			ready.Store(true)
			cond.Broadcast()
		},
	)
}

// A buffer of one, where consumers ask once whether it is empty, and not again after they were woken. (SCTBench Inspect/boundedBuffer)
func TestBoundedBuffer(t *testing.T) {
	var mu sync.Mutex
	cond := sync.NewCond(&mu)
	items := 0
	get := func() {
		mu.Lock()
		defer mu.Unlock()
		if items == 0 {
			cond.Wait()
		}
		items--
		check(t, items >= 0, "taken from an empty buffer")
		cond.Broadcast()
	}
	put := func() {
		mu.Lock()
		defer mu.Unlock()
		items++
		cond.Broadcast()
	}
	together(get, get, put, put)
}

// A buffer of one, where one signal wakes a consumer or a producer: perhaps one that cannot go on.
func TestSignalForOne(t *testing.T) {
	var mu sync.Mutex
	cond := sync.NewCond(&mu)
	items := 0
	get := func() {
		mu.Lock()
		defer mu.Unlock()
		for items == 0 {
			cond.Wait()
		}
		items--
		cond.Signal()
	}
	put := func() {
		mu.Lock()
		defer mu.Unlock()
		for items == 1 {
			cond.Wait()
		}
		items++
		cond.Signal()
	}
	together(put, get, get, put)
}

// A producer and a consumer agree by a flag outside their lock. (SCTBench CS/circular_buffer)
func TestCircularBuffer(t *testing.T) {
	var mu sync.Mutex
	var sending, receiving atomic.Bool
	sending.Store(true)
	next, last := 0, -1
	together(
		func() {
			for range 4 {
				mu.Lock()
				if sending.Load() {
					next++
					sending.Store(false)
					receiving.Store(true)
				}
				mu.Unlock()
			}
		},
		func() {
			for range 4 {
				if receiving.Load() {
					mu.Lock()
					check(t, next != last, "received twice")
					last = next
					receiving.Store(false)
					sending.Store(true)
					mu.Unlock()
				}
			}
		},
		func() {
			if receiving.Load() {
				mu.Lock()
				check(t, next != last, "received twice")
				last = next
				mu.Unlock()
			}
		},
	)
}

// A barrier that is used again, where one that has passed it takes the leave of another that has not.
func TestBarrier(t *testing.T) {
	const n = 3
	gate := make(chan struct{}, n)
	var count atomic.Int32
	wait := func() {
		if count.Add(1)%n != 0 {
			<-gate
			return
		}
		for range n - 1 {
			gate <- struct{}{}
		}
	}
	together(times(n, func() {
		wait()
		wait()
		check(t, count.Load() == 2*n, "one is through before all have come")
	})...)
}

// ring has goroutines that each take a semaphore of their own, made of a channel, and then their neighbour's.
func ring(n int) {
	var sems []chan struct{}
	for range n {
		sems = append(sems, make(chan struct{}, 1))
	}
	var fs []func()
	for i := range n {
		fs = append(fs, func() {
			sems[i] <- struct{}{}
			sems[(i+1)%n] <- struct{}{}
			<-sems[(i+1)%n]
			<-sems[i]
		})
	}
	together(fs...)
}

func TestRing3(t *testing.T) { ring(3) }
func TestRing5(t *testing.T) { ring(5) }
func TestRing7(t *testing.T) { ring(7) }

// A channel is closed by one that believes to be the last to send.
func TestClosedEarly(t *testing.T) {
	c := make(chan int, 8)
	var left atomic.Int32
	send := func() {
		left.Add(1)
		c <- 1
		if left.Add(-1) == 0 {
			select {
			case c <- 2:
			default:
			}
		}
	}
	together(send, send, send, func() {
		if left.Load() == 0 {
			close(c)
		}
	})
}

// Two close one channel, each if it is not closed yet.
func TestClosedTwice(t *testing.T) {
	done := make(chan struct{})
	stop := func() {
		select {
		case <-done:
		default:
			close(done)
		}
	}
	together(stop, stop)
}

// A hub sends to its subscribers under its lock, and a subscriber that leaves needs it.
func TestUnsubscribe(t *testing.T) {
	var mu sync.Mutex
	subscribed := true
	c := make(chan int)
	together(
		func() {
			for range 2 {
				mu.Lock()
				if subscribed {
					c <- 1
				}
				mu.Unlock()
				runtime.Gosched()
			}
		},
		func() {
			<-c
			mu.Lock()
			subscribed = false
			mu.Unlock()
		},
	)
}

// A pool gives back a value that is still used by one that looks at it once more.
func TestPool(t *testing.T) {
	free := make(chan *atomic.Int32, 1)
	free <- new(atomic.Int32)
	use := func(me int32) func() {
		return func() {
			v := <-free
			v.Store(me)
			free <- v
			check(t, v.Load() == me, "another uses it")
		}
	}
	together(use(1), use(2), use(3))
}

// Each of three says that it is done before it has written what it has done.
func TestDoneEarly(t *testing.T) {
	var wg sync.WaitGroup
	var sum atomic.Int32
	for range 3 {
		wg.Add(1)
		go func() {
			wg.Done()
			sum.Add(1)
		}()
	}
	wg.Wait()
	check(t, sum.Load() > 0, "none has written")
}

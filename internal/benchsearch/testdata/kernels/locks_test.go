package kernels

import (
	"sync"
	"sync/atomic"
	"testing"
)

// twoStages has writers that set two fields, each under its own lock, and a reader between. (SCTBench CS/twostage)
func twoStages(t *testing.T, n int) {
	var muA, muB sync.Mutex
	var a, b int
	write := func() {
		muA.Lock()
		a = 1
		muA.Unlock()
		muB.Lock()
		b = 2
		muB.Unlock()
	}
	read := func() {
		muA.Lock()
		x := a
		muA.Unlock()
		if x == 0 {
			return
		}
		muB.Lock()
		y := b
		muB.Unlock()
		check(t, y == x+1, "only the first stage was done")
	}
	together(append(times(n, write), read)...)
}

func TestTwoStages2(t *testing.T)   { twoStages(t, 2) }
func TestTwoStages10(t *testing.T)  { twoStages(t, 10) }
func TestTwoStages20(t *testing.T)  { twoStages(t, 20) }
func TestTwoStages50(t *testing.T)  { twoStages(t, 50) }
func TestTwoStages100(t *testing.T) { twoStages(t, 100) }

// wrongLock has one writer that believes to be alone under its lock, and others under another. (SCTBench CS/wronglock)
func wrongLock(t *testing.T, n int) {
	var muA, muB sync.Mutex
	var data atomic.Int32
	together(append(times(n, func() {
		muB.Lock()
		data.Add(1)
		muB.Unlock()
	}), func() {
		muA.Lock()
		x := data.Load()
		data.Add(1)
		check(t, data.Load() == x+1, "another has written")
		muA.Unlock()
	})...)
}

func TestWrongLock1(t *testing.T) { wrongLock(t, 1) }
func TestWrongLock3(t *testing.T) { wrongLock(t, 3) }
func TestWrongLock8(t *testing.T) { wrongLock(t, 8) }

// An auditor sees a deposit and a withdrawal, both or one. (SCTBench CS/account)
func TestAccount(t *testing.T) {
	var mu sync.Mutex
	x, y, z, balance := 4, 2, 1, 0
	var deposited, withdrawn bool
	balance = x
	together(
		func() {
			mu.Lock()
			defer mu.Unlock()
			if deposited && withdrawn {
				check(t, balance == x-y-z, "the sum is wrong")
			}
		},
		func() {
			mu.Lock()
			balance += y
			deposited = true
			mu.Unlock()
		},
		func() {
			mu.Lock()
			balance -= z
			withdrawn = true
			mu.Unlock()
		},
	)
}

// Two classes of users lock a resource with the first of each and free it with the last, under the lock of their count. (SCTBench
// CS/carter01)
func TestFirstAndLast(t *testing.T) {
	var mu, l sync.Mutex
	a, b := 0, 0
	users := func(count, others *int) func() {
		return func() {
			mu.Lock()
			*count++
			if *count == 1 {
				l.Lock()
			}
			mu.Unlock()
			mu.Lock()
			*count--
			if *count == 0 {
				l.Unlock()
			}
			mu.Unlock()
		}
	}
	together(users(&a, &b), users(&a, &b), users(&b, &a), users(&b, &a))
}

// One adds one, one adds two, and a third must not see three. (SCTBench CS/lazy01)
func TestLazy(t *testing.T) {
	var mu sync.Mutex
	data := 0
	add := func(n int) func() {
		return func() {
			mu.Lock()
			data += n
			mu.Unlock()
		}
	}
	together(func() {
		mu.Lock()
		defer mu.Unlock()
		check(t, data < 3, "both have added")
	}, add(1), add(2))
}

// A popper trusts a flag that is set too early. (SCTBench CS/stack)
func TestFlagSetEarly(t *testing.T) {
	var mu sync.Mutex
	var ready atomic.Bool
	var items []int
	together(
		func() {
			for i := range 5 {
				mu.Lock()
				ready.Store(true)
				mu.Unlock()
				mu.Lock()
				items = append(items, i)
				mu.Unlock()
			}
		},
		func() {
			for range 5 {
				mu.Lock()
				if ready.Load() {
					if len(items) == 0 {
						t.Error("nothing is there")
					} else {
						items = items[:len(items)-1]
					}
					ready.Store(len(items) > 0)
				}
				mu.Unlock()
			}
		},
	)
}

// append takes the other's length, and then copies: it shrank in between. (SCTBench CB/stringbuffer-jdk1.4)
func TestStringBuffer(t *testing.T) {
	var mu sync.Mutex
	text := []byte("abc")
	length := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(text)
	}
	together(
		func() {
			n := length()
			mu.Lock()
			defer mu.Unlock()
			check(t, n <= len(text), "it is shorter by now")
		},
		func() {
			mu.Lock()
			text = append(text, 'd')
			mu.Unlock()
			mu.Lock()
			text = text[:0]
			mu.Unlock()
		},
	)
}

// Two make one lock, lazily: each may hold its own. (RADBench bug4)
func TestLazyLock(t *testing.T) {
	var lock atomic.Pointer[sync.Mutex]
	var inside atomic.Int32
	enter := func() {
		for range 3 {
			if lock.Load() == nil {
				lock.Store(new(sync.Mutex))
			}
			mu := lock.Load()
			mu.Lock()
			check(t, inside.Add(1) == 1, "two are inside")
			inside.Add(-1)
			mu.Unlock()
		}
	}
	together(enter, enter)
}

// The flag of a value that is made once is set before the value.
func TestDoubleChecked(t *testing.T) {
	var mu sync.Mutex
	var ready atomic.Bool
	var value atomic.Pointer[int]
	get := func() {
		if !ready.Load() {
			mu.Lock()
			if !ready.Load() {
				ready.Store(true)
				value.Store(new(int))
			}
			mu.Unlock()
		}
		check(t, value.Load() != nil, "used before it was made")
	}
	together(get, get, get)
}

// philosophers each take the lock to the left and then that to the right.
func philosophers(n int) {
	forks := make([]sync.Mutex, n)
	var fs []func()
	for i := range n {
		fs = append(fs, func() {
			left, right := &forks[i], &forks[(i+1)%n]
			left.Lock()
			right.Lock()
			right.Unlock()
			left.Unlock()
		})
	}
	together(fs...)
}

func TestPhilosophers3(t *testing.T) { philosophers(3) }
func TestPhilosophers5(t *testing.T) { philosophers(5) }
func TestPhilosophers7(t *testing.T) { philosophers(7) }

// Two take two locks in two orders, after much else that they do under both in one order.
func TestLongInversion(t *testing.T) {
	var a, b sync.Mutex
	both := func(x, y *sync.Mutex) {
		x.Lock()
		y.Lock()
		y.Unlock()
		x.Unlock()
	}
	together(
		func() {
			for range 20 {
				both(&a, &b)
			}
		},
		func() {
			for range 10 {
				both(&a, &b)
			}
			both(&b, &a)
			for range 10 {
				both(&a, &b)
			}
		},
	)
}

// A reader that looks, and then writes under the other lock: two do the same thing.
func TestUpgrade(t *testing.T) {
	var mu sync.RWMutex
	made := map[int]int{}
	get := func(k int) func() {
		return func() {
			mu.RLock()
			_, ok := made[k]
			mu.RUnlock()
			if !ok {
				mu.Lock()
				made[k]++
				check(t, made[k] == 1, "made twice")
				mu.Unlock()
			}
		}
	}
	together(get(1), get(2), get(3), get(2))
}

// A reader that reads again behind a writer that waits.
func TestReadsAgain(t *testing.T) {
	var mu sync.RWMutex
	together(
		func() {
			for range 3 {
				mu.RLock()
				mu.RLock()
				mu.RUnlock()
				mu.RUnlock()
			}
		},
		func() {
			mu.Lock()
			mu.Unlock()
		},
	)
}

// Readers and writers, where a reader that counts itself looks at the writer's mark too early.
func TestReadersAndWriters(t *testing.T) {
	var readers atomic.Int32
	var writing, reading atomic.Bool
	read := func() {
		if writing.Load() {
			return
		}
		readers.Add(1)
		reading.Store(true)
		check(t, !writing.Load(), "a writer is in, too")
		if readers.Add(-1) == 0 {
			reading.Store(false)
		}
	}
	write := func() {
		if readers.Load() > 0 || !writing.CompareAndSwap(false, true) {
			return
		}
		check(t, !reading.Load(), "a reader is in, too")
		writing.Store(false)
	}
	together(read, read, write, write)
}

// An element is put out of a cache between being found and being used.
func TestEvicted(t *testing.T) {
	var mu sync.Mutex
	cache := map[int]*atomic.Bool{1: new(atomic.Bool), 2: new(atomic.Bool), 3: new(atomic.Bool)}
	use := func(k int) func() {
		return func() {
			mu.Lock()
			closed := cache[k]
			mu.Unlock()
			if closed != nil {
				check(t, !closed.Load(), "used after it was closed")
			}
		}
	}
	evict := func(k int) func() {
		return func() {
			mu.Lock()
			closed := cache[k]
			delete(cache, k)
			mu.Unlock()
			if closed != nil {
				closed.Store(true)
			}
		}
	}
	together(use(1), use(2), use(3), evict(2))
}

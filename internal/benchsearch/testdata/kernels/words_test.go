package kernels

import (
	"sync/atomic"
	"testing"
)

// reorder has setters that write a and then b, and one that must not see a without b. (SCTBench CS/reorder)
func reorder(t *testing.T, n int) {
	var a, b atomic.Int32
	set := func() {
		a.Store(1)
		b.Store(-1)
	}
	look := func() {
		check(t, a.Load() == 0 && b.Load() == 0 || a.Load() == 1 && b.Load() == -1, "half of it was seen")
	}
	together(append(times(n-1, set), look)...)
}

func TestReorder3(t *testing.T)  { reorder(t, 3) }
func TestReorder5(t *testing.T)  { reorder(t, 5) }
func TestReorder10(t *testing.T) { reorder(t, 10) }
func TestReorder20(t *testing.T) { reorder(t, 20) }
func TestReorder50(t *testing.T) { reorder(t, 50) }

// fibonacci has two that add each other's sum to their own. (SCTBench CS/fib_bench)
func fibonacci(t *testing.T, n int, most int32) {
	var i, j atomic.Int32
	i.Store(1)
	j.Store(1)
	add := func(to, from *atomic.Int32) func() {
		return func() {
			for range n {
				to.Store(to.Load() + from.Load())
			}
		}
	}
	together(add(&i, &j), add(&j, &i))
	check(t, i.Load() < most && j.Load() < most, "the greatest sum there can be")
}

func TestFibonacci3(t *testing.T) { fibonacci(t, 3, 21) }

// Three copy a value round a ring, and must not see all of it equal. (SCTBench CS/token_ring)
func TestTokenRing(t *testing.T) {
	var x1, x2, x3 atomic.Int32
	x1.Store(1)
	x2.Store(2)
	x3.Store(1)
	together(
		func() {
			check(t, !(x1.Load() == x2.Load() && x2.Load() == x3.Load()), "all are equal")
		},
		func() { x1.Store((x3.Load() + 1) % 4) },
		func() { x2.Store(x1.Load()) },
		func() { x3.Store(x2.Load()) },
	)
}

// chain has links that count only if each comes after the one that is started after it.
func chain(t *testing.T, n int) {
	var at atomic.Int32
	var fs []func()
	for i := range n {
		fs = append(fs, func() { at.CompareAndSwap(int32(n-1-i), int32(n-i)) })
	}
	together(fs...)
	check(t, at.Load() < int32(n), "the chain is whole")
}

func TestChain3(t *testing.T) { chain(t, 3) }
func TestChain5(t *testing.T) { chain(t, 5) }

// Two read and write a counter, several times each; it must not end as low as it can. (SCTBench CS/arithmetic_prog's kind)
func TestLostUpdates(t *testing.T) {
	var n atomic.Int32
	add := func() {
		for range 4 {
			n.Store(n.Load() + 1)
		}
	}
	together(add, add)
	check(t, n.Load() > 2, "nearly all updates are lost")
}

// Two check the balance, and then withdraw.
func TestOverdraft(t *testing.T) {
	var balance atomic.Int64
	balance.Store(100)
	withdraw := func() {
		if balance.Load() >= 80 {
			balance.Add(-80)
		}
	}
	together(withdraw, withdraw)
	check(t, balance.Load() >= 0, "more was withdrawn than was there")
}

// One of many accounts is overdrawn, by one of many pairs.
func TestOverdraftOfMany(t *testing.T) {
	var accounts [8]atomic.Int64
	var fs []func()
	for i := range accounts {
		accounts[i].Store(100)
		withdraw := func() {
			if accounts[i].Load() >= 80 {
				accounts[i].Add(-80)
			}
		}
		fs = append(fs, withdraw)
		if i == 5 {
			fs = append(fs, withdraw)
		}
	}
	together(fs...)
	check(t, accounts[5].Load() >= 0, "more was withdrawn than was there")
}

// Peterson's lock with its two first lines the wrong way round.
func TestPeterson(t *testing.T) {
	var flag [2]atomic.Bool
	var turn, inside atomic.Int32
	enter := func(me int32) func() {
		return func() {
			for range 2 {
				turn.Store(1 - me)
				flag[me].Store(true)
				if flag[1-me].Load() && turn.Load() == 1-me {
					flag[me].Store(false)
					continue // it does not wait
				}
				check(t, inside.Add(1) == 1, "two are inside")
				inside.Add(-1)
				flag[me].Store(false)
			}
		}
	}
	together(enter(0), enter(1))
}

// A driver is stopped when no request is left, while one is between its check and its count. (SCTBench CS/bluetooth_driver)
func TestBluetooth(t *testing.T) {
	var pending atomic.Int32
	var stopping, event, stopped atomic.Bool
	pending.Store(1)
	done := func() {
		if pending.Add(-1) == 0 {
			event.Store(true)
		}
	}
	begin := func() bool {
		if stopping.Load() {
			return false
		}
		pending.Add(1)
		return true
	}
	together(
		func() {
			if begin() {
				check(t, !stopped.Load(), "a request is served after the stop")
				done()
			}
		},
		func() {
			stopping.Store(true)
			done()
			if event.Load() {
				stopped.Store(true)
			}
		},
	)
}

// A snapshot of a pair is torn, and its version, read once, does not tell.
func TestVersionReadOnce(t *testing.T) {
	var version, a, b atomic.Int32
	together(
		func() {
			if version.Load()%2 == 0 {
				x := a.Load()
				check(t, x == b.Load(), "the pair is torn")
			}
		},
		func() {
			for i := range int32(3) {
				version.Add(1)
				a.Store(i)
				b.Store(i)
				version.Add(1)
			}
		},
	)
}

// A count of references goes to zero while another takes one. (ConVul CVE-2016-1973's kind)
func TestResurrected(t *testing.T) {
	var refs atomic.Int32
	var freed atomic.Bool
	refs.Store(1)
	together(
		func() {
			if refs.Load() > 0 {
				refs.Add(1)
				check(t, !freed.Load(), "used after it was freed")
				if refs.Add(-1) == 0 {
					freed.Store(true)
				}
			}
		},
		func() {
			if refs.Add(-1) == 0 {
				freed.Store(true)
			}
		},
	)
}

// A dump begins again while the one before ends. (ConVul CVE-2016-9806)
func TestFreedTwice(t *testing.T) {
	var running atomic.Bool
	var freed atomic.Int32
	end := func() {
		if running.Load() {
			freed.Add(1)
			running.Store(false)
		}
	}
	together(
		func() {
			running.Store(true)
			end()
		},
		end,
	)
	check(t, freed.Load() < 2, "freed twice")
}

// A key ring is looked at while only one of its two is installed, by one that has looked before. (ConVul CVE-2013-1792)
func TestKeyrings(t *testing.T) {
	var user, session atomic.Int32
	install := func() {
		if user.Load() != 0 {
			check(t, session.Load() != 0, "the second ring is missing")
			return
		}
		user.Store(1)
		session.Store(1)
	}
	together(install, install)
}

// Two take a pointer that a third clears between check and use. (ConVul CVE-2016-7911)
func TestClearedPointer(t *testing.T) {
	var p atomic.Pointer[int]
	p.Store(new(int))
	use := func() {
		if p.Load() != nil {
			check(t, p.Load() != nil, "it was cleared after the check")
		}
	}
	together(use, use, func() { p.Store(nil) })
}

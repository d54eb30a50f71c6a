package harness_test

import (
	"sync"
	"testing"

	"github.com/jostle-dev/jostle/harness"
)

// An Account has a balance that several goroutines change.
type Account struct {
	mu      sync.Mutex
	balance int
}

// Transfer moves an amount from one account to another.
func Transfer(from, to *Account, amount int) {
	from.mu.Lock()
	defer from.mu.Unlock()
	to.mu.Lock()
	defer to.mu.Unlock()
	from.balance -= amount
	to.balance += amount
}

// transfers is the body of a target. The fuzzer makes the amount, and the order in which the two goroutines run.
func transfers(t harness.T, in struct{ Amount uint8 }) {
	var a, b Account
	var wg sync.WaitGroup
	wg.Go(func() { Transfer(&a, &b, int(in.Amount)) })
	wg.Go(func() { Transfer(&b, &a, 1) })
	wg.Wait()
	if a.balance+b.balance != 0 {
		t.Errorf("%d were made of nothing", a.balance+b.balance)
	}
}

// In a test file the literal is a function of its own:
//
//	func FuzzTransfer(f *testing.F) { harness.Fuzz(f, transfers) }
func ExampleFuzz() {
	_ = func(f *testing.F) { harness.Fuzz(f, transfers) }
}

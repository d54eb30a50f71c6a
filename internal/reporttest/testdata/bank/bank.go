// Package bank has accounts, and bugs.
package bank

import "sync"

// An Account has a balance.
type Account struct {
	mu      sync.Mutex
	balance int
}

// Transfer takes n from one account and puts it into another.
func Transfer(from, to *Account, n int) {
	from.mu.Lock()
	defer from.mu.Unlock()
	to.mu.Lock()
	defer to.mu.Unlock()
	from.balance -= n
	to.balance += n
}

// A Feed tells what happens to those who read it.
type Feed struct {
	mu  sync.Mutex
	out chan string
	n   int
}

// Publish tells it to a reader.
func (f *Feed) Publish(what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
	f.out <- what
}

// Published returns how often something was told.
func (f *Feed) Published() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n
}

package pipeline

import (
	"context"
	"sync"
)

// A WaitGroup counts the tokens handed out and lets others wait until all have come back. Unlike [sync.WaitGroup]
// the wait can be given up, and what is counted are values with an owner, so that a value which is destroyed half way
// can give back its own count.
//
// The zero value is ready for use. All methods are safe for concurrent use.
type WaitGroup struct {
	mu   sync.Mutex
	held int
	idle chan struct{} // closed when held reaches 0; nil while nobody waits
}

// Token returns a new token of g. [WaitGroup.Wait] blocks until it has been released.
func (g *WaitGroup) Token() *WaitToken {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held++
	return &WaitToken{group: g}
}

// Wait blocks until no token of g is held, and returns nil, or until ctx ends, and returns [context.Cause] of ctx.
// When both are the case, it returns nil.
func (g *WaitGroup) Wait(ctx context.Context) error {
	g.mu.Lock()
	if g.held == 0 {
		g.mu.Unlock()
		return nil
	}
	if g.idle == nil {
		g.idle = make(chan struct{})
	}
	idle := g.idle
	g.mu.Unlock()

	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// A WaitToken is one count of a [WaitGroup]. A token that is never released blocks the group's waiters for ever.
type WaitToken struct {
	group    *WaitGroup
	released bool // guarded by group.mu
}

// Clone returns another token of the same group, to be released on its own account. Cloning a token that has been
// released is a mistake, because a waiter may already have gone on: it panics.
func (t *WaitToken) Clone() *WaitToken {
	g := t.group
	g.mu.Lock()
	defer g.mu.Unlock()
	if t.released {
		panic("pipeline: clone of a released WaitToken")
	}
	g.held++
	return &WaitToken{group: g}
}

// Release gives the token back. Only the first call counts, so that a deferred Release may stand behind an early one.
// Releasing a nil token does nothing.
func (t *WaitToken) Release() {
	if t == nil {
		return
	}
	g := t.group
	g.mu.Lock()
	defer g.mu.Unlock()
	if t.released {
		return
	}
	t.released = true
	g.held--
	if g.held == 0 && g.idle != nil {
		close(g.idle)
		g.idle = nil
	}
}

package pipeline

import (
	"context"
	"slices"
	"sync"
)

// A Budget bounds how many bytes are in use at a time. Unlike a semaphore it can be resized while it is in use, between
// its floor and whatever size is asked for: an application that runs short of memory shrinks the budget that its queries
// share, and lets it grow again afterwards.
//
// Bytes are granted in the order in which they were asked for: a large request is not overtaken by small ones, and one
// that cannot be granted holds up all that come after it. Hence no request may be larger than the floor, which never
// changes. The size does not do for this: it may shrink between a look at it and the request, or while the request waits.
//
// All methods are safe for concurrent use. Use [NewBudget].
type Budget struct {
	floor int64

	mu      sync.Mutex
	size    int64
	used    int64 // may exceed size after a shrink, until enough has been released
	waiting []*request
}

// A request is somebody who waits for bytes of a [Budget].
type request struct {
	bytes   int64
	granted chan struct{} // closed when the bytes are his
}

// NewBudget returns a budget of size bytes that never shrinks below floor. The floor is at least 1, and the size at least
// the floor, whatever is given.
func NewBudget(size, floor int64) *Budget {
	floor = max(floor, 1)
	return &Budget{floor: floor, size: max(size, floor)}
}

// Floor returns the size below which the budget never shrinks: the most that one request may ask for.
func (b *Budget) Floor() int64 { return b.floor }

// Size returns how many bytes may be in use at the moment.
func (b *Budget) Size() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.size
}

// Resize sets the size, or the floor if that is more. It takes nothing back from those who have it: after a shrink nobody
// is granted anything until enough has been released. It does not block.
func (b *Budget) Resize(size int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.size = max(size, b.floor)
	b.grant()
}

// Acquire blocks until n bytes are free and all earlier requests have been granted, and takes them. It returns
// [context.Cause] of ctx, having taken nothing, if ctx ends while it blocks. A request for more than the floor may wait
// for ever: whoever needs more takes the floor's worth.
func (b *Budget) Acquire(ctx context.Context, n int64) error {
	b.mu.Lock()
	if len(b.waiting) == 0 && b.used+n <= b.size {
		b.used += n
		b.mu.Unlock()
		return nil
	}
	r := &request{bytes: n, granted: make(chan struct{})}
	b.waiting = append(b.waiting, r)
	b.mu.Unlock()

	select {
	case <-r.granted:
		return nil
	case <-ctx.Done():
		return b.withdraw(ctx, r)
	}
}

// withdraw takes back a request whose context has ended. If it has been granted in the meantime, it stays so.
func (b *Budget) withdraw(ctx context.Context, r *request) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.Index(b.waiting, r)
	if i < 0 {
		return nil
	}
	b.waiting = slices.Delete(b.waiting, i, i+1)
	b.grant() // those behind it may be content with less
	return context.Cause(ctx)
}

// Release gives n bytes back that were acquired.
func (b *Budget) Release(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
	b.grant()
}

// grant serves those who wait, in order, as far as there is enough. The caller holds mu.
func (b *Budget) grant() {
	for len(b.waiting) > 0 && b.used+b.waiting[0].bytes <= b.size {
		b.used += b.waiting[0].bytes
		close(b.waiting[0].granted)
		b.waiting = b.waiting[1:]
	}
}

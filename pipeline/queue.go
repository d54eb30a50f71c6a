package pipeline

import (
	"context"
	"sync"
)

// A Queue carries values from one producer to one consumer and can be closed by the producer while values are in it:
// the consumer receives them before it is told.
//
// Push and Close are for one goroutine, Pop is for another. Use [NewQueue].
type Queue[T any] struct {
	items    chan T
	consumer *Parker
	twin     Twin

	mu     sync.Mutex
	closed bool
}

// NewQueue returns an open, empty queue for up to capacity values (at least 1).
//
// The broken twin of its Pop finds the queue empty, then finds it closed, and reports the end; a value that was pushed
// between the two checks, before the close, is lost, and with it the token it holds.
func NewQueue[T any](capacity int, twin Twin) *Queue[T] {
	return &Queue[T]{items: make(chan T, capacity), consumer: NewParker(Right), twin: twin}
}

// Push adds v. It blocks while the queue is full, and returns [context.Cause] of ctx if ctx ends while it does. Then v
// still belongs to the caller. Push must not be called after Close.
func (q *Queue[T]) Push(ctx context.Context, v T) error {
	select {
	case q.items <- v:
		q.consumer.Unpark()
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Close says that there will be no more pushes. It never blocks.
func (q *Queue[T]) Close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.consumer.Unpark()
}

// Pop returns the oldest value. It blocks while the queue is empty and open. It returns [ErrClosed] when the queue is
// empty and closed, or [context.Cause] of ctx if ctx ends while it blocks.
func (q *Queue[T]) Pop(ctx context.Context) (T, error) {
	var (
		v    T
		some bool
	)
	err := q.consumer.Park(ctx, func() bool {
		if v, some = q.take(); some {
			return true
		}
		if !q.isClosed() {
			return false
		}
		if q.twin == Right {
			// Whatever was pushed was pushed before the close, which may have come after the first look.
			v, some = q.take()
		}
		return true
	})
	switch {
	case err != nil:
		return v, err
	case !some:
		return v, ErrClosed
	}
	return v, nil
}

// take returns the oldest value if there is one.
func (q *Queue[T]) take() (v T, some bool) {
	select {
	case v = <-q.items:
		return v, true
	default:
		return v, false
	}
}

func (q *Queue[T]) isClosed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}

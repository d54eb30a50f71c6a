package pipeline

import (
	"context"
	"sync"
)

// A Connector carries values from one sender to one receiver and holds at most one of them in between.
//
// It differs from a channel of capacity 1 in what happens when the receiver quits: the value in between is destroyed,
// and no later Send can leave another one behind. A select over a channel send and a "done" channel does not promise
// this, because it may choose the send although done is closed, and then nobody ever sees the value nor gives back the
// tokens it holds.
//
// The sender's methods (Send, Close) are for one goroutine, the receiver's (Receive, Quit) for another. Use
// [NewConnector].
type Connector[T any] struct {
	destroy  func(T)
	sender   *Parker
	receiver *Parker

	mu     sync.Mutex
	value  T
	full   bool
	closed bool // the sender will send no more
	gone   bool // the receiver will receive no more
}

// NewConnector returns an open, empty connector. destroy is called with a value that was sent but will not be received.
func NewConnector[T any](destroy func(T)) *Connector[T] {
	return &Connector[T]{destroy: destroy, sender: NewParker(Right), receiver: NewParker(Right)}
}

// Send hands v over. It blocks while the previous value has not been received. It returns [ErrGone] if the receiver has
// quit, or [context.Cause] of ctx if ctx ends while it blocks; in both cases v still belongs to the caller. Send after
// Close panics.
func (c *Connector[T]) Send(ctx context.Context, v T) error {
	var gone bool
	err := c.sender.Park(ctx, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		switch {
		case c.closed:
			panic("pipeline: Send on a closed Connector")
		case c.gone:
			gone = true
		case c.full:
			return false
		default:
			c.value, c.full = v, true
		}
		return true
	})
	switch {
	case err != nil:
		return err
	case gone:
		return ErrGone
	}
	c.receiver.Unpark()
	return nil
}

// Close says that the sender will send no more. The receiver still gets the last value.
func (c *Connector[T]) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.receiver.Unpark()
}

// Receive returns the next value. It blocks while there is none. It returns [ErrClosed] when the sender has closed and
// the last value was received, or [context.Cause] of ctx if ctx ends while it blocks. Receive after Quit panics.
func (c *Connector[T]) Receive(ctx context.Context) (T, error) {
	var (
		v    T
		done bool
	)
	err := c.receiver.Park(ctx, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		switch {
		case c.gone:
			panic("pipeline: Receive on a Connector after Quit")
		case c.full:
			v = c.take()
		case c.closed:
			done = true
		default:
			return false
		}
		return true
	})
	switch {
	case err != nil:
		return v, err
	case done:
		return v, ErrClosed
	}
	c.sender.Unpark()
	return v, nil
}

// Quit says that the receiver will receive no more. A value in between is destroyed, and a blocked sender wakes.
func (c *Connector[T]) Quit() {
	c.mu.Lock()
	c.gone = true
	var (
		left    T
		destroy = c.full
	)
	if destroy {
		left = c.take()
	}
	c.mu.Unlock()

	// Outside the lock, because destroy may run code that takes others.
	if destroy {
		c.destroy(left)
	}
	c.sender.Unpark()
}

// take empties the connector. The caller holds mu.
func (c *Connector[T]) take() T {
	var zero T
	v := c.value
	c.value, c.full = zero, false
	return v
}

package pipeline

import (
	"context"
	"sync/atomic"
)

// A Parker puts one goroutine to sleep until a condition that other goroutines bring about holds. It has no lock of its
// own around the condition: those who change the condition do so first and call [Parker.Unpark] afterwards.
//
// Park is for one goroutine at a time, Unpark for any number. Use [NewParker]; the zero value is not usable.
type Parker struct {
	wake    chan struct{}
	twin    Twin
	waiting atomic.Bool // only in the broken twin: somebody is in Park
}

// NewParker returns a parker of the given twin.
//
// The right twin leaves a wake-up in a channel of capacity 1, whether or not anybody sleeps: a goroutine that is about
// to sleep finds it there. The broken twin saves the send when nobody has announced to sleep, and then takes the
// announcement for the sleep itself: on an unbuffered channel, a wake-up sent after the announcement but before the
// sleeper has arrived at its receive is dropped.
func NewParker(twin Twin) *Parker {
	if twin == Broken {
		return &Parker{wake: make(chan struct{}), twin: twin}
	}
	return &Parker{wake: make(chan struct{}, 1)}
}

// Park calls ready until it returns true, and sleeps between two calls until somebody calls [Parker.Unpark]. It returns
// nil when ready returned true, or [context.Cause] of ctx when ctx ended while it slept. ready runs in the caller's
// goroutine and may have side effects, such as taking what it found; it must do its own locking.
func (p *Parker) Park(ctx context.Context, ready func() bool) error {
	if p.twin == Broken {
		p.waiting.Store(true)
		defer p.waiting.Store(false)
	}
	for {
		if ready() {
			return nil
		}
		select {
		case <-p.wake:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Unpark makes the goroutine in [Parker.Park], or the next one to enter it, check its condition once more. It never
// blocks.
func (p *Parker) Unpark() {
	if p.twin == Broken && !p.waiting.Load() {
		return
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

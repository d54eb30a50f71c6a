package pipeline

import (
	"context"
	"errors"
)

// A pull returns the next morsel of a pipe, or [ErrClosed] after the last. It is called from one goroutine at a time.
type pull func(context.Context) (Morsel, error)

// A phase is a bounded number of morsels that some tasks share among them: each takes the next whenever it is free, so a
// slow one gets fewer. A phase ends when all its morsels have been consumed; only then does the next one begin. This
// bounds what is under way, and between two phases nothing is.
//
// Phases form a list that each task walks at its own pace: a task that is held up elsewhere while a phase ends finds it
// empty, and goes on to the next.
type phase struct {
	size    int // the most morsels
	twin    Twin
	morsels chan Morsel   // unbuffered; closed when all have been handed out
	ended   chan struct{} // closed when the next phase begins, or none will
	next    *phase        // set before ended is closed; nil after the last phase
}

func newPhase(size int, twin Twin) *phase {
	return &phase{size: size, twin: twin, morsels: make(chan Morsel), ended: make(chan struct{})}
}

// await blocks until the phase has ended and returns the one after it, or nil after the last. It needs no context,
// because [feed] ends the phase it is in whenever it returns.
func (p *phase) await() *phase {
	<-p.ended
	return p.next
}

// feed hands out in p, and in further phases after it, what next delivers, until that reports ErrClosed. It returns nil
// then, or the first error of next, or [context.Cause] of ctx when ctx ends.
func feed(ctx context.Context, next pull, p *phase) error {
	var consumed WaitGroup
	for {
		fillErr := p.fill(ctx, next, &consumed)
		close(p.morsels)

		err := consumed.Wait(ctx)
		if fillErr == nil && err == nil {
			p.next = newPhase(p.size, p.twin)
		}
		close(p.ended)

		switch {
		case errors.Is(fillErr, ErrClosed):
			return err
		case fillErr != nil:
			return fillErr
		case err != nil:
			return err
		}
		p = p.next
	}
}

// fill hands out as many morsels as belong to the phase, each with a token of consumed, to whoever is free first.
func (p *phase) fill(ctx context.Context, next pull, consumed *WaitGroup) error {
	for range p.size {
		m, err := next(ctx)
		if err != nil {
			return err
		}
		// From here on the phase answers for the morsel, no longer the task that it came from.
		m.Release()
		m.consume = consumed.Token()
		if err := p.handOut(ctx, m); err != nil {
			m.Release()
			return err
		}
	}
	return nil
}

// handOut gives a morsel to whoever is free first. It returns [context.Cause] of ctx if ctx ends before somebody is.
//
// Nobody may ever be: tasks that fail take no more. The broken twin looks whether ctx has ended before it sends, and then
// sends come what may; if they all fail in between, or while it waits, it waits for ever.
func (p *phase) handOut(ctx context.Context, m Morsel) error {
	if p.twin == Broken {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		p.morsels <- m
		return nil
	}
	select {
	case p.morsels <- m:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
